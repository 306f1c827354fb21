// From the bytes of the segments back to lanes, fragments and resume points.
//
// Records are absolute: a lane's record says which fragments are done, whatever came before it.
// So a segment that ended in damage, or that is gone, costs what was in it and nothing else. A
// fragment found twice (it was copied forward) counts where it was found last.
#include "positions/outbox_recovery.h"

#include <algorithm>
#include <cerrno>
#include <memory>

#include "positions/segment_log.h"
#include "positions/segment_reader.h"

namespace tailrace::positions {

namespace {

class Recovery {
 public:
  Recovery(FileSystem& file_system, Log& log, const std::string& directory, RecoveryMode mode,
           OutboxIndex& index)
      : file_system_(file_system), log_(log), directory_(directory), mode_(mode), index_(index) {}

  Result<RecoveredSegments> run() {
    Result<std::vector<DirectoryEntry>> entries = file_system_.list(directory_);
    if (!entries) {
      if (entries.error().code == ENOENT || entries.error().code == ENOTDIR) {
        return std::move(found_);
      }
      return fail(entries.error());
    }
    for (const DirectoryEntry& entry : *entries) {
      if (const auto number = segment_number(entry.name)) found_.segments[*number] = 0;
    }
    for (auto& [number, size] : found_.segments) {
      Status read = read_segment(number, size);
      if (!read) return fail(read.error());
    }
    index_.finish_restoring(lanes_);
    return std::move(found_);
  }

 private:
  Status read_segment(std::uint64_t number, std::uint64_t& size);
  bool apply(std::uint64_t number, std::uint64_t offset, Record& record);
  bool fill_known_texts(PointRecord& record) const;
  void note_damage(std::uint64_t number, std::uint64_t offset);

  FileSystem& file_system_;
  Log& log_;
  const std::string& directory_;
  const RecoveryMode mode_;
  OutboxIndex& index_;
  RecoveredSegments found_;
  std::map<LaneId, LaneRecord> lanes_;
};

void Recovery::note_damage(std::uint64_t number, std::uint64_t offset) {
  ++found_.damaged_records;
  log_.error("outbox segment is damaged, the rest of it is ignored",
             {{"segment", segment_path(directory_, number)}, {"offset", std::to_string(offset)}});
}

Status Recovery::read_segment(std::uint64_t number, std::uint64_t& size) {
  const std::string path = segment_path(directory_, number);
  Result<std::unique_ptr<File>> file = file_system_.open(path, OpenMode::kRead);
  if (!file) return fail(file.error());
  Result<FileStat> stat = (*file)->stat();
  if (!stat) return fail(stat.error());
  size = stat->size;
  SegmentReader reader(**file, size);
  Result<SegmentHeader> header = reader.read_header();
  if (!header) {
    if (header.error().code == Error::kInvalid) {
      return fail(Error::kInvalid, path + ": " + header.error().message);
    }
    // A crash right after its creation leaves a segment without a whole header.
    if (size >= kSegmentHeaderBytes && !reader.only_zeros_follow()) note_damage(number, 0);
    return {};
  }
  found_.run = std::max(found_.run, header->run);
  found_.origin = header->origin;
  Record record;
  SegmentReader::Step step = reader.next(record);
  if (step == SegmentReader::Step::kRecord && record.header.type != RecordType::kSnapshot) {
    step = SegmentReader::Step::kDamaged;
  }
  while (step == SegmentReader::Step::kRecord) {
    if (!apply(number, reader.offset(), record)) {
      step = SegmentReader::Step::kDamaged;
      break;
    }
    step = reader.next(record);
  }
  if (step == SegmentReader::Step::kDamaged) note_damage(number, reader.offset());
  if (step == SegmentReader::Step::kTorn && mode_ == RecoveryMode::kRepair &&
      number == found_.segments.rbegin()->first) {
    // Nothing is appended behind it in any case, so a failure changes nothing.
    auto writable = file_system_.open(path, OpenMode::kReadWrite);
    if (writable && (*writable)->truncate(reader.offset())) size = reader.offset();
  }
  return {};
}

bool Recovery::fill_known_texts(PointRecord& record) const {
  if (record.known_texts.empty()) return true;
  const auto known = found_.points.find(record.stored.point.source);
  if (known == found_.points.end()) return false;
  const std::vector<HeldLine>& lines = known->second.point.held;
  for (const std::size_t i : record.known_texts) {
    HeldLine& line = record.stored.point.held[i];
    const auto same = std::find_if(lines.begin(), lines.end(),
                                   [&](const HeldLine& one) { return one.number == line.number; });
    if (same == lines.end()) return false;
    line.text = same->text;
    line.labels = same->labels;
    line.metadata = same->metadata;
  }
  return true;
}

bool Recovery::apply(std::uint64_t number, std::uint64_t offset, Record& record) {
  for (PointRecord& point : record.points) {
    if (!fill_known_texts(point)) return false;
  }
  if (record.header.type == RecordType::kSnapshot) {
    found_.points.clear();
    found_.notes.clear();
  }
  found_.run = std::max(found_.run, record.header.run);
  found_.last_time_ns = std::max(found_.last_time_ns, record.last_time_ns);
  for (PointRecord& point : record.points) {
    found_.points.insert_or_assign(point.stored.point.source, std::move(point.stored));
  }
  for (const SourceId source : record.forgotten)
    found_.points.erase(source);
  for (AbsorbNote& note : record.notes) {
    found_.notes[{note.origin, std::move(note.lane)}] = note.next;
  }
  std::vector<LaneId> ids;
  for (LaneRecord& lane : record.lanes) {
    const LaneId id = index_.lane_id(lane.key);
    ids.push_back(id);
    index_.lane(id).last_segment = number;
    LaneRecord& known = lanes_[id];
    // Never back: only damage between the two could make the later one the smaller.
    if (lane.first_undone < known.first_undone) continue;
    lane.next = std::max(lane.next, known.next);
    known = std::move(lane);
  }
  for (const FragmentRecord& fragment : record.fragments) {
    FragmentRef ref;
    ref.sequence = fragment.sequence;
    ref.segment = number;
    ref.offset = offset + fragment.offset;
    ref.line_bytes = fragment.line_bytes;
    ref.first_time_ns = fragment.first_time_ns;
    ref.size = fragment.bytes;
    ref.checksum = fragment.checksum;
    ref.entries = fragment.entries;
    ref.done_entries = fragment.done_entries;
    index_.restore(ids[fragment.lane], std::move(ref));
  }
  return true;
}

}  // namespace

Result<RecoveredSegments> recover_segments(FileSystem& file_system, Log& log,
                                           const std::string& directory, RecoveryMode mode,
                                           OutboxIndex& index) {
  return Recovery(file_system, log, directory, mode, index).run();
}

}  // namespace tailrace::positions
