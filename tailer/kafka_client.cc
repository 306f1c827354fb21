// The calls into librdkafka.
#include "tailer/kafka_client.h"

#include <algorithm>
#include <array>
#include <cstring>

#include <librdkafka/rdkafka.h>

namespace tailrace::tailer {
namespace {

constexpr std::uint64_t kEvent = 1;  // What an eventfd is written.
constexpr int kMessagesServedMax = 1000;

std::vector<TopicPartition> partitions_of(const rd_kafka_topic_partition_list_t* list) {
  std::vector<TopicPartition> result;
  for (int i = 0; list != nullptr && i < list->cnt; ++i)
    result.push_back({list->elems[i].topic, list->elems[i].partition});
  return result;
}

LogLevel level_of(int syslog_level) {
  if (syslog_level <= 3) return LogLevel::kWarn;
  if (syslog_level == 4) return LogLevel::kWarn;
  return syslog_level >= 7 ? LogLevel::kDebug : LogLevel::kInfo;
}

// Without what differs from time to time: "(after 12ms in state CONNECT, 3 identical ...)".
std::string steady_part(const char* reason) {
  std::string text = reason == nullptr ? "" : reason;
  return text.substr(0, text.find(" (after "));
}

}  // namespace

KafkaMessage::~KafkaMessage() {
  if (message_ != nullptr) rd_kafka_message_destroy(message_);
}

const void* KafkaMessage::topic_handle() const {
  return message_->rkt;
}

std::string_view KafkaMessage::topic() const {
  return message_->rkt == nullptr ? std::string_view() : rd_kafka_topic_name(message_->rkt);
}

std::int32_t KafkaMessage::partition() const {
  return message_->partition;
}

std::int64_t KafkaMessage::offset() const {
  return message_->offset;
}

std::string_view KafkaMessage::payload() const {
  return {static_cast<const char*>(message_->payload), message_->len};
}

std::string_view KafkaMessage::key() const {
  return {static_cast<const char*>(message_->key), message_->key_len};
}

std::int64_t KafkaMessage::time_ns() const {
  rd_kafka_timestamp_type_t type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
  const std::int64_t ms = rd_kafka_message_timestamp(message_, &type);
  constexpr std::int64_t kNsPerMs = 1'000'000;
  constexpr std::int64_t kMsMax = INT64_MAX / kNsPerMs;
  return type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE || ms <= 0 || ms > kMsMax ? 0 : ms * kNsPerMs;
}

std::string KafkaMessage::error() const {
  if (message_->err == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  const char* const text = rd_kafka_message_errstr(message_);
  return steady_part(text != nullptr ? text : rd_kafka_err2str(message_->err));
}

// The library's callbacks, as it wants them.
struct KafkaClient::Callbacks {
  static void rebalance(rd_kafka_t* handle, rd_kafka_resp_err_t what,
                        rd_kafka_topic_partition_list_t* list, void* opaque) {
    auto& client = *static_cast<KafkaClient*>(opaque);
    if (what == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
      client.events_.on_assign(partitions_of(list));
    } else if (what == RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS) {
      client.events_.on_revoke(partitions_of(list), rd_kafka_assignment_lost(handle) != 0
                                                        ? KafkaEvents::Group::kLost
                                                        : KafkaEvents::Group::kMember);
    } else {
      client.events_.on_rebalance_failed(rd_kafka_err2str(what));
      rd_kafka_assign(handle, nullptr);
    }
  }

  static void committed(rd_kafka_t* /*handle*/, rd_kafka_resp_err_t error,
                        rd_kafka_topic_partition_list_t* list, void* opaque) {
    const auto& commit = *static_cast<const Commit*>(opaque);
    std::vector<PartitionOffset> done;
    std::string why = error == RD_KAFKA_RESP_ERR_NO_ERROR ? "" : rd_kafka_err2str(error);
    for (int i = 0; list != nullptr && i < list->cnt; ++i) {
      const rd_kafka_topic_partition_t& each = list->elems[i];
      if (each.err == RD_KAFKA_RESP_ERR_NO_ERROR && error == RD_KAFKA_RESP_ERR_NO_ERROR) {
        done.push_back({{each.topic, each.partition}, each.offset});
      } else if (why.empty()) {
        why = rd_kafka_err2str(each.err);
      }
    }
    commit.client->events_.on_committed(done, commit.purpose, why);
  }

  static void trouble(rd_kafka_t* handle, int error, const char* reason, void* opaque) {
    auto& client = *static_cast<KafkaClient*>(opaque);
    std::string text = steady_part(reason);
    if (error == RD_KAFKA_RESP_ERR__FATAL) {
      std::array<char, 512> fatal{};
      rd_kafka_fatal_error(handle, fatal.data(), fatal.size());
      client.events_.on_trouble(fatal.data(), KafkaEvents::Severity::kFatal);
    } else {
      client.events_.on_trouble(text, KafkaEvents::Severity::kTransient);
    }
  }

  static int statistics(rd_kafka_t* /*handle*/, char* json, std::size_t length, void* opaque) {
    // Brokers' states are in capitals, nothing else is.
    if (std::string_view(json, length).find("\"state\":\"UP\"") != std::string_view::npos) {
      static_cast<KafkaClient*>(opaque)->events_.on_broker_up();
    }
    return 0;
  }

  // From any thread of the library's.
  static void log(const rd_kafka_t* handle, int level, const char* facility, const char* text) {
    auto& log = static_cast<const KafkaClient*>(rd_kafka_opaque(handle))->log_;
    // What fails comes to trouble(), too, and is said there.
    const bool failure = std::strcmp(facility, "FAIL") == 0 || std::strcmp(facility, "ERROR") == 0;
    switch (failure ? LogLevel::kDebug : level_of(level)) {
      case LogLevel::kDebug:
        return log.debug("kafka client", {{"facility", facility}, {"text", text}});
      case LogLevel::kInfo:
        return log.info("kafka client", {{"facility", facility}, {"text", text}});
      default:
        return log.warn("kafka client", {{"facility", facility}, {"text", text}});
    }
  }
};

Result<std::unique_ptr<KafkaClient>> KafkaClient::create(const KafkaSettings& settings,
                                                         const std::vector<std::string>& topics,
                                                         Log& log, KafkaEvents& events,
                                                         int event_descriptor) {
  std::array<char, 512> fault{};
  std::unique_ptr<rd_kafka_conf_t, void (*)(rd_kafka_conf_t*)> conf(rd_kafka_conf_new(),
                                                                    rd_kafka_conf_destroy);
  for (const auto& [name, value] : settings) {
    if (rd_kafka_conf_set(conf.get(), name.c_str(), value.c_str(), fault.data(), fault.size()) !=
        RD_KAFKA_CONF_OK) {
      return fail(Error::kInvalid, std::string("kafka client: ") + fault.data());
    }
  }
  std::unique_ptr<KafkaClient> client(new KafkaClient(log, events));
  rd_kafka_conf_set_opaque(conf.get(), client.get());
  rd_kafka_conf_set_rebalance_cb(conf.get(), Callbacks::rebalance);
  rd_kafka_conf_set_error_cb(conf.get(), Callbacks::trouble);
  rd_kafka_conf_set_stats_cb(conf.get(), Callbacks::statistics);
  rd_kafka_conf_set_log_cb(conf.get(), Callbacks::log);
  client->client_ = rd_kafka_new(RD_KAFKA_CONSUMER, conf.get(), fault.data(), fault.size());
  if (client->client_ == nullptr) {
    return fail(Error::kInvalid, std::string("kafka client: ") + fault.data());
  }
  static_cast<void>(conf.release());  // The client has it now.
  rd_kafka_t* const handle = client->client_;
  rd_kafka_poll_set_consumer(handle);
  client->group_queue_ = rd_kafka_queue_get_consumer(handle);
  client->message_queue_ = rd_kafka_queue_new(handle);
  client->event_descriptor_ = event_descriptor;
  for (rd_kafka_queue_t* queue : {client->group_queue_, client->message_queue_})
    rd_kafka_queue_io_event_enable(queue, event_descriptor, &kEvent, sizeof kEvent);
  const std::unique_ptr<rd_kafka_topic_partition_list_t, void (*)(rd_kafka_topic_partition_list_t*)>
      list(rd_kafka_topic_partition_list_new(static_cast<int>(topics.size())),
           rd_kafka_topic_partition_list_destroy);
  for (const std::string& topic : topics)
    rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), RD_KAFKA_PARTITION_UA);
  const rd_kafka_resp_err_t error = rd_kafka_subscribe(handle, list.get());
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return fail(Error::kInvalid, std::string("subscribe to topics: ") + rd_kafka_err2str(error));
  }
  return client;
}

KafkaClient::~KafkaClient() {
  for (rd_kafka_queue_t* queue : {group_queue_, message_queue_, closing_queue_}) {
    if (queue == nullptr) continue;
    rd_kafka_queue_io_event_enable(queue, -1, nullptr, 0);
    rd_kafka_queue_destroy(queue);
  }
  if (client_ != nullptr) rd_kafka_destroy_flags(client_, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
}

void KafkaClient::serve() {
  if (closing_queue_ != nullptr) {
    for (int i = 0; i < kMessagesServedMax && !closed_; ++i) {
      if (rd_kafka_queue_poll_callback(closing_queue_, 0) == 0) break;
    }
    closed_ = closed_ || rd_kafka_consumer_closed(client_) != 0;
    return;
  }
  for (int i = 0; i < kMessagesServedMax; ++i) {
    rd_kafka_message_t* const got = rd_kafka_consumer_poll(client_, 0);
    if (got == nullptr) return;
    // Messages have a queue of their own; here are errors of partitions and topics.
    const KafkaMessage message(got);
    const std::string error = message.error();
    if (!error.empty()) events_.on_trouble(error, KafkaEvents::Severity::kTransient);
  }
}

void KafkaClient::take(std::vector<KafkaMessage>& messages, std::size_t count) {
  taken_.resize(count);
  const ssize_t got = rd_kafka_consume_batch_queue(message_queue_, 0, taken_.data(), count);
  for (ssize_t i = 0; i < got; ++i)
    messages.emplace_back(taken_[static_cast<std::size_t>(i)]);
}

KafkaClient::List KafkaClient::list_of(const std::vector<TopicPartition>& partitions) {
  List list(rd_kafka_topic_partition_list_new(static_cast<int>(partitions.size())),
            rd_kafka_topic_partition_list_destroy);
  for (const TopicPartition& at : partitions)
    rd_kafka_topic_partition_list_add(list.get(), at.topic.c_str(), at.partition);
  return list;
}

KafkaClient::List KafkaClient::list_of(const std::vector<PartitionOffset>& offsets) {
  List list(rd_kafka_topic_partition_list_new(static_cast<int>(offsets.size())),
            rd_kafka_topic_partition_list_destroy);
  for (const PartitionOffset& each : offsets) {
    rd_kafka_topic_partition_list_add(list.get(), each.at.topic.c_str(), each.at.partition)
        ->offset = each.offset;
  }
  return list;
}

bool KafkaClient::cooperative() const {
  const char* const protocol = rd_kafka_rebalance_protocol(client_);
  return protocol != nullptr && std::strcmp(protocol, "COOPERATIVE") == 0;
}

void KafkaClient::report(const char* what, const char* error) {
  log_.warn(what, {{"error", error}});
}

void KafkaClient::assign(const std::vector<TopicPartition>& partitions) {
  for (const TopicPartition& at : partitions) {
    rd_kafka_queue_t* const queue =
        rd_kafka_queue_get_partition(client_, at.topic.c_str(), at.partition);
    if (queue == nullptr) continue;
    rd_kafka_queue_forward(queue, message_queue_);
    rd_kafka_queue_destroy(queue);
  }
  const List list = list_of(partitions);
  if (!cooperative()) {
    const rd_kafka_resp_err_t error = rd_kafka_assign(client_, list.get());
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) report("kafka: assign", rd_kafka_err2str(error));
    return;
  }
  if (rd_kafka_error_t* const error = rd_kafka_incremental_assign(client_, list.get())) {
    report("kafka: assign", rd_kafka_error_string(error));
    rd_kafka_error_destroy(error);
  }
}

void KafkaClient::unassign(const std::vector<TopicPartition>& partitions) {
  if (!cooperative()) {
    const rd_kafka_resp_err_t error = rd_kafka_assign(client_, nullptr);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) report("kafka: unassign", rd_kafka_err2str(error));
    return;
  }
  const List list = list_of(partitions);
  if (rd_kafka_error_t* const error = rd_kafka_incremental_unassign(client_, list.get())) {
    report("kafka: unassign", rd_kafka_error_string(error));
    rd_kafka_error_destroy(error);
  }
}

Status KafkaClient::commit(const std::vector<PartitionOffset>& offsets,
                           KafkaEvents::Purpose purpose) {
  const List list = list_of(offsets);
  Commit& opaque = purpose == KafkaEvents::Purpose::kAccepted ? accepted_ : leaving_;
  rd_kafka_queue_t* const queue = closing_queue_ != nullptr ? closing_queue_ : group_queue_;
  const rd_kafka_resp_err_t error =
      rd_kafka_commit_queue(client_, list.get(), queue, Callbacks::committed, &opaque);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return fail(Error::kOther, std::string("commit: ") + rd_kafka_err2str(error));
  }
  return {};
}

void KafkaClient::begin_close() {
  if (closing_) return;
  closing_ = true;
  closing_queue_ = rd_kafka_queue_new(client_);
  rd_kafka_queue_io_event_enable(closing_queue_, event_descriptor_, &kEvent, sizeof kEvent);
  if (rd_kafka_error_t* const error = rd_kafka_consumer_close_queue(client_, closing_queue_)) {
    report("kafka: leave the group", rd_kafka_error_string(error));
    rd_kafka_error_destroy(error);
    closed_ = true;
  }
}

bool KafkaClient::closed() const {
  return closed_;
}

std::string KafkaClient::member_id() const {
  char* const id = rd_kafka_memberid(client_);
  std::string result = id == nullptr ? "" : id;
  if (id != nullptr) rd_kafka_mem_free(client_, id);
  return result;
}

}  // namespace tailrace::tailer
