// The outbox's public face: cuts, requests, outcomes.
#include "positions/outbox.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <utility>

#include "base/check.h"
#include "positions/checksum.h"
#include "positions/outbox_state.h"

namespace tailrace::positions {

namespace {

// Takes the varint in front of a snappy block off it.
std::optional<std::uint64_t> take_raw_length(std::string_view& block) {
  std::uint64_t length = 0;
  for (std::size_t i = 0; i < block.size() && i < 5; ++i) {
    const auto byte = static_cast<unsigned char>(block[i]);
    length |= static_cast<std::uint64_t>(byte & 0x7fU) << (7 * i);
    if (byte < 0x80) {
      block.remove_prefix(i + 1);
      return length;
    }
  }
  return std::nullopt;
}

std::string varint(std::uint64_t value) {
  std::string out;
  for (; value >= 0x80; value >>= 7U) {
    out.push_back(static_cast<char>(static_cast<unsigned char>(value | 0x80U)));
  }
  out.push_back(static_cast<char>(static_cast<unsigned char>(value)));
  return out;
}

}  // namespace

Outbox::Outbox(std::unique_ptr<State> state) : state_(std::move(state)) {}
Outbox::~Outbox() = default;

Result<std::unique_ptr<Outbox>> Outbox::open(FileSystem& file_system, const Clock& clock, Log& log,
                                             Options options) {
  auto state = std::make_unique<State>(file_system, clock, log, std::move(options));
  const std::int64_t now_ns = unix_nanoseconds(clock.wall_now());
  const std::string& directory = state->options.directory;
  if (state->segments) {
    const Status prepared = state->segments->prepare();
    if (!prepared) {
      const int code = prepared.error().code;
      if (code == EWOULDBLOCK) return fail(prepared.error());
      state->error = prepared.error();
      log.error("outbox: the disk refuses, going on in memory",
                {{"directory", directory}, {"error", prepared.error().message}});
    }
    const RecoveryMode mode = prepared ? RecoveryMode::kRepair : RecoveryMode::kLookOnly;
    auto found = recover_segments(file_system, log, directory, mode, state->index);
    if (!found) return fail(found.error());
    for (const auto& [number, size] : found->segments) {
      state->segments->add_existing(number, size);
    }
    if (prepared && state->options.sync_every_cut) {
      // What the last run wrote and did not come to sync is sent now; it must outlast that.
      const Status synced = state->segments->sync();
      if (!synced) state->error = synced.error();
    }
    state->points = std::move(found->points);
    state->notes = std::move(found->notes);
    state->last_time_ns = found->last_time_ns;
    state->origin = found->origin;
    state->recovered = {.resume_points = {},
                        .run = found->run,
                        .damaged_records = found->damaged_records,
                        .last_time_ns = found->last_time_ns};
  }
  // Seconds, so that runs of different workers compare by when they were.
  state->run =
      std::max(state->recovered.run + 1,
               static_cast<std::uint64_t>(std::max<std::int64_t>(now_ns, 0)) / 1'000'000'000);
  if (state->origin == 0) state->origin = hash64(directory + std::to_string(now_ns)) | 1U;
  for (const auto& [source, stored] : state->points) {
    state->recovered.resume_points.push_back(stored.point);
  }
  state->accepted.add(0, state->recovered.resume_points);
  return std::unique_ptr<Outbox>(new Outbox(std::move(state)));
}

Result<Outbox::Recovered> Outbox::look(FileSystem& file_system, Log& log,
                                       const std::string& directory) {
  OutboxIndex index;
  auto found = recover_segments(file_system, log, directory, RecoveryMode::kLookOnly, index);
  if (!found) return fail(found.error());
  Recovered recovered{.resume_points = {},
                      .run = found->run,
                      .damaged_records = found->damaged_records,
                      .last_time_ns = found->last_time_ns};
  for (auto& [source, stored] : found->points) {
    recovered.resume_points.push_back(std::move(stored.point));
  }
  return recovered;
}

const Outbox::Recovered& Outbox::recovered() const {
  return state_->recovered;
}

void Outbox::cut(std::vector<Fragment> fragments, std::vector<ResumePoint> changed,
                 std::span<const SourceId> forgotten, std::int64_t last_time_ns) {
  State& state = *state_;
  ++state.cut;
  state.last_time_ns = std::max(state.last_time_ns, last_time_ns);
  Change change;
  change.points = std::move(changed);
  change.forgotten.assign(forgotten.begin(), forgotten.end());
  state.add_expired(change);
  for (Fragment& fragment : fragments) {
    if (fragment.entries == 0) continue;
    const LaneId lane = state.index.lane_id(fragment.lane);
    FragmentRef ref;
    ref.cut = state.cut;
    ref.line_bytes = fragment.line_bytes;
    ref.first_time_ns = fragment.first_time_ns;
    ref.size = static_cast<std::uint32_t>(fragment.bytes.size());
    ref.entries = fragment.entries;
    ref.bytes = std::make_unique<const std::string>(std::move(fragment.bytes));
    change.fragments.push_back({lane, &state.index.push(lane, std::move(ref))});
  }
  // With nothing to write, only a disk that refused before is tried again.
  if (!change.empty() || state.error) state.commit(std::move(change));
  state.tidy();
}

std::uint64_t Outbox::last_cut() const {
  return state_->cut;
}

const LaneKey& Outbox::lane_key(LaneId id) const {
  return state_->index.lane(id).key;
}

const ResumePoint* Outbox::find(SourceId source) const {
  const auto found = state_->points.find(source);
  return found == state_->points.end() ? nullptr : &found->second.point;
}

const std::vector<Outbox::LaneState>& Outbox::lanes() {
  State& state = *state_;
  state.lane_states.clear();
  for (LaneId id = 0; id < state.index.size(); ++id) {
    const Lane& lane = state.index.lane(id);
    if (lane.fragments.size() == lane.request_fragments) continue;
    const FragmentRef& first = lane.fragments[lane.request_fragments];
    state.lane_states.push_back({.lane = id,
                                 .key = &lane.key,
                                 .pending_line_bytes = lane.pending_line_bytes,
                                 .oldest_time_ns = first.first_time_ns,
                                 .recovered = first.cut == 0,
                                 .in_flight = lane.in_flight()});
  }
  return state.lane_states;
}

Result<PendingRequest> Outbox::take_request(LaneId id, std::uint64_t line_bytes_max) {
  State& state = *state_;
  Lane& lane = state.index.lane(id);
  TAILRACE_CHECK(!lane.in_flight());
  if (lane.fragments.empty()) return fail(Error::kInvalid, "the lane has no fragments");
  PendingRequest request{.lane = id,
                         .first_fragment = lane.fragments.front().sequence,
                         .skip_entries = lane.fragments.front().done_entries,
                         .header = {},
                         .elements = {},
                         .shares = {}};
  std::uint64_t raw_bytes = 0;
  for (FragmentRef& fragment : lane.fragments) {
    const bool first = request.fragments == 0;
    if (!first &&
        (request.line_bytes + fragment.line_bytes > line_bytes_max || fragment.done_entries > 0)) {
      break;
    }
    Status loaded = state.load(fragment);
    std::string_view elements;
    std::optional<std::uint64_t> raw;
    if (loaded) {
      elements = *fragment.bytes;
      raw = take_raw_length(elements);
      if (!raw) loaded = fail(Error::kCorrupt, "a fragment is no snappy block");
    }
    if (!loaded) {
      if (!first) break;  // The next request begins with it.
      if (State::is_loss(loaded.error())) state.lose(id, 0);
      return fail(loaded.error());
    }
    if (!first && raw_bytes + *raw > UINT32_MAX) break;
    raw_bytes += *raw;
    ++request.fragments;
    request.entries += fragment.entries - fragment.done_entries;
    request.line_bytes += fragment.line_bytes;
    request.elements.push_back(elements);
    request.shares.push_back({fragment.cut, fragment.entries - fragment.done_entries});
    lane.pending_line_bytes -= fragment.line_bytes;
  }
  request.header = varint(raw_bytes);
  lane.request_fragments = request.fragments;
  return request;
}

void Outbox::return_request(LaneId id) {
  State& state = *state_;
  Lane& lane = state.index.lane(id);
  TAILRACE_CHECK(lane.in_flight());
  const std::uint32_t left = lane.request_fragments - lane.answered_fragments;
  state.index.end_request(id);
  for (std::uint32_t i = left; i > 0; --i) {
    FragmentRef& fragment = lane.fragments[i - 1];
    if (state.index.bytes_in_memory() <= state.options.memory_bytes) break;
    if (fragment.segment != 0) state.index.forget_bytes(fragment);
  }
}

void Outbox::record_outcome(const Outcome& outcome) {
  if (outcome.entries == 0) return;
  State& state = *state_;
  Lane& lane = state.index.lane(outcome.lane);
  const std::uint32_t begin = lane.answered_fragments;
  const bool over = state.index.answer(outcome.lane, outcome.entries);
  // What is in memory only has no record that an outcome could be about.
  bool on_disk = false;
  for (std::uint32_t i = begin; i < lane.request_fragments; ++i) {
    on_disk = on_disk || lane.fragments[i].segment != 0;
  }
  if (over) state.index.end_request(outcome.lane);
  if (on_disk) {
    const OutcomeRecord record{.lane = 0,
                               .entries = outcome.entries,
                               .accepted = outcome.accepted,
                               .reason = outcome.reason};
    state.append_small(RecordType::kOutcome, {outcome.lane}, &record);
  }
  state.tidy();
}

std::vector<Outbox::AcceptedPosition> Outbox::take_accepted() {
  return state_->accepted.take(state_->index.oldest_undone_cut());
}

bool Outbox::everything_done() const {
  return state_->index.fragments() == 0;
}

std::optional<std::int64_t> Outbox::oldest_pending_time_ns() const {
  return state_->index.oldest_undone_time_ns();
}

std::uint64_t Outbox::pending_entries() const {
  std::uint64_t entries = 0;
  for (LaneId id = 0; id < state_->index.size(); ++id) {
    const Lane& lane = state_->index.lane(id);
    for (std::size_t i = lane.answered_fragments; i < lane.fragments.size(); ++i) {
      entries += lane.fragments[i].entries - lane.fragments[i].done_entries;
    }
  }
  return entries;
}

std::uint64_t Outbox::client_bytes(std::string_view client) const {
  return state_->index.client_bytes(client);
}

bool Outbox::has_room(std::string_view client, std::uint64_t bytes) const {
  return client_bytes(client) + bytes <= state_->options.lane_share_bytes;
}

void Outbox::fit_into(std::uint64_t disk_bytes, std::uint64_t share_bytes) {
  constexpr std::uint64_t kSegmentBytesMin = 64U << 10U;
  const std::uint64_t most = state_->segment_bytes_max;
  Options& options = state_->options;
  options.disk_bytes = disk_bytes;
  options.segment_bytes = std::clamp(share_bytes / 16, std::min(kSegmentBytesMin, most), most);
  if (state_->segments) state_->segments->reserve_ahead(options.segment_bytes / 4);
}

const std::optional<Error>& Outbox::disk_error() const {
  return state_->error;
}
std::uint64_t Outbox::memory_bytes() const {
  return state_->index.memory_bytes();
}
std::uint64_t Outbox::lost_entries() const {
  return state_->lost_entries;
}

std::uint64_t Outbox::disk_bytes() const {
  return state_->segments ? state_->segments->disk_bytes() : 0;
}

bool Outbox::sync_wanted() const {
  return state_->segments && state_->segments->condemned_bytes() >= state_->options.segment_bytes;
}

Status Outbox::sync() {
  return state_->segments ? state_->segments->sync() : Status();
}

std::vector<std::string> worker_directories(FileSystem& file_system, const std::string& directory) {
  std::vector<std::pair<std::uint32_t, std::string>> found;
  const Result<std::vector<DirectoryEntry>> entries = file_system.list(directory);
  if (!entries) return {};
  for (const DirectoryEntry& entry : *entries) {
    std::uint32_t worker = 0;
    const char* end = entry.name.data() + entry.name.size();
    const auto [stop, error] = std::from_chars(entry.name.data(), end, worker);
    if (error != std::errc{} || stop != end || std::to_string(worker) != entry.name) continue;
    std::string path = directory + "/" + entry.name;
    const Result<FileStat> stat = file_system.stat(path);
    if (stat && stat->kind == FileKind::kDirectory) found.emplace_back(worker, std::move(path));
  }
  std::sort(found.begin(), found.end());
  std::vector<std::string> paths;
  for (auto& [worker, path] : found)
    paths.push_back(std::move(path));
  return paths;
}

}  // namespace tailrace::positions
