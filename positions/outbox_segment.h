// The segment format of the outbox: headers and records as bytes, checked when they are read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/resume_point.h"
#include "positions/outbox.h"

namespace tailrace::positions {

// docs/formats/outbox.md describes all of this for people. All integers are little-endian.

inline constexpr std::uint32_t kSegmentVersion = 1;
inline constexpr std::size_t kSegmentHeaderBytes = 48;
inline constexpr std::size_t kRecordHeaderBytes = 32;

struct SegmentHeader {
  std::uint32_t worker = 0;
  std::uint64_t number = 0;
  std::uint64_t run = 0;
  std::uint64_t origin = 0;  // Names the outbox that wrote it, for life.
};

std::string encode_segment_header(const SegmentHeader& header);
// kCorrupt: this is no whole header. kInvalid: a version that this program does not know.
Result<SegmentHeader> decode_segment_header(std::string_view bytes);

enum class RecordType : std::uint8_t {
  kSnapshot = 1,  // All resume points and lanes; what was known of resume points before is void.
  kCut = 2,       // New fragments and what changed.
  kOutcome = 3,   // An answer: its lane moves on.
  kCarry = 4,     // Live fragments copied forward, so that their old segment can go.
  kDrop = 5,      // Fragments left without an answer: drop_oldest, set aside, damage.
};

struct RecordHeader {
  std::uint32_t checksum = 0;
  std::uint32_t payload_bytes = 0;  // Meta and fragments.
  std::uint32_t meta_bytes = 0;
  RecordType type = RecordType::kCut;
  std::uint64_t run = 0;
  std::uint64_t cut = 0;
};

// Fragments [begin, end) of a lane.
struct SequenceRange {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  friend bool operator==(const SequenceRange&, const SequenceRange&) = default;
};

// A lane as it is after the record. Absolute, so that records may be missing before it.
struct LaneRecord {
  LaneKey key;
  std::uint64_t next = 0;              // Sequence number of the next fragment.
  std::uint64_t first_undone = 0;      // All before it are answered or dropped.
  std::uint32_t done_entries = 0;      // Of the first undone fragment.
  std::vector<SequenceRange> dropped;  // Behind first_undone.
  friend bool operator==(const LaneRecord&, const LaneRecord&) = default;
};

struct FragmentRecord {
  std::uint32_t lane = 0;  // Which of the record's lanes, in order of appearance.
  std::uint64_t sequence = 0;
  std::uint32_t entries = 0;
  std::uint32_t done_entries = 0;  // Answered when this was written.
  std::uint64_t line_bytes = 0;
  std::int64_t first_time_ns = 0;
  // Filled by encoder and decoder.
  std::uint32_t bytes = 0;
  std::uint32_t checksum = 0;
  std::uint64_t offset = 0;  // Of its bytes, from the beginning of the record.
};

// A resume point and the cut that changed it last.
struct StoredPoint {
  ResumePoint point;
  std::uint64_t run = 0;
  std::uint64_t cut = 0;
};

struct PointRecord {
  StoredPoint stored;
  // Indices of held lines without text: the last record of this source in this segment has it.
  std::vector<std::size_t> known_texts;
};

struct OutcomeRecord {
  std::uint32_t lane = 0;
  std::uint32_t entries = 0;
  bool accepted = true;
  std::string reason;
};

// How far the fragments of another outbox were taken over (Outbox::absorb).
struct AbsorbNote {
  std::uint64_t origin = 0;
  LaneKey lane;
  std::uint64_t next = 0;
};

// A record as read.
struct Record {
  RecordHeader header;
  std::int64_t last_time_ns = 0;
  std::vector<LaneRecord> lanes;
  std::vector<PointRecord> points;
  std::vector<SourceId> forgotten;
  std::vector<AbsorbNote> notes;
  std::vector<OutcomeRecord> outcomes;
  std::vector<FragmentRecord> fragments;
};

// Builds one record. Fragment bytes are not copied: they stay valid until the parts are written.
class RecordEncoder {
 public:
  RecordEncoder(RecordType type, std::uint64_t run, std::uint64_t cut);

  void add_last_time(std::int64_t last_time_ns);
  // Returns the lane's number in this record.
  std::uint32_t add_lane(const LaneRecord& lane);
  // Held lines that `known` (nullptr: none) has too are written without their text.
  void add_point(const ResumePoint& point, std::uint64_t run, std::uint64_t cut,
                 const ResumePoint* known);
  void add_forgotten(SourceId source);
  void add_note(const AbsorbNote& note);
  void add_outcome(const OutcomeRecord& outcome);
  void add_fragment(const FragmentRecord& fragment, std::string_view bytes);

  // Completes the record; nothing is added afterwards. Views into this object and the fragments.
  std::vector<std::string_view> finish();
  std::uint64_t total_bytes() const { return meta_.size() + fragment_bytes_; }
  // Of fragment `index`, from the beginning of the record. After finish().
  std::uint64_t fragment_offset(std::size_t index) const;
  std::uint32_t fragment_checksum(std::size_t index) const { return checksums_[index]; }

 private:
  std::string meta_;  // Begins with room for the header.
  std::vector<std::string_view> parts_;
  std::vector<std::uint32_t> checksums_;
  std::uint64_t fragment_bytes_ = 0;
  std::uint32_t lanes_ = 0;
};

// Only what the header itself can tell: kCorrupt when its lengths or its type make no sense.
Result<RecordHeader> decode_record_header(std::string_view bytes);
// `bytes`: one whole record. Fails with kCorrupt on anything that an encoder would not write.
Result<Record> decode_record(std::string_view bytes);

}  // namespace tailrace::positions
