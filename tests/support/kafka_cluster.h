// A Kafka cluster within the process: librdkafka's mock brokers, and a producer for them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

struct rd_kafka_s;
struct rd_kafka_mock_cluster_s;

namespace tailrace::testing {

// Brokers that listen on loopback, hold messages in memory and know groups; offsets of groups last
// as long as the cluster.
//
// Threading: any thread, as the library's.
class KafkaCluster {
 public:
  explicit KafkaCluster(int brokers = 1);
  ~KafkaCluster();
  KafkaCluster(const KafkaCluster&) = delete;
  KafkaCluster& operator=(const KafkaCluster&) = delete;

  // "127.0.0.1:4711,127.0.0.1:4712"
  std::string addresses() const;
  void create_topic(const std::string& topic, int partitions);

  struct Message {
    std::string topic;
    int partition = 0;
    std::string_view value;
    std::string_view key = {};
    std::int64_t time_ms = 0;  // 0: now.
  };
  void produce(const Message& message);
  // Waits until the brokers have everything.
  void flush();

  // Brokers are numbered from 1. One that is down refuses and ends connections.
  void set_down(int broker);
  void set_up(int broker);
  // The next so many requests of this kind fail with this code of the protocol.
  void refuse(int request, int error, int times);
  // What the group has committed; -1001: nothing.
  std::int64_t committed(const std::string& group, const std::string& topic, int partition) const;

 private:
  rd_kafka_s* producer_ = nullptr;
  rd_kafka_mock_cluster_s* cluster_ = nullptr;
};

}  // namespace tailrace::testing
