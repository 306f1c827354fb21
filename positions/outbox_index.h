// What an outbox knows in memory: the lanes, their fragments in order, and where the bytes are.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "positions/outbox.h"
#include "positions/outbox_segment.h"

namespace tailrace::positions {

// A fragment without an answer.
struct FragmentRef {
  std::uint64_t sequence = 0;
  std::uint64_t cut = 0;      // Of this run; 0: from before the restart.
  std::uint64_t segment = 0;  // Where its bytes lie; 0: in memory only.
  std::uint64_t offset = 0;
  std::uint64_t line_bytes = 0;
  std::int64_t first_time_ns = 0;
  std::uint32_t size = 0;
  std::uint32_t checksum = 0;
  std::uint32_t entries = 0;
  std::uint32_t done_entries = 0;
  std::unique_ptr<const std::string> bytes;  // nullptr: on disk only.
};

// The queue of one (client, tenant).
struct Lane {
  LaneKey key;
  std::deque<FragmentRef> fragments;
  std::uint64_t next_sequence = 0;
  std::uint64_t pending_line_bytes = 0;  // Of fragments that are in no request.
  std::uint32_t request_fragments = 0;   // The first so many are in flight.
  std::uint32_t answered_fragments = 0;  // Of these, answered; they stay until the request is over.
  std::vector<SequenceRange> dropped;    // Gaps behind the first fragment.
  std::uint64_t last_segment = 0;        // The newest that mentions the lane.

  bool in_flight() const { return request_fragments > 0; }
  // As a record states it.
  LaneRecord record() const;
};

// Ownership: owns the lanes and the fragments' bytes.
// Threading: confined to one worker.
class OutboxIndex {
 public:
  // What the share of a client counts for a fragment beyond its bytes: its record and this index.
  static constexpr std::uint64_t kFragmentOverheadBytes = 128;

  // Live fragments of a segment.
  struct Use {
    std::uint64_t fragments = 0;
    std::uint64_t bytes = 0;
  };

  LaneId lane_id(const LaneKey& key);  // Made when it is new.
  Lane& lane(LaneId id) { return *lanes_[id]; }
  const Lane& lane(LaneId id) const { return *lanes_[id]; }
  LaneId size() const { return static_cast<LaneId>(lanes_.size()); }

  // Appends with the lane's next sequence number.
  FragmentRef& push(LaneId id, FragmentRef fragment);
  // Puts one that was found on disk where its sequence number belongs; one with the same number is
  // replaced.
  void restore(LaneId id, FragmentRef fragment);
  // Raises a lane to what a record says of it: answered and dropped fragments leave.
  void restore_lane(LaneId id, const LaneRecord& record);
  // Completes restore(): what records said before the fragments were seen is applied.
  void finish_restoring(const std::map<LaneId, LaneRecord>& records);

  // Says where the bytes lie now.
  void place(FragmentRef& fragment, std::uint64_t segment, std::uint64_t offset,
             std::uint32_t checksum);
  void unplace(FragmentRef& fragment);  // It is in memory only.
  void keep_bytes(FragmentRef& fragment, std::string bytes);
  void forget_bytes(FragmentRef& fragment);

  // Removes `count` fragments from `first` on. In the middle they leave a gap that records name.
  void erase(LaneId id, std::size_t first, std::size_t count);
  // For the next `entries` entries of the lane's request. Returns whether the request is over.
  bool answer(LaneId id, std::uint32_t entries);
  void end_request(LaneId id);

  std::uint64_t fragments() const { return fragments_; }
  std::uint64_t client_bytes(std::string_view client) const;
  std::uint64_t memory_bytes() const;
  std::uint64_t bytes_in_memory() const { return bytes_in_memory_; }
  // The cut of the oldest fragment without a whole answer; UINT64_MAX: there is none.
  std::uint64_t oldest_undone_cut() const;
  // When the first line of the oldest such fragment was appended.
  std::optional<std::int64_t> oldest_undone_time_ns() const;
  Use use(std::uint64_t segment) const;

 private:
  void add(const Lane& lane, const FragmentRef& fragment);
  void subtract(const Lane& lane, FragmentRef& fragment);

  std::vector<std::unique_ptr<Lane>> lanes_;  // By LaneId.
  std::map<LaneKey, LaneId> ids_;
  std::map<std::string, std::uint64_t, std::less<>> client_bytes_;
  std::map<std::uint64_t, Use> uses_;
  std::uint64_t fragments_ = 0;
  std::uint64_t bytes_in_memory_ = 0;
};

}  // namespace tailrace::positions
