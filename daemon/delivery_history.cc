// A bounded memory of cuts and answers.
#include "daemon/delivery_history.h"

#include <algorithm>
#include <utility>

namespace tailrace::daemon {
namespace {

// An answer of Loki may name hundreds of entries.
constexpr std::size_t kAnswerBytesMax = 1000;

std::size_t bytes_of(const CutRange& range) {
  return sizeof range + range.path.size() + range.label_path.size();
}
std::size_t bytes_of(const CutLane& lane) {
  return sizeof lane + lane.client.size() + lane.tenant.size() + lane.reason.size() +
         lane.answer.size();
}
std::size_t bytes_of(const CutRecord& record) {
  std::size_t bytes = sizeof record;
  for (const CutRange& range : record.ranges)
    bytes += bytes_of(range);
  for (const CutLane& lane : record.lanes)
    bytes += bytes_of(lane);
  return bytes;
}

bool is_answered(const CutRecord& record) {
  return std::all_of(record.lanes.begin(), record.lanes.end(),
                     [](const CutLane& lane) { return lane.pending() == 0; });
}

void apply(CutLane& lane, std::uint32_t entries, const DeliveryHistory::Answer& answer,
           std::int64_t now_ns) {
  entries = std::min(entries, lane.pending());
  lane.answered_ns = now_ns;
  if (answer.accepted) {
    lane.accepted += entries;
    return;
  }
  lane.refused += entries;
  lane.reason = answer.reason;
  lane.status = answer.status;
  lane.answer = answer.words.substr(0, kAnswerBytesMax);
}

}  // namespace

void DeliveryHistory::add(CutRecord record) {
  if (record.ranges.empty() && record.lanes.empty()) return;
  // One record is never the greater part of what is kept: thousands of files begin with one cut.
  const std::size_t most = options_.bytes_max / 4;
  while (record.ranges.size() > 1 && bytes_of(record) > most) {
    record.ranges.resize(record.ranges.size() / 2);
    record.complete = false;
  }
  const std::int64_t now_ns = record.time_ns;
  bytes_ += bytes_of(record);
  records_.push_back(std::move(record));
  trim(now_ns);
}

void DeliveryHistory::answered(const positions::LaneKey& lane,
                               std::span<const positions::CutShare> shares, const Answer& answer,
                               std::int64_t now_ns) {
  for (const positions::CutShare& share : shares) {
    const auto record =
        std::lower_bound(records_.begin(), records_.end(), share.cut,
                         [](const CutRecord& one, std::uint64_t cut) { return one.cut < cut; });
    if (record == records_.end() || record->cut != share.cut) continue;
    for (CutLane& known : record->lanes) {
      if (known.client != lane.client || known.tenant != lane.tenant) continue;
      const std::size_t before = bytes_of(known);
      apply(known, share.entries, answer, now_ns);
      bytes_ += bytes_of(known) - before;
    }
  }
  trim(now_ns);
}

void DeliveryHistory::rename_client(std::string_view from, const std::string& to) {
  for (CutRecord& record : records_) {
    for (CutLane& lane : record.lanes) {
      if (lane.client != from) continue;
      bytes_ += to.size() - lane.client.size();
      lane.client = to;
    }
  }
}

void DeliveryHistory::give_up(std::string_view client, std::string_view reason,
                              std::int64_t now_ns) {
  for (CutRecord& record : records_) {
    for (CutLane& lane : record.lanes) {
      if (lane.client != client || lane.pending() == 0) continue;
      const std::size_t before = bytes_of(lane);
      apply(lane, lane.pending(), {.accepted = false, .reason = reason, .words = {}}, now_ns);
      bytes_ += bytes_of(lane) - before;
    }
  }
}

void DeliveryHistory::forget_oldest() {
  bytes_ -= bytes_of(records_.front());
  since_ns_ = std::max(since_ns_, records_.front().time_ns + 1);
  records_.pop_front();
}

// What waits for its answer stays longer than `keep`: it is what people ask for.
void DeliveryHistory::trim(std::int64_t now_ns) {
  while (records_.size() > 1 && bytes_ > options_.bytes_max)
    forget_oldest();
  while (!records_.empty() && records_.front().time_ns + options_.keep.count() < now_ns &&
         is_answered(records_.front())) {
    forget_oldest();
  }
}

}  // namespace tailrace::daemon
