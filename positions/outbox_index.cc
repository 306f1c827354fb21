// The lanes of an outbox and their bookkeeping; no disk here.
#include "positions/outbox_index.h"

#include <algorithm>

#include "base/check.h"

namespace tailrace::positions {

namespace {

std::uint64_t share_of(const FragmentRef& fragment) {
  return fragment.size + OutboxIndex::kFragmentOverheadBytes;
}

// Forgets gaps that lie before `sequence`.
void prune(std::vector<SequenceRange>& dropped, std::uint64_t sequence) {
  std::erase_if(dropped, [&](const SequenceRange& range) { return range.end <= sequence; });
}

}  // namespace

LaneRecord Lane::record() const {
  LaneRecord record;
  record.key = key;
  record.next = next_sequence;
  record.dropped = dropped;
  if (answered_fragments < fragments.size()) {
    record.first_undone = fragments[answered_fragments].sequence;
    record.done_entries = fragments[answered_fragments].done_entries;
    prune(record.dropped, record.first_undone);
  } else {
    record.first_undone = next_sequence;
    record.dropped.clear();
  }
  return record;
}

LaneId OutboxIndex::lane_id(const LaneKey& key) {
  const auto [at, inserted] = ids_.try_emplace(key, size());
  if (inserted) {
    lanes_.push_back(std::make_unique<Lane>());
    lanes_.back()->key = key;
  }
  return at->second;
}

void OutboxIndex::add(const Lane& lane, const FragmentRef& fragment) {
  ++fragments_;
  client_bytes_[lane.key.client] += share_of(fragment);
  if (fragment.bytes != nullptr) bytes_in_memory_ += fragment.size;
  if (fragment.segment != 0) {
    Use& use = uses_[fragment.segment];
    ++use.fragments;
    use.bytes += fragment.size;
  }
}

void OutboxIndex::unplace(FragmentRef& fragment) {
  if (fragment.segment == 0) return;
  const auto found = uses_.find(fragment.segment);
  found->second.bytes -= fragment.size;
  if (--found->second.fragments == 0) uses_.erase(found);
  fragment.segment = 0;
}

void OutboxIndex::subtract(const Lane& lane, FragmentRef& fragment) {
  --fragments_;
  const auto client = client_bytes_.find(lane.key.client);
  client->second -= share_of(fragment);
  if (client->second == 0) client_bytes_.erase(client);
  forget_bytes(fragment);
  unplace(fragment);
}

FragmentRef& OutboxIndex::push(LaneId id, FragmentRef fragment) {
  Lane& to = lane(id);
  fragment.sequence = to.next_sequence++;
  to.pending_line_bytes += fragment.line_bytes;
  add(to, fragment);
  return to.fragments.emplace_back(std::move(fragment));
}

void OutboxIndex::restore(LaneId id, FragmentRef fragment) {
  Lane& to = lane(id);
  to.next_sequence = std::max(to.next_sequence, fragment.sequence + 1);
  const auto at = std::lower_bound(
      to.fragments.begin(), to.fragments.end(), fragment.sequence,
      [](const FragmentRef& one, std::uint64_t sequence) { return one.sequence < sequence; });
  if (at != to.fragments.end() && at->sequence == fragment.sequence) {
    to.pending_line_bytes -= at->line_bytes;
    subtract(to, *at);
    to.pending_line_bytes += fragment.line_bytes;
    add(to, fragment);
    *at = std::move(fragment);
    return;
  }
  to.pending_line_bytes += fragment.line_bytes;
  add(to, fragment);
  to.fragments.insert(at, std::move(fragment));
}

void OutboxIndex::restore_lane(LaneId id, const LaneRecord& record) {
  Lane& to = lane(id);
  to.next_sequence = std::max({to.next_sequence, record.next, record.first_undone});
  const auto is_gone = [&](const FragmentRef& fragment) {
    if (fragment.sequence < record.first_undone) return true;
    return std::any_of(record.dropped.begin(), record.dropped.end(), [&](const SequenceRange& gap) {
      return gap.begin <= fragment.sequence && fragment.sequence < gap.end;
    });
  };
  std::deque<FragmentRef> left;
  for (FragmentRef& fragment : to.fragments) {
    if (is_gone(fragment)) {
      to.pending_line_bytes -= fragment.line_bytes;
      subtract(to, fragment);
      continue;
    }
    if (fragment.sequence == record.first_undone && record.done_entries < fragment.entries) {
      fragment.done_entries = std::max(fragment.done_entries, record.done_entries);
    }
    left.push_back(std::move(fragment));
  }
  to.fragments = std::move(left);
  to.dropped = record.dropped;
  prune(to.dropped, to.fragments.empty() ? UINT64_MAX : to.fragments.front().sequence);
}

void OutboxIndex::finish_restoring(const std::map<LaneId, LaneRecord>& records) {
  for (const auto& [id, record] : records)
    restore_lane(id, record);
}

void OutboxIndex::place(FragmentRef& fragment, std::uint64_t segment, std::uint64_t offset,
                        std::uint32_t checksum) {
  unplace(fragment);
  fragment.segment = segment;
  fragment.offset = offset;
  fragment.checksum = checksum;
  Use& use = uses_[segment];
  ++use.fragments;
  use.bytes += fragment.size;
}

void OutboxIndex::keep_bytes(FragmentRef& fragment, std::string bytes) {
  TAILRACE_CHECK(fragment.bytes == nullptr);
  fragment.bytes = std::make_unique<const std::string>(std::move(bytes));
  bytes_in_memory_ += fragment.size;
}

void OutboxIndex::forget_bytes(FragmentRef& fragment) {
  if (fragment.bytes == nullptr) return;
  bytes_in_memory_ -= fragment.size;
  fragment.bytes.reset();
}

void OutboxIndex::erase(LaneId id, std::size_t first, std::size_t count) {
  if (count == 0) return;
  Lane& from = lane(id);
  for (std::size_t i = first; i < first + count; ++i) {
    FragmentRef& fragment = from.fragments[i];
    if (i >= from.request_fragments) from.pending_line_bytes -= fragment.line_bytes;
    subtract(from, fragment);
    if (first == 0) continue;
    if (!from.dropped.empty() && from.dropped.back().end == fragment.sequence) {
      ++from.dropped.back().end;
    } else {
      from.dropped.push_back({fragment.sequence, fragment.sequence + 1});
    }
  }
  const auto begin = from.fragments.begin() + static_cast<std::ptrdiff_t>(first);
  from.fragments.erase(begin, begin + static_cast<std::ptrdiff_t>(count));
  std::sort(from.dropped.begin(), from.dropped.end(),
            [](const SequenceRange& a, const SequenceRange& b) { return a.begin < b.begin; });
  prune(from.dropped, from.fragments.empty() ? UINT64_MAX : from.fragments.front().sequence);
}

bool OutboxIndex::answer(LaneId id, std::uint32_t entries) {
  Lane& in = lane(id);
  while (entries > 0) {
    TAILRACE_CHECK(in.answered_fragments < in.request_fragments);
    FragmentRef& fragment = in.fragments[in.answered_fragments];
    const std::uint32_t step = std::min(entries, fragment.entries - fragment.done_entries);
    fragment.done_entries += step;
    entries -= step;
    if (fragment.done_entries == fragment.entries) ++in.answered_fragments;
  }
  return in.answered_fragments == in.request_fragments;
}

void OutboxIndex::end_request(LaneId id) {
  Lane& in = lane(id);
  const std::size_t answered = in.answered_fragments;
  for (std::size_t i = answered; i < in.request_fragments; ++i) {
    in.pending_line_bytes += in.fragments[i].line_bytes;
  }
  erase(id, 0, answered);  // Counted as in flight, so pending_line_bytes stays.
  in.request_fragments = 0;
  in.answered_fragments = 0;
}

std::uint64_t OutboxIndex::client_bytes(std::string_view client) const {
  const auto found = client_bytes_.find(client);
  return found == client_bytes_.end() ? 0 : found->second;
}

std::uint64_t OutboxIndex::memory_bytes() const {
  return bytes_in_memory_ + fragments_ * sizeof(FragmentRef) + lanes_.size() * sizeof(Lane);
}

std::uint64_t OutboxIndex::oldest_undone_cut() const {
  std::uint64_t oldest = UINT64_MAX;
  for (const auto& one : lanes_) {
    if (one->answered_fragments < one->fragments.size()) {
      oldest = std::min(oldest, one->fragments[one->answered_fragments].cut);
    }
  }
  return oldest;
}

std::optional<std::int64_t> OutboxIndex::oldest_undone_time_ns() const {
  std::optional<std::int64_t> oldest;
  for (const auto& one : lanes_) {
    if (one->answered_fragments == one->fragments.size()) continue;
    const std::int64_t time = one->fragments[one->answered_fragments].first_time_ns;
    oldest = std::min(oldest.value_or(time), time);
  }
  return oldest;
}

OutboxIndex::Use OutboxIndex::use(std::uint64_t segment) const {
  const auto found = uses_.find(segment);
  return found == uses_.end() ? Use{} : found->second;
}

}  // namespace tailrace::positions
