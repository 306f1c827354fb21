// Offsets of partitions, and their text in resume points.
//
// The text: the group, then one word per partition, all separated by blanks:
//   promtail logs/0=0,1523,0,1500 logs/1=1,77,2,70
// that is topic/partition=index,next offset,records of it,committed. Neither a group nor a topic
// can have a blank in it here: one that has is written as its percent code.
#include "tailer/kafka_offsets.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include <fmt/format.h>

namespace tailrace::tailer {
namespace {

constexpr unsigned kOffsetBits = 48;
constexpr std::uint64_t kOffsetMask = (std::uint64_t{1} << kOffsetBits) - 1;

std::string without_blanks(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == ' ') {
      result += "%20";
    } else if (c == '%') {
      result += "%25";
    } else {
      result += c;
    }
  }
  return result;
}

std::string_view next_word(std::string_view& rest, char separator) {
  const std::size_t end = std::min(rest.find(separator), rest.size());
  const std::string_view word = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return word;
}

template <typename T>
bool read_number(std::string_view text, T& number) {
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  return fault == std::errc() && end == text.data() + text.size();
}

struct Stored {
  TopicPartition at;
  std::uint16_t index = 0;
  KafkaPlace next;
  std::int64_t committed = -1;
};

std::optional<Stored> read_partition(std::string_view word) {
  Stored stored;
  const std::size_t slash = word.rfind('/');
  if (slash == std::string_view::npos) return std::nullopt;
  stored.at.topic = word.substr(0, slash);
  std::string_view rest = word.substr(slash + 1);
  const bool good = read_number(next_word(rest, '='), stored.at.partition) &&
                    read_number(next_word(rest, ','), stored.index) &&
                    read_number(next_word(rest, ','), stored.next.offset) &&
                    read_number(next_word(rest, ','), stored.next.records) &&
                    read_number(rest, stored.committed);
  return good ? std::optional(std::move(stored)) : std::nullopt;
}

std::vector<Stored> read_details(std::string_view details, std::string_view group) {
  std::vector<Stored> result;
  if (next_word(details, ' ') != without_blanks(group)) return result;
  while (!details.empty()) {
    auto stored = read_partition(next_word(details, ' '));
    if (stored) result.push_back(std::move(*stored));
  }
  return result;
}

}  // namespace

void KafkaOffsets::restore(std::string_view details) {
  for (const Stored& stored : read_details(details, group_)) {
    KafkaPartition& partition = find_or_add(stored.at);
    partition.index = stored.index;
    partition.next = stored.next;
    partition.stored = stored.next;
    partition.after_line = stored.next;
    partition.committed = stored.committed;
    partition.accepted = stored.committed;
    next_index_ = std::max(next_index_, static_cast<std::uint16_t>(stored.index + 1));
  }
}

std::string KafkaOffsets::details() const {
  std::string text = without_blanks(group_);
  for (const auto& [at, partition] : partitions_) {
    if (partition.next.offset < 0) continue;
    fmt::format_to(std::back_inserter(text), " {}/{}={},{},{},{}", at.topic, at.partition,
                   partition.index, partition.next.offset, partition.next.records,
                   partition.committed);
  }
  return text;
}

KafkaPartition& KafkaOffsets::find_or_add(const TopicPartition& at) {
  const auto [found, fresh] = partitions_.try_emplace(at);
  if (fresh) {
    found->second.at = at;
    found->second.number = std::to_string(at.partition);
    found->second.index = next_index_++;
  }
  return found->second;
}

KafkaPartition* KafkaOffsets::find(const TopicPartition& at) {
  const auto found = partitions_.find(at);
  return found == partitions_.end() ? nullptr : &found->second;
}

void KafkaOffsets::begin_assignment(KafkaPartition& partition, std::int64_t offset) {
  partition.started = true;
  partition.first = offset;
  const bool reset = partition.committed >= 0 && offset < partition.committed;
  const bool all_stored = partition.stored == partition.next;
  const bool all_accepted = partition.accepted >= partition.next.offset;
  if (reset) partition.committed = -1;
  if (reset || offset > partition.next.offset) {
    partition.next = {offset, 0};
    partition.after_line = partition.next;
    if (reset || all_stored) partition.stored = partition.next;
    if (reset || all_accepted) partition.accepted = offset;
  } else if (offset == partition.next.offset && partition.next.records == 0) {
    partition.accepted = offset;
  }
  partition.expected = partition.next.offset;
}

KafkaOffsets::Verdict KafkaOffsets::judge(KafkaPartition& partition, std::int64_t offset) {
  if (partition.started && offset < partition.last) {
    partition.started = false;
    partition.committed = offset + 1;  // As after a reset of the group.
  }
  partition.last = offset;
  if (!partition.started) begin_assignment(partition, offset);
  if (offset < partition.expected) return Verdict::kRepeated;
  partition.expected = offset + 1;
  return Verdict::kRun;
}

void KafkaOffsets::pass(KafkaPartition& partition, std::int64_t offset) {
  const KafkaPlace behind{offset + 1, 0};
  const bool stored = partition.stored == partition.next;
  const bool accepted = stored && partition.accepted == partition.next.offset;
  partition.next = behind;
  if (stored) partition.stored = behind;
  if (accepted) partition.accepted = behind.offset;
}

void KafkaOffsets::store() {
  for (auto& [at, partition] : partitions_)
    partition.stored = partition.next;
}

bool KafkaOffsets::has_unstored() const {
  return std::any_of(partitions_.begin(), partitions_.end(),
                     [](const auto& entry) { return entry.second.stored != entry.second.next; });
}

void KafkaOffsets::accept(const ResumePoint& point) {
  std::unordered_map<std::uint16_t, std::int64_t> held;  // Index -> first held offset.
  for (const HeldLine& line : point.held) {
    if (line.context) continue;
    const auto index = static_cast<std::uint16_t>(line.begin >> kOffsetBits);
    const auto offset = static_cast<std::int64_t>(line.begin & kOffsetMask);
    const auto [found, fresh] = held.try_emplace(index, offset);
    if (!fresh) found->second = std::min(found->second, offset);
  }
  for (const Stored& stored : read_details(point.cursor_details, group_)) {
    KafkaPartition* const partition = find(stored.at);
    // What is said of a partition before a reset, or before others went on with it, is over.
    if (partition == nullptr || stored.next.offset > partition->stored.offset) continue;
    std::int64_t offset = stored.next.offset;
    const auto line = held.find(stored.index);
    if (line != held.end()) {
      offset = std::min(offset, line->second);
    } else if (stored.next == partition->after_line) {
      offset = partition->next.offset;
    }
    partition->accepted = std::max(partition->accepted, offset);
  }
}

void KafkaOffsets::assign(const std::vector<TopicPartition>& partitions) {
  for (const TopicPartition& at : partitions) {
    KafkaPartition& partition = find_or_add(at);
    partition.assigned = true;
    partition.started = false;
    partition.expected = -1;
    partition.last = -1;
    ++partition.assignment;
  }
}

void KafkaOffsets::revoke(const std::vector<TopicPartition>& partitions) {
  for (const TopicPartition& at : partitions) {
    KafkaPartition* const partition = find(at);
    if (partition == nullptr) continue;
    partition->assigned = false;
    ++partition->assignment;
  }
}

std::vector<PartitionOffset> KafkaOffsets::acceptable() const {
  std::vector<PartitionOffset> result;
  for (const auto& [at, partition] : partitions_) {
    if (partition.assigned && partition.started &&
        partition.accepted > std::max(partition.committed, partition.first)) {
      result.push_back({at, partition.accepted});
    }
  }
  return result;
}

std::vector<PartitionOffset> KafkaOffsets::stored_of(
    const std::vector<TopicPartition>& partitions) const {
  std::vector<PartitionOffset> result;
  for (const TopicPartition& at : partitions) {
    const auto found = partitions_.find(at);
    if (found == partitions_.end()) continue;
    const KafkaPartition& partition = found->second;
    if (partition.started &&
        partition.stored.offset > std::max(partition.committed, partition.first)) {
      result.push_back({at, partition.stored.offset});
    }
  }
  return result;
}

void KafkaOffsets::committed(const PartitionOffset& offset) {
  KafkaPartition* const partition = find(offset.at);
  if (partition != nullptr) partition->committed = std::max(partition->committed, offset.offset);
}

void KafkaOffsets::forget_finished() {
  std::erase_if(partitions_, [](const auto& entry) {
    const KafkaPartition& partition = entry.second;
    return !partition.assigned && partition.stored == partition.next &&
           partition.next.records == 0 && partition.next.offset <= partition.committed;
  });
}

SourcePosition KafkaOffsets::position(const KafkaPartition& partition, std::int64_t offset) {
  return (std::uint64_t{partition.index} << kOffsetBits) |
         (static_cast<std::uint64_t>(offset) & kOffsetMask);
}

}  // namespace tailrace::tailer
