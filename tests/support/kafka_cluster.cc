// The mock cluster's calls.
#include "tests/support/kafka_cluster.h"

#include <array>
#include <vector>

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include "base/check.h"

namespace tailrace::testing {
namespace {

constexpr int kPatienceMs = 20'000;

rd_kafka_t* new_client(rd_kafka_type_t type, const std::string& addresses,
                       const std::string& group) {
  std::array<char, 512> fault{};
  rd_kafka_conf_t* const conf = rd_kafka_conf_new();
  rd_kafka_conf_set(conf, "log_level", "0", nullptr, 0);
  rd_kafka_conf_set(conf, "linger.ms", "1", nullptr, 0);
  rd_kafka_conf_set(conf, "queue.buffering.max.messages", "10000000", nullptr, 0);
  if (!addresses.empty()) {
    rd_kafka_conf_set(conf, "bootstrap.servers", addresses.c_str(), nullptr, 0);
  }
  if (!group.empty()) rd_kafka_conf_set(conf, "group.id", group.c_str(), nullptr, 0);
  rd_kafka_t* const client = rd_kafka_new(type, conf, fault.data(), fault.size());
  TAILRACE_CHECK(client != nullptr);
  return client;
}

// Without the library's macros for this, whose casts are C's.
rd_kafka_resp_err_t produce_once(rd_kafka_t* producer, const KafkaCluster::Message& message) {
  std::array<rd_kafka_vu_t, 6> parts{};
  parts[0].vtype = RD_KAFKA_VTYPE_TOPIC;
  parts[0].u.cstr = message.topic.c_str();
  parts[1].vtype = RD_KAFKA_VTYPE_PARTITION;
  parts[1].u.i32 = message.partition;
  parts[2].vtype = RD_KAFKA_VTYPE_VALUE;
  parts[2].u.mem.ptr = const_cast<char*>(message.value.data());
  parts[2].u.mem.size = message.value.size();
  parts[3].vtype = RD_KAFKA_VTYPE_KEY;
  parts[3].u.mem.ptr = const_cast<char*>(message.key.data());
  parts[3].u.mem.size = message.key.size();
  parts[4].vtype = RD_KAFKA_VTYPE_TIMESTAMP;
  parts[4].u.i64 = message.time_ms;
  parts[5].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
  parts[5].u.i = RD_KAFKA_MSG_F_COPY;
  rd_kafka_error_t* const error = rd_kafka_produceva(producer, parts.data(), parts.size());
  if (error == nullptr) return RD_KAFKA_RESP_ERR_NO_ERROR;
  const rd_kafka_resp_err_t code = rd_kafka_error_code(error);
  rd_kafka_error_destroy(error);
  return code;
}

}  // namespace

KafkaCluster::KafkaCluster(int brokers) {
  rd_kafka_conf_t* const conf = rd_kafka_conf_new();
  rd_kafka_conf_set(conf, "log_level", "0", nullptr, 0);
  rd_kafka_conf_set(conf, "linger.ms", "1", nullptr, 0);
  rd_kafka_conf_set(conf, "queue.buffering.max.messages", "10000000", nullptr, 0);
  rd_kafka_conf_set(conf, "test.mock.num.brokers", std::to_string(brokers).c_str(), nullptr, 0);
  std::array<char, 512> fault{};
  producer_ = rd_kafka_new(RD_KAFKA_PRODUCER, conf, fault.data(), fault.size());
  TAILRACE_CHECK(producer_ != nullptr);
  cluster_ = rd_kafka_handle_mock_cluster(producer_);
  TAILRACE_CHECK(cluster_ != nullptr);
}

KafkaCluster::~KafkaCluster() {
  rd_kafka_destroy(producer_);
}

std::string KafkaCluster::addresses() const {
  return rd_kafka_mock_cluster_bootstraps(cluster_);
}

void KafkaCluster::create_topic(const std::string& topic, int partitions) {
  TAILRACE_CHECK(rd_kafka_mock_topic_create(cluster_, topic.c_str(), partitions, 1) ==
                 RD_KAFKA_RESP_ERR_NO_ERROR);
}

void KafkaCluster::produce(const Message& message) {
  rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR_NO_ERROR;
  do {
    error = produce_once(producer_, message);
    if (error == RD_KAFKA_RESP_ERR__QUEUE_FULL) rd_kafka_poll(producer_, 100);
  } while (error == RD_KAFKA_RESP_ERR__QUEUE_FULL);
  TAILRACE_CHECK(error == RD_KAFKA_RESP_ERR_NO_ERROR);
}

void KafkaCluster::flush() {
  TAILRACE_CHECK(rd_kafka_flush(producer_, kPatienceMs) == RD_KAFKA_RESP_ERR_NO_ERROR);
}

void KafkaCluster::set_down(int broker) {
  rd_kafka_mock_broker_set_down(cluster_, broker);
}

void KafkaCluster::set_up(int broker) {
  rd_kafka_mock_broker_set_up(cluster_, broker);
}

void KafkaCluster::refuse(int request, int error, int times) {
  const std::vector<rd_kafka_resp_err_t> errors(static_cast<std::size_t>(times),
                                                static_cast<rd_kafka_resp_err_t>(error));
  rd_kafka_mock_push_request_errors_array(cluster_, static_cast<std::int16_t>(request),
                                          errors.size(), errors.data());
}

std::int64_t KafkaCluster::committed(const std::string& group, const std::string& topic,
                                     int partition) const {
  rd_kafka_t* const client = new_client(RD_KAFKA_CONSUMER, addresses(), group);
  rd_kafka_topic_partition_list_t* const list = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(list, topic.c_str(), partition);
  const rd_kafka_resp_err_t error = rd_kafka_committed(client, list, kPatienceMs);
  TAILRACE_CHECK(error == RD_KAFKA_RESP_ERR_NO_ERROR);
  const std::int64_t offset = list->elems[0].offset;
  rd_kafka_topic_partition_list_destroy(list);
  rd_kafka_destroy(client);
  return offset;
}

}  // namespace tailrace::testing
