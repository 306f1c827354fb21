// How fragments leave an outbox other than by an answer: dropped, set aside, renamed, absorbed.
#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/check.h"
#include "config/secrets.h"
#include "positions/checksum.h"
#include "positions/outbox.h"
#include "positions/outbox_state.h"

namespace tailrace::positions {

namespace {

// Fragments move in records of about this size.
constexpr std::uint64_t kMoveBytes = 4U << 20U;
constexpr std::string_view kAsidePrefix = "aside-";

std::vector<LaneId> lanes_of(const OutboxIndex& index, std::string_view client) {
  std::vector<LaneId> lanes;
  for (LaneId id = 0; id < index.size(); ++id) {
    if (index.lane(id).key.client == client && !index.lane(id).fragments.empty()) {
      lanes.push_back(id);
    }
  }
  return lanes;
}

// The first free <directory>/aside-<hash>-<n>.seg.
std::string free_aside_path(FileSystem& file_system, const std::string& directory,
                            std::string_view stem) {
  for (std::uint64_t n = 1;; ++n) {
    std::string path = directory + "/" + std::string(stem) + "-" + std::to_string(n) + ".seg";
    const Result<FileStat> stat = file_system.stat(path);
    if (!stat && stat.error().code == ENOENT) return path;
    if (!stat) return path;  // Creating it will say what is wrong.
  }
}

}  // namespace

// Moves and their common piece. A struct so that it may look into Outbox::State.
struct Outbox::Mover {
  // Copies of the first undone fragments of a lane, about kMoveBytes of them. Damaged ones are
  // counted and left out. `taken`: how many leave the lane once the copies are safe.
  static Result<std::vector<FragmentRef>> copy_some(State& state, LaneId id, std::size_t& taken);
  // Appends copies to a lane of `to` and writes them in one record.
  static void append(State& to, LaneId lane, std::vector<FragmentRef> copies, Change change);
  static Status write_aside(State& state, File& file, const std::vector<LaneId>& lanes);
  static Status move_lane(State& from, LaneId id, State& to);
  static void move_points(State& from, State& to);
  static Status empty_directory(State& from, State& to);
};

Result<std::vector<FragmentRef>> Outbox::Mover::copy_some(State& state, LaneId id,
                                                          std::size_t& taken) {
  Lane& lane = state.index.lane(id);
  std::vector<FragmentRef> copies;
  std::uint64_t bytes = 0;
  taken = 0;
  for (FragmentRef& fragment : lane.fragments) {
    if (bytes >= kMoveBytes) break;
    const bool was_in_memory = fragment.bytes != nullptr;
    const Status loaded = state.load(fragment);
    ++taken;
    if (!loaded) {
      if (!State::is_loss(loaded.error())) return fail(loaded.error());
      state.lost_entries += fragment.entries - fragment.done_entries;
      state.log.error("outbox: a fragment cannot be read back, its entries are lost",
                      {{"segment", std::to_string(fragment.segment)}});
      continue;
    }
    FragmentRef copy;
    copy.line_bytes = fragment.line_bytes;
    copy.first_time_ns = fragment.first_time_ns;
    copy.size = fragment.size;
    copy.checksum = fragment.checksum;
    copy.entries = fragment.entries;
    copy.done_entries = fragment.done_entries;
    copy.bytes = std::make_unique<const std::string>(*fragment.bytes);
    copies.push_back(std::move(copy));
    bytes += fragment.size;
    if (!was_in_memory) state.index.forget_bytes(fragment);
  }
  return copies;
}

void Outbox::Mover::append(State& to, LaneId lane, std::vector<FragmentRef> copies, Change change) {
  for (FragmentRef& copy : copies) {
    copy.cut = to.cut;
    change.fragments.push_back({lane, &to.index.push(lane, std::move(copy))});
  }
  to.commit(std::move(change));
}

std::vector<Outcome> Outbox::drop_oldest(std::string_view client, std::uint64_t bytes) {
  State& state = *state_;
  OutboxIndex& index = state.index;
  const std::vector<LaneId> lanes = lanes_of(index, client);
  std::map<LaneId, Outcome> dropped;
  for (std::uint64_t freed = 0; freed < bytes;) {
    const FragmentRef* oldest = nullptr;
    LaneId from = 0;
    for (const LaneId id : lanes) {
      const Lane& lane = index.lane(id);
      if (lane.request_fragments == lane.fragments.size()) continue;
      const FragmentRef& first = lane.fragments[lane.request_fragments];
      if (oldest == nullptr || std::pair(first.cut, first.first_time_ns) <
                                   std::pair(oldest->cut, oldest->first_time_ns)) {
        oldest = &first;
        from = id;
      }
    }
    if (oldest == nullptr) break;
    const std::uint32_t entries = oldest->entries - oldest->done_entries;
    Outcome& outcome = dropped[from];
    outcome.lane = from;
    outcome.entries += entries;
    outcome.accepted = false;
    outcome.reason = "outbox_full";
    outcome.shares.push_back({oldest->cut, entries});
    freed += oldest->size + OutboxIndex::kFragmentOverheadBytes;
    index.erase(from, index.lane(from).request_fragments, 1);
  }
  std::vector<Outcome> outcomes;
  std::vector<LaneId> touched;
  for (auto& [id, outcome] : dropped) {
    touched.push_back(id);
    outcomes.push_back(std::move(outcome));
  }
  if (!touched.empty()) state.append_small(RecordType::kDrop, touched, nullptr);
  state.tidy();
  return outcomes;
}

std::vector<std::string> Outbox::clients() const {
  std::vector<std::string> clients;
  for (LaneId id = 0; id < state_->index.size(); ++id) {
    const Lane& lane = state_->index.lane(id);
    if (!lane.fragments.empty()) clients.push_back(lane.key.client);
  }
  std::sort(clients.begin(), clients.end());
  clients.erase(std::unique(clients.begin(), clients.end()), clients.end());
  return clients;
}

Status Outbox::Mover::write_aside(State& state, File& file, const std::vector<LaneId>& lanes) {
  const std::string header = encode_segment_header({.run = state.run, .origin = state.origin});
  std::uint64_t end = header.size();
  Status written = file.write_at(0, std::vector<std::string_view>{header});
  for (const LaneId id : lanes) {
    const Lane& lane = state.index.lane(id);
    for (std::size_t i = 0; written && i < lane.fragments.size(); ++i) {
      FragmentRef& fragment = state.index.lane(id).fragments[i];
      const bool was_in_memory = fragment.bytes != nullptr;
      const Status loaded = state.load(fragment);
      if (!loaded && !State::is_loss(loaded.error())) return loaded;
      if (!loaded) {
        state.lost_entries += fragment.entries - fragment.done_entries;
        continue;
      }
      RecordEncoder encoder(RecordType::kCarry, state.run, state.cut);
      encoder.add_lane({.key = lane.key, .next = fragment.sequence + 1, .dropped = {}});
      encoder.add_fragment({.sequence = fragment.sequence,
                            .entries = fragment.entries,
                            .done_entries = fragment.done_entries,
                            .line_bytes = fragment.line_bytes,
                            .first_time_ns = fragment.first_time_ns},
                           *fragment.bytes);
      written = file.write_at(end, encoder.finish());
      end += encoder.total_bytes();
      if (!was_in_memory) state.index.forget_bytes(fragment);
    }
  }
  return written ? file.sync() : written;
}

Status Outbox::set_client_aside(std::string_view client) {
  State& state = *state_;
  const std::vector<LaneId> lanes = lanes_of(state.index, client);
  if (lanes.empty()) return {};
  if (!state.segments) return fail(Error::kInvalid, "an outbox in memory sets nothing aside");
  for (const LaneId id : lanes)
    state.index.end_request(id);
  const std::string& directory = state.options.directory;
  const std::string path = free_aside_path(state.file_system, directory,
                                           std::string(kAsidePrefix) + hex16(hash64(client)));
  auto file = state.file_system.open(path, OpenMode::kCreateEmpty);
  if (!file) return fail(file.error());
  Status written = Mover::write_aside(state, **file, lanes);
  if (written) written = state.file_system.sync_directory(directory);
  if (!written) {
    static_cast<void>(state.file_system.remove(path));
    return written;
  }
  std::uint64_t entries = 0;
  for (const LaneId id : lanes) {
    const Lane& lane = state.index.lane(id);
    for (const FragmentRef& one : lane.fragments)
      entries += one.entries - one.done_entries;
    state.index.erase(id, 0, lane.fragments.size());
  }
  state.append_small(RecordType::kDrop, lanes, nullptr);
  state.tidy();
  state.log.warn("outbox: entries for a client that is not configured any more are set aside",
                 {{"client", config::shown_url(client)},
                  {"entries", std::to_string(entries)},
                  {"file", path}});
  return {};
}

Status Outbox::rename_client(std::string_view from, std::string_view to) {
  State& state = *state_;
  if (from == to) return {};
  for (const LaneId id : lanes_of(state.index, from)) {
    state.index.end_request(id);
    const LaneKey key{std::string(to), state.index.lane(id).key.tenant};
    const LaneId target = state.index.lane_id(key);
    while (!state.index.lane(id).fragments.empty()) {
      std::size_t taken = 0;
      auto copies = Mover::copy_some(state, id, taken);
      if (!copies) return fail(copies.error());
      ++state.cut;
      // One record takes them out of the one lane and into the other.
      state.index.erase(id, 0, taken);
      Change change;
      change.lanes = {id, target};
      Mover::append(state, target, std::move(*copies), std::move(change));
    }
  }
  state.tidy();
  return {};
}

Status Outbox::Mover::move_lane(State& from, LaneId id, State& to) {
  const Lane& lane = from.index.lane(id);
  TAILRACE_CHECK(!lane.in_flight());
  const LaneId target = to.index.lane_id(lane.key);
  // What was moved before a crash is not moved again.
  const auto note = to.notes.find({from.origin, lane.key});
  while (note != to.notes.end() && !lane.fragments.empty() &&
         lane.fragments.front().sequence < note->second) {
    from.index.erase(id, 0, 1);
  }
  while (!lane.fragments.empty()) {
    std::size_t taken = 0;
    auto copies = copy_some(from, id, taken);
    if (!copies) return fail(copies.error());
    ++to.cut;
    Change change;
    change.lanes = {target};
    change.notes = {{from.origin, lane.key, lane.fragments[taken - 1].sequence + 1}};
    from.index.erase(id, 0, taken);
    append(to, target, std::move(*copies), std::move(change));
    if (to.error) return fail(*to.error);
  }
  return {};
}

void Outbox::Mover::move_points(State& from, State& to) {
  Change change;
  for (const auto& [source, stored] : from.points) {
    const auto known = to.points.find(source);
    if (known == to.points.end() ||
        std::pair(known->second.run, known->second.cut) < std::pair(stored.run, stored.cut)) {
      change.points.push_back(stored.point);
      std::erase_if(to.recovered.resume_points,
                    [&, id = source](const ResumePoint& one) { return one.source == id; });
      to.recovered.resume_points.push_back(stored.point);
    }
  }
  to.run = std::max(to.run, from.run + 1);
  ++to.cut;
  if (!change.empty()) to.commit(std::move(change));
}

Status Outbox::Mover::empty_directory(State& from, State& to) {
  const std::string& directory = from.options.directory;
  from.segments->condemn_all();
  Status removed = from.segments->sync();
  if (!removed) return removed;
  const Result<std::vector<DirectoryEntry>> entries = from.file_system.list(directory);
  if (!entries) return fail(entries.error());
  for (const DirectoryEntry& entry : *entries) {
    if (!entry.name.starts_with(kAsidePrefix)) continue;
    const std::string stem = entry.name.substr(0, entry.name.rfind('-'));
    removed = from.file_system.rename(directory + "/" + entry.name,
                                      free_aside_path(to.file_system, to.options.directory, stem));
    if (!removed) return removed;
  }
  return {};
}

Status Outbox::absorb(Outbox& other) {
  State& from = *other.state_;
  State& to = *state_;
  to.last_time_ns = std::max(to.last_time_ns, from.last_time_ns);
  to.recovered.last_time_ns = std::max(to.recovered.last_time_ns, from.last_time_ns);
  to.recovered.damaged_records += std::exchange(from.recovered.damaged_records, 0);
  for (LaneId id = 0; id < from.index.size(); ++id) {
    const Status moved = Mover::move_lane(from, id, to);
    to.lost_entries += std::exchange(from.lost_entries, 0);
    if (!moved) return moved;
  }
  Mover::move_points(from, to);
  if (to.error) return fail(*to.error);
  if (!to.segments) return {};  // In memory: the other's directory stays as it is.
  Status safe = to.segments->sync();
  if (!safe) return safe;
  from.points.clear();
  if (from.segments) safe = Mover::empty_directory(from, to);
  if (safe) {
    std::erase_if(to.notes, [&](const auto& note) { return note.first.first == from.origin; });
  }
  to.tidy();
  return safe;
}

}  // namespace tailrace::positions
