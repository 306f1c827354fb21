// librdkafka's consumer behind a few types: what this program uses of it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/result.h"
#include "tailer/kafka_offsets.h"

struct rd_kafka_s;
struct rd_kafka_queue_s;
struct rd_kafka_message_s;
struct rd_kafka_topic_partition_list_s;

namespace tailrace::tailer {

// (name, value) of librdkafka's configuration.
using KafkaSettings = std::vector<std::pair<std::string, std::string>>;

// One message of the library's; its texts live as long as it.
class KafkaMessage {
 public:
  explicit KafkaMessage(rd_kafka_message_s* message) : message_(message) {}
  KafkaMessage(KafkaMessage&& other) noexcept : message_(std::exchange(other.message_, nullptr)) {}
  KafkaMessage& operator=(KafkaMessage&& other) noexcept {
    std::swap(message_, other.message_);
    return *this;
  }
  ~KafkaMessage();

  // The same pointer for one topic as long as no partition of it was assigned or taken away.
  const void* topic_handle() const;
  std::string_view topic() const;
  std::int32_t partition() const;
  std::int64_t offset() const;
  std::string_view payload() const;
  std::string_view key() const;
  std::int64_t time_ns() const;  // 0: it has none.
  // Why it is no message ("Broker: Unknown topic"); empty: it is one.
  std::string error() const;

 private:
  rd_kafka_message_s* message_;
};

// What the library says to whoever uses it, from within serve().
class KafkaEvents {
 public:
  virtual ~KafkaEvents() = default;
  // To be answered with assign().
  virtual void on_assign(const std::vector<TopicPartition>& partitions) = 0;
  enum class Group { kMember, kLost };  // kLost: the partitions are somebody else's already.
  // To be answered with unassign(), now or later; the group waits for it.
  virtual void on_revoke(const std::vector<TopicPartition>& partitions, Group group) = 0;
  virtual void on_rebalance_failed(const std::string& why) = 0;
  enum class Purpose { kAccepted, kLeaving };
  // How a commit went; `error` is empty when it went well.
  virtual void on_committed(const std::vector<PartitionOffset>& offsets, Purpose purpose,
                            const std::string& error) = 0;
  enum class Severity { kTransient, kFatal };  // kFatal: this consumer is of no use any more.
  virtual void on_trouble(const std::string& what, Severity severity) = 0;
  virtual void on_broker_up() = 0;  // At most every ten seconds, while one is connected.

 protected:
  KafkaEvents() = default;
};

// One member of a consumer group.
//
// Rebalances, commits and errors come through serve(), messages through take(): a rebalance never
// waits behind messages that nobody takes. Nothing here waits, but the destructor joins the
// library's threads, which a name server that hangs can delay.
//
// Ownership: borrows log, events and the descriptor (an eventfd), which is written to when serve()
//   or take() has something new.
// Threading: confined to one worker; the library's threads only log and write to the descriptor.
// Memory: the library's queue of fetched messages (kQueueKilobytes), one answer in flight per
// broker
//   (kFetchBytes), and what is taken.
class KafkaClient {
 public:
  static constexpr int kQueueKilobytes = 8 << 10;
  static constexpr int kFetchBytes = 4 << 20;

  // Errors: kInvalid for settings that the library refuses, a certificate that cannot be read.
  static Result<std::unique_ptr<KafkaClient>> create(const KafkaSettings& settings,
                                                     const std::vector<std::string>& topics,
                                                     Log& log, KafkaEvents& events,
                                                     int event_descriptor);
  ~KafkaClient();
  KafkaClient(const KafkaClient&) = delete;
  KafkaClient& operator=(const KafkaClient&) = delete;

  void serve();
  // Appends up to `count` messages; fewer: there are no more just now.
  void take(std::vector<KafkaMessage>& messages, std::size_t count);

  void assign(const std::vector<TopicPartition>& partitions);
  void unassign(const std::vector<TopicPartition>& partitions);
  // Ends in on_committed(), unless it fails at once.
  Status commit(const std::vector<PartitionOffset>& offsets, KafkaEvents::Purpose purpose);
  // Leaves the group; goes on in serve() until closed().
  void begin_close();
  bool closed() const;

  // Ours in the group; empty before the first assignment.
  std::string member_id() const;

 private:
  struct Callbacks;
  // What a commit's answer is told apart by.
  struct Commit {
    KafkaClient* client;
    KafkaEvents::Purpose purpose;
  };
  KafkaClient(Log& log, KafkaEvents& events) : log_(log), events_(events) {}

  using List =
      std::unique_ptr<rd_kafka_topic_partition_list_s, void (*)(rd_kafka_topic_partition_list_s*)>;
  static List list_of(const std::vector<TopicPartition>& partitions);
  static List list_of(const std::vector<PartitionOffset>& offsets);
  bool cooperative() const;
  void report(const char* what, const char* error);

  Log& log_;
  KafkaEvents& events_;
  rd_kafka_s* client_ = nullptr;
  rd_kafka_queue_s* group_queue_ = nullptr;    // Rebalances, answers, errors.
  rd_kafka_queue_s* message_queue_ = nullptr;  // All partitions'.
  rd_kafka_queue_s* closing_queue_ = nullptr;  // In the place of group_queue_ while it closes.
  int event_descriptor_ = -1;
  bool closing_ = false;
  bool closed_ = false;
  Commit accepted_{this, KafkaEvents::Purpose::kAccepted};
  Commit leaving_{this, KafkaEvents::Purpose::kLeaving};
  std::vector<rd_kafka_message_s*> taken_;  // Space for take().
};

}  // namespace tailrace::tailer
