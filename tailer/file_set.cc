// The round of FileSet: patterns, watches, events, reports.
#include "tailer/file_set.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace tailrace::tailer {
namespace {

bool same_files(const FileTarget& a, const FileTarget& b) {
  const auto excluded = [](const FileTarget& target) {
    return target.exclude ? std::optional(target.exclude->text()) : std::nullopt;
  };
  return a.glob.text() == b.glob.text() && a.labels == b.labels && excluded(a) == excluded(b);
}

}  // namespace

FileSet::FileSet(FileSystem& file_system, const Clock& clock, Log& log, FileWatcher& watcher,
                 Options options)
    : file_system_(file_system),
      clock_(clock),
      log_(log),
      watcher_(watcher),
      options_(std::move(options)),
      folders_(file_system) {
  TAILRACE_CHECK(options_.workers > 0 && options_.post && options_.new_source_id);
}

void FileSet::recover(std::vector<RecoveredFile> files, std::vector<KnownPosition> positions) {
  for (RecoveredFile& recovered : files) {
    if (recovered.point.kind != SourceKind::kFile) continue;
    KnownFile file;
    file.point = std::move(recovered.point);
    // Of a file that had no content yet nothing was read that could have moved it.
    if (file.point.identity.head_bytes == 0) file.adopted_modified_ns = file.point.modified_ns;
    file.worker = std::min(recovered.worker, options_.workers - 1);
    table_.add(std::move(file));
  }
  for (KnownPosition& position : positions) {
    std::string path = position.path;
    known_positions_.insert_or_assign(std::move(path), std::move(position));
  }
  attach_needed_ = true;
}

void FileSet::set_targets(std::vector<FileTarget> targets) {
  std::vector<Target> old = std::exchange(targets_, {});
  std::vector<TargetIndex> now_at(old.size(), KnownFile::kNoTarget);
  for (FileTarget& what : targets) {
    Target target{.what = std::move(what), .holders = {}, .suspects = {}, .copies = {}};
    for (std::size_t i = 0; i < old.size(); ++i) {
      if (now_at[i] != KnownFile::kNoTarget || old[i].what.job != target.what.job ||
          !same_files(old[i].what, target.what)) {
        continue;
      }
      now_at[i] = targets_.size();
      target.holders = std::move(old[i].holders);
      target.suspects = std::move(old[i].suspects);
      target.copies = std::move(old[i].copies);
      break;
    }
    targets_.push_back(std::move(target));
  }
  std::vector<KnownFile*> moved;
  for (auto& [id, file] : table_.files()) {
    if (file.target == KnownFile::kNoTarget) continue;
    const TargetIndex before = file.target;
    file.target = now_at[before];
    if (file.target == KnownFile::kNoTarget) {
      moved.push_back(&file);
    } else if (file.active() && *old[before].what.options != *targets_[file.target].what.options) {
      post(file, adoption_of(file));
    }
  }
  for (KnownFile* const file : moved) {
    const std::optional<TargetIndex> target = target_for(*file);
    if (target) {
      // The same file under other labels: it keeps descriptor, place and held lines.
      file->target = *target;
      file->point.job = targets_[*target].what.job;
      if (targets_[*target].what.matches(file->point.path)) {
        targets_[*target].holders.try_emplace(file->point.path, file->point.source);
      }
      if (file->active()) post(*file, adoption_of(*file));
    } else if (file->active()) {
      post(*file, ReleaseFile{file->point.source});
      file->state = KnownFile::State::kWaiting;
    }
  }
  attach_needed_ = true;
  next_full_ = SteadyTime::min();
}

// ---- Rounds ----

void FileSet::sync(SteadyTime now, Sync how) {
  ++pass_;
  loads_.clear();
  folders_.forget();
  take_events();
  if (how == Sync::kFull || now >= next_full_) full_sync(now);
  run_dirty();
  look_at_suspects(now);
}

void FileSet::full_sync(SteadyTime now) {
  // Watched first, looked at then: what happens from here on is told.
  std::vector<PathGlob::Matches> found;
  std::set<std::string> directories;
  for (const Target& target : targets_) {
    found.push_back(target.what.glob.find(file_system_));
    directories.insert(found.back().directories.begin(), found.back().directories.end());
  }
  watch(std::move(directories));
  folders_.forget();
  if (std::exchange(attach_needed_, false)) attach_waiting();
  for (TargetIndex i = 0; i < targets_.size(); ++i) {
    std::set<std::string> paths;
    for (std::string& path : found[i].files) {
      if (targets_[i].what.exclude && targets_[i].what.exclude->matches(path)) continue;
      paths.insert(std::move(path));
    }
    for (const auto& [path, id] : targets_[i].holders)
      paths.insert(path);
    for (const std::string& path : paths)
      reconcile(i, path);
  }
  std::set<std::pair<TargetIndex, std::string>> nameless;
  for (const auto& [id, file] : table_.files()) {
    if (file.target == KnownFile::kNoTarget || file.point.path == file.point.label_path) continue;
    if (targets_[file.target].holders.contains(file.point.label_path)) continue;
    nameless.emplace(file.target, file.point.label_path);
  }
  for (const auto& [target, name] : nameless)
    reconcile(target, name);
  forget_old();
  first_sync_ = false;
  next_full_ = now + (all_watched_ ? options_.sweep_period : options_.sync_period);
}

void FileSet::watch(std::set<std::string> directories) {
  std::erase_if(watched_, [&](const auto& entry) {
    if (directories.contains(entry.first)) return false;
    watcher_.unwatch(entry.second);
    watch_names_.erase(entry.second);
    return true;
  });
  all_watched_ = true;
  for (const std::string& directory : directories) {
    if (watched_.contains(directory)) continue;
    const WatchToken token = next_token_++;
    if (const Status status = watcher_.watch_directory(token, directory); !status) {
      all_watched_ = false;
      log_.warn("a folder cannot be watched and is looked at periodically",
                {{"directory", directory}, {"error", status.error().message}});
      continue;
    }
    watched_.emplace(directory, token);
    watch_names_.emplace(token, directory);
    // What came between the look and the watch.
    for (TargetIndex i = 0; i < targets_.size(); ++i) {
      for (const auto& entry :
           file_system_.list(directory).value_or(std::vector<DirectoryEntry>())) {
        std::string path = join_path(directory, entry.name);
        if (targets_[i].what.matches(path) && !targets_[i].holders.contains(path)) {
          dirty_.emplace(i, std::move(path));
        }
      }
    }
  }
}

void FileSet::take_events() {
  for (const FileEvent& event : watcher_.take_events()) {
    if (event.kind == FileEvent::Kind::kOverflow) {
      next_full_ = SteadyTime::min();
    } else if (event.kind == FileEvent::Kind::kDirectory) {
      const auto watched = watch_names_.find(event.token);
      if (watched == watch_names_.end()) continue;
      if (event.name.empty()) {
        // The folder itself went; another one may come under its name.
        watched_.erase(watched->second);
        watch_names_.erase(watched);
        watcher_.unwatch(event.token);
        next_full_ = SteadyTime::min();
      } else {
        look_at_event(join_path(watched->second, event.name));
      }
    }
  }
}

void FileSet::look_at_event(const std::string& path) {
  const auto links = link_targets_.find(path);
  bool known = links != link_targets_.end();
  for (TargetIndex i = 0; i < targets_.size(); ++i) {
    Target& target = targets_[i];
    if (target.what.matches(path) || target.holders.contains(path)) {
      dirty_.emplace(i, path);
      known = true;
    }
    if (links == link_targets_.end()) continue;
    for (const std::string& link : links->second)
      dirty_.emplace(i, link);
  }
  // Files that are rotated away are renamed on (.1 to .2).
  for (KnownFile* const file : table_.at_path(path)) {
    if (file->active()) dirty_.emplace(file->target, path);
    known = true;
  }
  // A generation of a name that has no file: it came and went unseen.
  const std::string family = family_of(path);
  for (TargetIndex i = 0; family != path && i < targets_.size(); ++i) {
    for (const KnownFile* const file : table_.of_family(i, family)) {
      const std::string& name = file->point.label_path;
      if (!is_generation_of(path, name)) continue;
      if (targets_[i].holders.contains(name)) {
        late_.emplace(i, name);
      } else {
        dirty_.emplace(i, name);
      }
    }
  }
  if (known) return;
  const Result<FileStat> stat = file_system_.stat(path);
  if (stat && stat->kind == FileKind::kDirectory) next_full_ = SteadyTime::min();
}

void FileSet::run_dirty() {
  const auto dirty = std::exchange(dirty_, {});
  for (const auto& [target, path] : dirty) {
    if (target < targets_.size()) reconcile(target, path);
  }
  const auto late = std::exchange(late_, {});
  for (const auto& [target, name] : late) {
    if (target < targets_.size()) look_for_late(target, name);
  }
}

void FileSet::look_at_suspects(SteadyTime now) {
  for (TargetIndex i = 0; i < targets_.size(); ++i) {
    std::vector<std::string> due;
    for (const auto& [path, suspect] : targets_[i].suspects) {
      if (suspect.next <= now) due.push_back(path);
    }
    for (const std::string& path : due)
      reconcile(i, path);
  }
}

void FileSet::forget_old() {
  const std::int64_t now_ns = unix_nanoseconds(clock_.wall_now());
  std::vector<SourceId> old;
  for (const auto& [id, file] : table_.files()) {
    if (file.state == KnownFile::State::kEnded &&
        now_ns - file.point.finished_ns > options_.known_for.count()) {
      old.push_back(id);
    }
  }
  for (const SourceId id : old)
    table_.erase(id);
}

SteadyTime FileSet::next_deadline() const {
  if (!dirty_.empty()) return SteadyTime::min();
  SteadyTime next = next_full_;
  for (const Target& target : targets_) {
    for (const auto& [path, suspect] : target.suspects)
      next = std::min(next, suspect.next);
  }
  return next;
}

// ---- Workers ----

void FileSet::post(const KnownFile& file, FileCommand command) {
  options_.post(file.worker, std::move(command));
}

AdoptFile FileSet::adoption_of(const KnownFile& file) const {
  const FileTarget& target = targets_[file.target].what;
  AdoptFile command{.point = file.point, .labels = target.labels, .options = target.options};
  command.labels["filename"] = file.point.label_path;
  return command;
}

std::uint32_t FileSet::least_loaded() {
  if (loads_.empty()) {
    loads_.resize(options_.workers, 0);
    for_each([&](const KnownFile& file) { ++loads_[file.worker]; });
  }
  const auto least = std::min_element(loads_.begin(), loads_.end());
  ++*least;
  return static_cast<std::uint32_t>(least - loads_.begin());
}

void FileSet::for_each(const std::function<void(const KnownFile&)>& visit) const {
  for (const auto& [id, file] : table_.files()) {
    if (file.active()) visit(file);
  }
}

void FileSet::handle_report(std::uint32_t worker, const FileReport& report) {
  KnownFile* const file = table_.find(report.source);
  if (file == nullptr || file->worker != worker) return;
  const auto take_point = [&] {
    const std::string path = std::move(file->point.path);
    const FileIdentity identity = file->point.identity;
    if (report.point.position != file->point.position) file->displacements = 0;
    file->point = report.point;
    // Where it is is known better here, what is in it there.
    file->point.path = path;
    file->point.identity.device = identity.device;
    file->point.identity.inode = identity.inode;
  };
  folders_.forget();
  switch (report.kind) {
    case FileReport::Kind::kDisplaced:
      if (!file->active()) return;
      take_point();
      displaced(*file);
      break;
    case FileReport::Kind::kIdentified: {
      const bool first = file->point.identity.head_bytes == 0;
      take_point();
      if (first && file->active()) look_for_missed(*file);
      break;
    }
    case FileReport::Kind::kEnded:
      take_point();
      file->state = KnownFile::State::kEnded;
      // Its content is nowhere, so it will not be met again.
      if (file->point.path.empty() && file->target != KnownFile::kNoTarget &&
          table_.newest_of(file->target, file->point.label_path) != file) {
        table_.erase(report.source);
        break;
      }
      if (file->target != KnownFile::kNoTarget) {
        auto& holders = targets_[file->target].holders;
        const auto held = holders.find(file->point.path);
        if (held != holders.end() && held->second == report.source) {
          // It came back while it was being ended.
          dirty_.emplace(file->target, file->point.path);
          holders.erase(held);
        }
      }
      break;
    case FileReport::Kind::kReleased:
      take_point();
      break;
    case FileReport::Kind::kFailed:
      ++counters_.failures;
      break;
    case FileReport::Kind::kRecovered:
      break;
  }
}

}  // namespace tailrace::tailer
