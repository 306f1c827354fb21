// How an outbox changes: one record per cut, small ones for outcomes, and old segments leaving.
//
// The disk may refuse at any time. The rule that keeps this simple: a record that could not be
// written is made up for by the next one, which then holds everything (all resume points, all
// lanes, and every fragment that is only in memory) and is therefore a snapshot. Outcomes do not
// wait for it: they are absolute, small, and find reserved room.
#include "positions/outbox_state.h"

#include <algorithm>
#include <cerrno>
#include <set>

#include "base/check.h"
#include "positions/checksum.h"

namespace tailrace::positions {

namespace {

// How long a finished source is remembered, so that rotation still knows the name.
constexpr std::chrono::hours kFinishedKept{24};
constexpr std::chrono::minutes kExpiryPeriod{1};
// With more segments than this, small ones are joined even when they are mostly live.
constexpr std::size_t kSegmentsMany = 16;
// Condemned segments wait for sync(); beyond so many times segment_bytes the worker calls it.
constexpr std::uint64_t kCondemnedSegmentsMax = 4;

}  // namespace

Outbox::State::State(FileSystem& file_system_in, const Clock& clock_in, Log& log_in,
                     Options options_in)
    : file_system(file_system_in), clock(clock_in), log(log_in), options(std::move(options_in)) {
  if (!options.directory.empty()) segments.emplace(file_system, options.directory);
}

bool Outbox::State::whole_due() const {
  return failed_ || !segments->has_current() || segments->current_growth() >= options.segment_bytes;
}

void Outbox::State::commit(Change change) {
  const bool whole = segments && whole_due();
  std::optional<RecordEncoder> encoder;
  if (segments && !whole) {
    // Before the table changes: texts of held lines that it has are not written again.
    encoder.emplace(RecordType::kCut, run, cut);
    encoder->add_last_time(last_time_ns);
    for (const ResumePoint& point : change.points) {
      const auto known = points.find(point.source);
      encoder->add_point(point, run, cut, known == points.end() ? nullptr : &known->second.point);
    }
    for (const SourceId source : change.forgotten)
      encoder->add_forgotten(source);
    for (const AbsorbNote& note : change.notes)
      encoder->add_note(note);
  }
  accepted.add(cut, change.points);
  apply(change);
  if (!segments) return;
  Encoded encoded;
  Status written = whole ? write_whole(encoded) : write_change(*encoder, change, encoded);
  if (!written && written.error().code == ENOSPC && segments->condemned_bytes() > 0) {
    // What is condemned still takes room: once more without it.
    encoded.clear();
    if (segments->sync()) written = write_whole(encoded);
  }
  note_result(written);
  if (!written) return;
  shrink_memory(encoded);
  sync_when_told();
}

// Before anything of what was just written is sent.
void Outbox::State::sync_when_told() {
  if (!options.sync_every_cut) return;
  const Status synced = segments->sync();
  if (!synced) note_result(synced);
}

void Outbox::State::apply(Change& change) {
  for (ResumePoint& point : change.points) {
    const SourceId source = point.source;
    points.insert_or_assign(source, StoredPoint{std::move(point), run, cut});
  }
  for (const SourceId source : change.forgotten)
    points.erase(source);
  for (const AbsorbNote& note : change.notes)
    notes[{note.origin, note.lane}] = note.next;
}

void Outbox::State::note_result(const Status& status) {
  failed_ = !status;
  if (status) {
    if (error) log.info("outbox: the disk works again", {{"directory", options.directory}});
    error.reset();
    carry_blocked_ = false;
    return;
  }
  error = status.error();
  log.error("outbox: the disk refuses, going on in memory",
            {{"directory", options.directory}, {"error", error->message}});
}

Result<RecordPlace> Outbox::State::write(RecordEncoder& encoder, Target target) {
  const std::vector<std::string_view> parts = encoder.finish();
  if (target == Target::kCurrentSegment) {
    return segments->append(parts, SegmentLog::Priority::kOrdinary);
  }
  return segments->begin(SegmentHeader{.run = run, .origin = origin}, parts);
}

void Outbox::State::add_fragments(RecordEncoder& encoder, std::vector<LaneId> lanes,
                                  const Encoded& fragments) {
  for (const IndexedFragment& one : fragments)
    lanes.push_back(one.lane);
  std::sort(lanes.begin(), lanes.end());
  lanes.erase(std::unique(lanes.begin(), lanes.end()), lanes.end());
  for (const LaneId lane : lanes)
    encoder.add_lane(index.lane(lane).record());
  for (const IndexedFragment& one : fragments) {
    const auto at = std::lower_bound(lanes.begin(), lanes.end(), one.lane);
    FragmentRecord record;
    record.lane = static_cast<std::uint32_t>(at - lanes.begin());
    record.sequence = one.fragment->sequence;
    record.entries = one.fragment->entries;
    record.done_entries = one.fragment->done_entries;
    record.line_bytes = one.fragment->line_bytes;
    record.first_time_ns = one.fragment->first_time_ns;
    encoder.add_fragment(record, *one.fragment->bytes);
  }
}

void Outbox::State::note_placed(const RecordPlace& place, const RecordEncoder& encoder,
                                const Encoded& encoded) {
  std::uint64_t offset = place.offset + encoder.fragment_offset(0);
  for (std::size_t i = 0; i < encoded.size(); ++i) {
    FragmentRef& fragment = *encoded[i].fragment;
    index.place(fragment, place.segment, offset, encoder.fragment_checksum(i));
    offset += fragment.size;
    index.lane(encoded[i].lane).last_segment = place.segment;
  }
}

Status Outbox::State::write_change(RecordEncoder& encoder, const Change& change, Encoded& encoded) {
  encoded = change.fragments;
  add_fragments(encoder, change.lanes, encoded);
  Result<RecordPlace> place = write(encoder, Target::kCurrentSegment);
  if (!place) return fail(place.error());
  note_placed(*place, encoder, encoded);
  return {};
}

Status Outbox::State::write_whole(Encoded& encoded) {
  RecordEncoder encoder(RecordType::kSnapshot, run, cut);
  encoder.add_last_time(last_time_ns);
  for (const auto& [source, stored] : points) {
    encoder.add_point(stored.point, stored.run, stored.cut, nullptr);
  }
  for (const auto& [key, next] : notes)
    encoder.add_note({key.first, key.second, next});
  // An idle lane may be left out when no segment has anything of it.
  const std::uint64_t oldest = segments->oldest();
  std::vector<LaneId> lanes;
  for (LaneId id = 0; id < index.size(); ++id) {
    Lane& lane = index.lane(id);
    if (lane.fragments.empty() && lane.last_segment < oldest) continue;
    lanes.push_back(id);
    for (std::size_t i = lane.answered_fragments; i < lane.fragments.size(); ++i) {
      if (lane.fragments[i].segment == 0) encoded.push_back({id, &lane.fragments[i]});
    }
  }
  add_fragments(encoder, lanes, encoded);
  const bool begins =
      !segments->has_current() || segments->current_growth() >= options.segment_bytes;
  Result<RecordPlace> place =
      write(encoder, begins ? Target::kNewSegment : Target::kCurrentSegment);
  if (!place) return fail(place.error());
  note_placed(*place, encoder, encoded);
  return {};
}

void Outbox::State::shrink_memory(const Encoded& written) {
  for (auto one = written.rbegin(); one != written.rend(); ++one) {
    if (index.bytes_in_memory() <= options.memory_bytes) return;
    const Lane& lane = index.lane(one->lane);
    const bool in_flight =
        lane.in_flight() &&
        one->fragment->sequence <= lane.fragments[lane.request_fragments - 1].sequence;
    if (!in_flight) index.forget_bytes(*one->fragment);
  }
}

void Outbox::State::append_small(RecordType type, const std::vector<LaneId>& lanes,
                                 const OutcomeRecord* outcome) {
  if (!segments) return;
  const bool full =
      !failed_ && segments->has_current() && segments->current_growth() >= options.segment_bytes;
  if (!segments->has_current() || full) {
    Encoded encoded;
    const Status written = write_whole(encoded);
    if (written || !segments->has_current()) {
      note_result(written);
      // It holds what was in memory only until now.
      if (written) sync_when_told();
      return;
    }
  }
  RecordEncoder encoder(type, run, cut);
  for (const LaneId lane : lanes)
    encoder.add_lane(index.lane(lane).record());
  if (outcome != nullptr) encoder.add_outcome(*outcome);
  const Result<RecordPlace> place =
      segments->append(encoder.finish(), SegmentLog::Priority::kReserved);
  if (!place) {
    note_result(fail(place.error()));
    return;
  }
  for (const LaneId lane : lanes)
    index.lane(lane).last_segment = place->segment;
}

Status Outbox::State::load(FragmentRef& fragment) {
  if (fragment.bytes != nullptr) return {};
  Result<std::string> bytes = segments->read(fragment.segment, fragment.offset, fragment.size);
  if (!bytes) return fail(bytes.error());
  if (crc32c(0, *bytes) != fragment.checksum) {
    return fail(Error::kCorrupt, "a fragment's checksum is wrong");
  }
  index.keep_bytes(fragment, std::move(*bytes));
  return {};
}

bool Outbox::State::is_loss(const Error& error) {
  return error.code == Error::kCorrupt || error.code == EIO || error.code == ENOENT;
}

void Outbox::State::lose(LaneId lane, std::size_t at) {
  const FragmentRef& fragment = index.lane(lane).fragments[at];
  lost_entries += fragment.entries - fragment.done_entries;
  log.error("outbox: a fragment cannot be read back, its entries are lost",
            {{"segment", std::to_string(fragment.segment)},
             {"entries", std::to_string(fragment.entries - fragment.done_entries)}});
  index.erase(lane, at, 1);
  append_small(RecordType::kDrop, {lane}, nullptr);
}

void Outbox::State::carry(std::uint64_t segment) {
  Encoded encoded;
  for (LaneId id = 0; id < index.size(); ++id) {
    Lane& lane = index.lane(id);
    for (std::size_t i = 0; i < lane.fragments.size(); ++i) {
      FragmentRef& fragment = lane.fragments[i];
      if (fragment.segment != segment) continue;
      if (i < lane.answered_fragments) {
        index.unplace(fragment);  // Only the request's views still need its bytes.
        continue;
      }
      const Status loaded = load(fragment);
      if (!loaded) {
        // Once more from the start, or not before the disk answers again.
        if (is_loss(loaded.error())) return lose(id, i);
        carry_blocked_ = true;
        break;
      }
      encoded.push_back({id, &fragment});
    }
  }
  if (!carry_blocked_) {
    RecordEncoder encoder(RecordType::kCarry, run, cut);
    add_fragments(encoder, {}, encoded);
    const Result<RecordPlace> place = write(encoder, Target::kCurrentSegment);
    carry_blocked_ = !place;
    if (place) {
      note_placed(*place, encoder, encoded);
      segments->condemn(segment);
    } else if (!segments->has_current()) {
      note_result(fail(place.error()));
      carry_blocked_ = true;
    }
  }
  shrink_memory(encoded);
}

std::uint64_t Outbox::State::kept_bytes() const {
  return segments->disk_bytes() - segments->condemned_bytes();
}

void Outbox::State::tidy() {
  if (!segments) return;
  if (!segments->take_news()) segments->leave_current();
  if (!segments->has_current()) return;
  std::vector<std::uint64_t> numbers;
  for (const auto& [number, size] : segments->segments()) {
    if (number != segments->current()) numbers.push_back(number);
  }
  for (const std::uint64_t number : numbers) {
    if (!segments->has_current()) return;
    const OutboxIndex::Use use = index.use(number);
    if (use.fragments == 0) {
      segments->condemn(number);
      continue;
    }
    const std::uint64_t size = segments->segments().at(number);
    // The one before the current is most likely done soon without being copied.
    const bool mostly_done = use.bytes <= size / 2 && number + 1 < segments->current();
    const bool small_one_of_many =
        numbers.size() >= kSegmentsMany && size < options.segment_bytes / 4;
    // Near the limit even little that is done is worth a copy.
    const bool worth_it = kept_bytes() > options.disk_bytes && use.bytes <= size / 8 * 7;
    if (!carry_blocked_ && (mostly_done || small_one_of_many || worth_it)) carry(number);
  }
  const std::uint64_t condemned = segments->condemned_bytes();
  if (condemned < kCondemnedSegmentsMax * options.segment_bytes &&
      (condemned == 0 || segments->disk_bytes() <= options.disk_bytes)) {
    return;
  }
  // The disk thread is behind. A failure shows in take_news().
  static_cast<void>(segments->sync());
  static_cast<void>(segments->take_news());
}

void Outbox::State::add_expired(Change& change) {
  if (clock.steady_now() < next_expiry_) return;
  next_expiry_ = clock.steady_now() + kExpiryPeriod;
  const std::int64_t now_ns = unix_nanoseconds(clock.wall_now());
  std::set<SourceId> changed;
  for (const ResumePoint& point : change.points)
    changed.insert(point.source);
  for (auto& [source, stored] : points) {
    ResumePoint& point = stored.point;
    if (!point.finished || !point.held.empty() || changed.contains(source)) continue;
    if (point.finished_ns <= 0) point.finished_ns = now_ns;
    if (now_ns - point.finished_ns > std::chrono::nanoseconds(kFinishedKept).count()) {
      change.forgotten.push_back(source);
    }
  }
}

}  // namespace tailrace::positions
