// How far a consumer group's member is in each partition: read, in the outbox, accepted, committed.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "model/line_block.h"
#include "model/resume_point.h"

namespace tailrace::tailer {

// A place in a partition: the next message, and how many records of it are done (of one that is
// split into several lines).
struct KafkaPlace {
  std::int64_t offset = -1;  // -1: not known.
  std::uint32_t records = 0;
  friend auto operator<=>(const KafkaPlace&, const KafkaPlace&) = default;
};

struct TopicPartition {
  std::string topic;
  std::int32_t partition = 0;
  friend auto operator<=>(const TopicPartition&, const TopicPartition&) = default;
};

struct PartitionOffset {
  TopicPartition at;
  std::int64_t offset = -1;
};

struct KafkaPartition {
  TopicPartition at;
  std::string number;            // TopicPartition::partition as text.
  std::uint16_t index = 0;       // Stands for it in Line::begin.
  bool assigned = false;         // It is ours to read.
  std::uint32_t assignment = 0;  // Counts how often it came and went; messages remember it.
  bool started = false;          // A message has come since it was assigned.
  std::int64_t first = -1;       // That message's offset: where the group stood.
  std::int64_t expected = -1;    // The next offset to take; -1: any.
  std::int64_t last = -1;        // The last one that came since it was assigned.
  KafkaPlace next;               // Behind what has run.
  KafkaPlace after_line;         // Behind the last line of it; then came messages without any.
  KafkaPlace stored;             // Behind what is in the outbox.
  std::int64_t accepted = -1;    // Before it all is in Loki, or was never wanted.
  std::int64_t committed = -1;   // The group knows, as confirmed.
};

// The offsets of one input.
//
// What was given to the outbox and what the group was told differ when the process dies, so the
// resume point carries the former. When a partition is assigned, its first message tells where the
// group stands:
//
//   before what we know to be committed: somebody reset the group, or the topic is another one; the
//     group is right;
//   before what is in the outbox: a redelivery, skipped up to there;
//   behind it: another member went on; the group is right.
//
// Offsets that go back later mean a topic that was made anew, or a log that lost its end in an
// unclean election: it is gone on with from there, which of the latter gives lines twice.
//
// Ownership: references to partitions stay valid until forget_finished().
// Threading: confined to one worker.
// Memory: the partitions that are assigned, and those in which something is not committed.
class KafkaOffsets {
 public:
  explicit KafkaOffsets(std::string group) : group_(std::move(group)) {}

  // From ResumePoint::cursor_details; of another group, or unreadable: nothing.
  void restore(std::string_view details);
  std::string details() const;

  KafkaPartition& find_or_add(const TopicPartition& at);
  KafkaPartition* find(const TopicPartition& at);
  std::map<TopicPartition, KafkaPartition>& partitions() { return partitions_; }
  const std::map<TopicPartition, KafkaPartition>& partitions() const { return partitions_; }

  // Whether a message of an assigned partition is to run, or was taken or skipped before.
  enum class Verdict { kRun, kRepeated };
  Verdict judge(KafkaPartition& partition, std::int64_t offset);
  // The message at `place.offset` has run up to record `place.records`, or wholly when that is 0
  // and the offset one more.
  static void advance(KafkaPartition& partition, const KafkaPlace& place) {
    partition.next = place;
    partition.after_line = place;
  }
  // A message that gives no line: done at once where nothing waits before it.
  static void pass(KafkaPartition& partition, std::int64_t offset);

  // Everything that has run is in the outbox.
  void store();
  bool has_unstored() const;
  // Loki has everything up to this resume point, but for the lines it holds.
  void accept(const ResumePoint& point);

  void assign(const std::vector<TopicPartition>& partitions);
  void revoke(const std::vector<TopicPartition>& partitions);
  // What to tell the group: of assigned partitions, what is accepted.
  std::vector<PartitionOffset> acceptable() const;
  // Before these go: what is in the outbox.
  std::vector<PartitionOffset> stored_of(const std::vector<TopicPartition>& partitions) const;
  void committed(const PartitionOffset& offset);
  // Partitions of others about which nothing is open.
  void forget_finished();

  // A place as a line's `begin`, from which accept() knows where held lines begin.
  static SourcePosition position(const KafkaPartition& partition, std::int64_t offset);

 private:
  static void begin_assignment(KafkaPartition& partition, std::int64_t offset);

  const std::string group_;
  std::map<TopicPartition, KafkaPartition> partitions_;
  std::uint16_t next_index_ = 0;
};

}  // namespace tailrace::tailer
