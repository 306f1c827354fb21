// Topics of a Kafka cluster as an input: one member of a consumer group.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/backoff.h"
#include "base/clock.h"
#include "base/event_loop.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/random.h"
#include "base/result.h"
#include "discovery/line_relabeler.h"
#include "model/input.h"
#include "tailer/kafka_client.h"
#include "tailer/kafka_offsets.h"
#include "tailer/kafka_record.h"

namespace tailrace::tailer {

// Reads topics as a member of a consumer group, so that several tailrace share them.
//
// - Resume: the resume point has the next offset of each partition (KafkaOffsets). What the group's
//   coordinator has is behind that until Loki has accepted; what comes again because of it is
//   skipped.
// - Commits: an offset is committed when Loki has everything before it. A partition that goes to
//   another member goes when all that was read of it is in the outbox and this is committed, or
//   after kLeaveTimeout. The same when the input ends.
// - A message is one line, whatever is in it; over the line limit it is cut. What is cut off is
// gone.
//
// Ownership: owns client and descriptor; borrows the rest of Options' references.
// Threading: confined to one worker.
// Errors: brokers away, topics missing: the library tries again without end; status() says it.
// After
//   an error that ends a consumer (fencing) another is made, with Backoff.
// Memory: the client's, and kWaitingBytesMax of messages taken (a batch more at worst).
class KafkaReader final : public Input, private KafkaEvents {
 public:
  static constexpr std::size_t kWaitingBytesMax = ReadBuffer::kDefaultBytes;
  static constexpr std::chrono::seconds kLeaveTimeout{5};

  struct Options {
    SourceId id = 0;
    std::string job;
    std::string name;  // ResumePoint::path.
    std::string group;
    std::vector<std::string> topics;
    KafkaSettings settings;
    config::LabelMap labels;
    enum class Time { kOurs, kTheirs };
    Time time = Time::kOurs;
    std::optional<ResumePoint> resume;
    std::uint32_t line_bytes_max = 1U << 20U;
  };
  struct World {
    const Clock& clock;
    Log& log;
    Metrics& metrics;
    EventLoop& loop;
    LabelSetTable& label_sets;
  };

  // Errors: what KafkaClient::create() and the system say.
  static Result<std::unique_ptr<KafkaReader>> create(Options options,
                                                     discovery::Relabeler relabeler,
                                                     std::unique_ptr<RecordSplitter> splitter,
                                                     const World& world);
  ~KafkaReader() override;

  SourceId id() const override { return options_.id; }
  std::string_view job() const override { return options_.job; }
  const LabelSet& labels() const override { return labels_; }
  Result<Outcome> read(ReadBuffer& buffer, LineBlock& block) override;
  void consume(const Line& last) override;
  void fill_resume_point(ResumePoint& point) const override;

  void poll(SteadyTime now) override;
  bool ready() const override;
  SteadyTime next_deadline() const override;
  bool wants_cut() const override;
  void stored() override;
  void accepted(const ResumePoint& point) override;
  void begin_stop() override;
  InputStatus status() const override;

 private:
  struct Taken {
    KafkaMessage message;
    KafkaPartition* partition = nullptr;
    std::uint32_t assignment = 0;  // KafkaPartition's when it came.
    std::size_t lines = 0;         // In the last block.
    std::size_t bytes() const { return message.payload().size() + message.key().size(); }
    // What it takes of the memory: the library's own part of a message is some hundred bytes.
    std::size_t weight() const { return bytes() + 512; }
    bool valid() const { return partition->assignment == assignment; }
  };
  // Which message a line of the last block is of, and how many of its records are then done.
  struct Given {
    std::size_t message = 0;  // In given_.
    KafkaPlace after;
  };
  enum class Leaving { kNo, kCutting, kCommitting };

  KafkaReader(Options options, discovery::Relabeler relabeler,
              std::unique_ptr<RecordSplitter> splitter, const World& world, int descriptor);

  Status connect();
  void fail_fatally(SteadyTime now);
  void take_messages();
  void keep(KafkaMessage message);
  KafkaPartition* partition_of(const KafkaMessage& message);
  void drop_invalid();
  void return_unconsumed();
  enum class Fits { kYes, kNo };
  Fits append_message(Taken& taken, ReadBuffer& buffer, std::size_t& used, LineBlock& block);
  Fits append_records(Taken& taken, std::size_t& used, LineBlock& block);
  void append_line(const Taken& taken, const KafkaRecord& record, KafkaPlace after,
                   LineBlock& block);
  const LabelSet* labels_of(const Taken& taken, std::string_view category);
  void finish_message(const Taken& taken);
  void pass_front();

  void continue_leaving(SteadyTime now);
  void commit_leaving();
  void end_leaving();
  void continue_stop(SteadyTime now);
  void commit_accepted();
  void commit_again();

  void on_assign(const std::vector<TopicPartition>& partitions) override;
  void on_revoke(const std::vector<TopicPartition>& partitions, Group group) override;
  void on_rebalance_failed(const std::string& why) override;
  void on_committed(const std::vector<PartitionOffset>& offsets, Purpose purpose,
                    const std::string& error) override;
  void on_trouble(const std::string& what, Severity severity) override;
  void on_broker_up() override;

  const Options options_;
  const World world_;
  const int descriptor_;  // The client writes to it when there is something to do.
  const std::unique_ptr<RecordSplitter> splitter_;
  discovery::LineRelabeler relabeler_;
  const LabelSet& labels_;
  MetricValue& repeated_;
  MetricValue& commit_failures_;
  MetricValue& rebalances_;
  Random random_;
  Backoff backoff_;

  KafkaOffsets offsets_;
  std::unique_ptr<KafkaClient> client_;  // Null: waiting for reconnect_at_.
  SteadyTime reconnect_at_ = SteadyTime::max();
  std::string member_id_;
  bool assigned_ = false;  // The group has answered us.
  bool fatal_ = false;
  std::string trouble_;

  std::deque<Taken> waiting_;  // Not yet in a block.
  std::size_t waiting_bytes_ = 0;
  std::vector<Taken> given_;       // Of the last block; alive until the next.
  std::size_t consumed_ = 0;       // Of given_, wholly.
  std::vector<Given> lines_;       // Of the last block, in order.
  SourcePosition first_line_ = 0;  // Line::next of lines_[0] is one more.
  std::uint64_t messages_ = 0;     // Consumed in this run and those before it.
  std::vector<KafkaMessage> fresh_;
  std::vector<KafkaRecord> records_;
  const void* last_topic_ = nullptr;  // Of last_partition_.
  KafkaPartition* last_partition_ = nullptr;
  bool signalled_ = true;  // The client has something, or may have.
  bool more_ = true;       // There are more messages than were taken.
  SteadyTime served_at_ = SteadyTime::min();

  std::vector<TopicPartition> leaving_partitions_;
  Leaving leaving_ = Leaving::kNo;
  SteadyTime leave_by_ = SteadyTime::max();
  bool commit_in_flight_ = false;
  SteadyTime commit_again_at_ = SteadyTime::max();
  bool forget_due_ = false;
  enum class Stop { kNo, kCutting, kCommitting, kClosing, kDone };
  Stop stop_ = Stop::kNo;
  SteadyTime stop_by_ = SteadyTime::max();
};

}  // namespace tailrace::tailer
