// The inside of an outbox: memory and disk together, and the one way by which both change.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "positions/accepted_cuts.h"
#include "positions/outbox.h"
#include "positions/outbox_index.h"
#include "positions/outbox_recovery.h"
#include "positions/segment_log.h"

namespace tailrace::positions {

// A fragment by its place in the index; the pointer is valid until its lane changes.
struct IndexedFragment {
  LaneId lane = 0;
  FragmentRef* fragment = nullptr;
};

// What one record adds. Fragments are in the index already.
struct Change {
  std::vector<ResumePoint> points;
  std::vector<SourceId> forgotten;
  std::vector<IndexedFragment> fragments;
  std::vector<LaneId> lanes;  // Beyond those of the fragments.
  std::vector<AbsorbNote> notes;

  bool empty() const {
    return points.empty() && forgotten.empty() && fragments.empty() && lanes.empty() &&
           notes.empty();
  }
};

// Only the files positions/outbox*.cc look in here.
struct Outbox::State {
  State(FileSystem& file_system_in, const Clock& clock_in, Log& log_in, Options options_in);

  // Applies the change in memory and writes it in one record; a record that holds everything where
  // one is due. On failure everything goes on in memory and the next record holds everything.
  void commit(Change change);
  // Records that free something: they use the reserved room, and may follow a failed cut.
  void append_small(RecordType type, const std::vector<LaneId>& lanes,
                    const OutcomeRecord* outcome);
  // Removes segments that nobody needs, copies forward what keeps others alive.
  void tidy();

  // The bytes of a fragment, from memory or from the disk; they stay in memory.
  Status load(FragmentRef& fragment);
  // A fragment whose bytes are gone for good is counted and leaves its lane.
  void lose(LaneId lane, std::size_t at);
  static bool is_loss(const Error& error);

  // Finished sources that have been known long enough, unless the change is about them.
  void add_expired(Change& change);

  // The next record must hold everything.
  bool whole_due() const;

  FileSystem& file_system;
  const Clock& clock;
  Log& log;
  Options options;
  const std::uint64_t segment_bytes_max = options.segment_bytes;  // As it was opened with.

  std::optional<SegmentLog> segments;  // None: in memory only.
  OutboxIndex index;
  AcceptedCuts accepted;
  PointTable points;
  AbsorbNotes notes;
  Recovered recovered;
  std::uint64_t run = 1;
  std::uint64_t cut = 0;
  std::uint64_t origin = 0;
  std::int64_t last_time_ns = 0;
  std::uint64_t lost_entries = 0;
  std::vector<LaneState> lane_states;
  std::optional<Error> error;

 private:
  using Encoded = std::vector<IndexedFragment>;

  enum class Target { kCurrentSegment, kNewSegment };
  Result<RecordPlace> write(RecordEncoder& encoder, Target target);
  Status write_change(RecordEncoder& encoder, const Change& change, Encoded& encoded);
  Status write_whole(Encoded& encoded);
  void add_fragments(RecordEncoder& encoder, std::vector<LaneId> lanes, const Encoded& fragments);
  void note_placed(const RecordPlace& place, const RecordEncoder& encoder, const Encoded& encoded);
  void sync_when_told();
  void note_result(const Status& status);
  void apply(Change& change);
  void shrink_memory(const Encoded& written);
  void carry(std::uint64_t segment);
  std::uint64_t kept_bytes() const;  // On disk and not condemned.

  bool failed_ = false;         // The disk lacks something that was cut.
  bool carry_blocked_ = false;  // Until a cut succeeds again.
  SteadyTime next_expiry_{};
};

}  // namespace tailrace::positions
