// Where the content of a file went that is not where it was: at start, and when a worker says so.
#include <algorithm>
#include <utility>

#include "tailer/file_set.h"

namespace tailrace::tailer {
namespace {

// A file that is displaced so often without a line read in between is given up.
constexpr std::uint32_t kDisplacementsMax = 8;

}  // namespace

// ---- After a start or a reload ----

std::optional<FileSet::TargetIndex> FileSet::target_for(const KnownFile& file) {
  // Two targets of a job may match one path: each has a source of its own there.
  const auto is_taken = [&](TargetIndex index) {
    const std::vector<KnownFile*> same = table_.with_name(index, file.point.label_path);
    return std::any_of(same.begin(), same.end(), [&](const KnownFile* other) {
      return other != &file && other->active() && !other->point.path.empty() &&
             other->point.identity.inode == file.point.identity.inode &&
             other->point.identity.head_hash == file.point.identity.head_hash;
    });
  };
  std::optional<TargetIndex> taken;
  std::optional<TargetIndex> of_gone_job;
  const bool job_exists = std::any_of(targets_.begin(), targets_.end(), [&](const Target& target) {
    return target.what.job == file.point.job;
  });
  for (TargetIndex i = 0; i < targets_.size(); ++i) {
    if (!targets_[i].what.matches(file.point.label_path)) continue;
    if (targets_[i].what.job == file.point.job) {
      if (!is_taken(i)) return i;
      if (!taken) taken = i;
    }
    // The job was renamed, or its files are another job's now.
    if (!job_exists && !of_gone_job) of_gone_job = i;
  }
  return taken ? taken : of_gone_job;
}

void FileSet::attach_waiting() {
  std::vector<SourceId> attached;
  for (auto& [id, file] : table_.files()) {
    if (file.state != KnownFile::State::kWaiting) continue;
    const auto target = target_for(file);
    if (!target) continue;
    attach(file, *target);
    if (file.active()) attached.push_back(id);
  }
  for (const SourceId id : attached)
    follow_attached(*table_.find(id));
  std::set<std::pair<TargetIndex, std::string>> nameless;
  // All places are known now: who has a successor is read to its end.
  for (auto& [id, file] : table_.files()) {
    if (file.target == KnownFile::kNoTarget || file.adopted_pass != 0) continue;
    const KnownFile* const newest = table_.newest_of(file.target, file.point.label_path);
    if (file.active()) {
      const bool superseded = newest != &file && newest->active();
      if (superseded || is_rotated(file)) retire(file, after_end(file));
    }
    if (newest == &file && !stat_file(file.point.label_path))
      nameless.insert({file.target, file.point.label_path});
  }
  for (const auto& [target, name] : nameless)
    look_for_unborn(target, name);
}

void FileSet::attach(KnownFile& file, TargetIndex index) {
  Target& target = targets_[index];
  file.target = index;
  file.point.job = target.what.job;
  note_link(file.point.label_path);
  const std::optional<FoundCopy> place = locate(file);
  if (file.point.finished) {
    file.state = KnownFile::State::kEnded;
    if (place && (place->match.proven() || place->file.stat.inode == file.point.identity.inode)) {
      table_.set_path(file, place->file.path);
      table_.bind(file, place->file.stat);
    }
    return;
  }
  file.state = KnownFile::State::kFollowed;
  file.attached_changed = false;
  if (place) {
    // The outbox learns where it is now: its copy may be all that is left to find next time.
    const FileIdentity& was = file.point.identity;
    file.attached_changed = file.point.path != place->file.path ||
                            was.inode != place->file.stat.inode ||
                            was.device != place->file.stat.device;
    table_.set_path(file, place->file.path);
    table_.bind(file, place->file.stat);
    file.size = place->file.stat.size;
    if (place->match.kind == ContentMatch::Kind::kShorter) {
      file.point.position = place->file.stat.size;
      file.point.identity.before_bytes = 0;
      file.attached_changed = true;
    }
    if (target.what.matches(file.point.path)) {
      target.holders[file.point.path] = file.point.source;
    }
    note_link(file.point.path);
    if (apply_known_position(file)) file.attached_changed = true;
  } else {
    // Its held lines still run, then it ends.
    table_.set_path(file, {});
  }
}

// The places of all files are known: hands this one to its worker.
void FileSet::follow_attached(KnownFile& file) {
  const std::optional<FileStat> stat =
      file.point.path.empty() ? std::nullopt : stat_file(file.point.path);
  if (stat && file.point.identity.head_bytes == 0 && file.point.path == file.point.label_path) {
    // Nothing is known of its content: it may have been filled, copied and truncated meanwhile.
    const SourceId last = adopt_generations(
        file.target, missed_generations(file.target, file, file.point.path, *stat), file.point.path,
        file.point.predecessor);
    if (last != file.point.predecessor) file.attached_changed = true;
    file.point.predecessor = last;
    take_head(file);
  }
  AdoptFile command = adoption_of(file);
  command.recovered = !file.attached_changed;
  post(file, std::move(command));
  if (file.point.path.empty()) {
    log_.warn("a file that was being read is gone", {{"path", file.point.label_path}});
    post(file, LoseFile{file.point.source});
    file.state = KnownFile::State::kRetired;
  }
}

// What somebody else wrote into positions.yaml wins. What we wrote ourselves does not: it is never
// ahead of the outbox, and it does not tell which file it was about.
bool FileSet::apply_known_position(KnownFile& file) {
  const auto known = known_positions_.find(file.point.path);
  if (known == known_positions_.end()) return false;
  const KnownPosition& position = known->second;
  const bool lines = targets_[file.target].what.options->decompression.enabled;
  if (position.author != KnownPosition::Author::kEdited ||
      position.offset == file.point.earliest()) {
    return false;
  }
  file.point.position = lines || position.offset <= file.size ? position.offset : 0;
  file.point.skipping_line = false;
  file.point.identity.before_bytes = 0;
  file.point.held.clear();
  return true;
}

// The place of a file that was not followed for a while. Content decides; the inode tells between
// files that begin alike, and alone where there is little content.
std::optional<FoundCopy> FileSet::locate(KnownFile& file) {
  const ResumePoint& point = file.point;
  const Target& target = targets_[file.target];
  const auto match_at = [&](const std::string& path) -> std::optional<FoundCopy> {
    const std::optional<FileStat> stat = path.empty() ? std::nullopt : stat_file(path);
    if (!stat) return std::nullopt;
    const auto content =
        open_content(file_system_, path, compression_of(target, path, point.label_path));
    if (!content) {
      // It cannot be read now; path and inode are all there is.
      return FoundCopy{{path, *stat}, {ContentMatch::Kind::kSame, 0}};
    }
    return FoundCopy{{path, *stat}, match_content(**content, point)};
  };
  const auto is_same = [&](const std::optional<FoundCopy>& found) {
    return found && found->match.kind == ContentMatch::Kind::kSame;
  };
  const std::optional<FoundCopy> here = match_at(point.path);
  if (is_same(here) && here->file.stat.inode == point.identity.inode) return here;
  for (const std::string& folder : folders_of(file)) {
    const Candidate* const other = folders_.find(folder, point.identity.inode);
    if (other == nullptr) continue;
    const std::optional<FoundCopy> there = match_at(other->path);
    if (is_same(there)) return there;
  }
  if (is_same(here) && here->match.proven()) return here;
  return find_copy(file_system_, point, copies_of(file),
                   was_truncated(file) ? Proof::kLittleWillDo : Proof::kNeeded);
}

// ---- Copies ----

// Files that may have `file`'s content: near it, and not known to be something else.
std::vector<Candidate> FileSet::copies_of(const KnownFile& file) {
  std::vector<Candidate> candidates;
  for (const std::string& folder : folders_of(file)) {
    for (const Candidate& candidate : folders_.files(folder)) {
      if (candidate.stat.inode == file.point.identity.inode || candidate.stat.size == 0) continue;
      if (is_being_compressed(candidate.path)) continue;
      const KnownFile* const owner = owner_of(file.target, candidate.path, candidate.stat);
      if (owner != nullptr && owner != &file) continue;
      candidates.push_back(candidate);
    }
  }
  return candidates;
}

// `file` goes on in a copy of what it was reading.
void FileSet::move_content(KnownFile& file, const FoundCopy& copy) {
  Target& target = targets_[file.target];
  table_.set_path(file, copy.file.path);
  table_.bind(file, copy.file.stat);
  file.size = copy.file.stat.size;
  const bool matches = target.what.matches(copy.file.path);
  if (matches) target.holders[copy.file.path] = file.point.source;
  target.suspects.erase(copy.file.path);
  target.copies.erase(copy.file.stat.inode);
  file.state = KnownFile::State::kRetired;
  file.after = matches ? AfterEnd::kKeep : AfterEnd::kEnd;
  MoveFile command{.source = file.point.source,
                   .path = copy.file.path,
                   .device = copy.file.stat.device,
                   .inode = copy.file.stat.inode,
                   .frozen = true,
                   .after = file.after,
                   .position = {}};
  if (copy.match.kind == ContentMatch::Kind::kShorter) command.position = copy.file.stat.size;
  post(file, std::move(command));
  ++counters_.copies_read;
}

// A worker found that what it read is not in the file any more. Its point is up to date.
void FileSet::displaced(KnownFile& file) {
  const std::string path = file.point.path;
  Target& target = targets_[file.target];
  const std::optional<FileStat> stat = path.empty() ? std::nullopt : stat_file(path);
  const bool same_file = stat && stat->inode == file.point.identity.inode &&
                         stat->device == file.point.identity.device;
  if (++file.displacements <= kDisplacementsMax) {
    const Candidate* const place = same_file ? nullptr : find_by_inode(file);
    const auto stay = [&](const std::string& where) {
      post(file, MoveFile{.source = file.point.source,
                          .path = where,
                          .device = file.point.identity.device,
                          .inode = file.point.identity.inode,
                          .position = {}});
    };
    if (place != nullptr) {
      // Renamed while it was closed.
      lose_name(file);
      stay(file.point.path);
      dirty_.emplace(file.target, path);
      return run_dirty();
    }
    if (same_file) {
      const auto content =
          open_content(file_system_, path, compression_of(target, path, file.point.label_path));
      const bool intact =
          content && match_content(**content, file.point).kind == ContentMatch::Kind::kSame;
      // Only bytes behind the position went, or it was looked at in the middle of something.
      if (intact || !content) return stay(path);
    }
  }
  const auto held = target.holders.find(path);
  const bool was_holder = held != target.holders.end() && held->second == file.point.source;
  if (was_holder) target.holders.erase(held);
  if (const auto copy = find_copy(file_system_, file.point, copies_of(file),
                                  was_truncated(file) ? Proof::kLittleWillDo : Proof::kNeeded)) {
    move_content(file, *copy);
  } else {
    ++counters_.copies_missing;
    table_.set_path(file, {});
    file.state = KnownFile::State::kRetired;
    file.after = AfterEnd::kEnd;
    post(file, LoseFile{file.point.source});
  }
  if (!stat || !target.what.matches(path)) return;
  if (same_file) {
    // What is in it now is a new file, as far as anybody is concerned.
    if (file.point.path.empty()) table_.unbind(file);
    adopt_new(file.target, path, *stat, &file);
  } else {
    dirty_.emplace(file.target, path);
  }
  run_dirty();
}

}  // namespace tailrace::tailer
