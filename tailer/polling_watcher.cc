// Looking at files and directories at growing intervals.
#include "tailer/polling_watcher.h"

#include <algorithm>
#include <utility>

namespace tailrace::tailer {
namespace {

// Times of change may be as coarse as two seconds (FAT; NFS: one).
constexpr std::chrono::seconds kTimeGrain{2};
// A period of nothing would spin.
constexpr std::chrono::milliseconds kPauseMin{1};

}  // namespace

PollingWatcher::PollingWatcher(FileSystem& file_system, const Clock& clock,
                               const config::FileWatchConfig& periods)
    : file_system_(file_system),
      clock_(clock),
      pause_min_(std::max<std::chrono::nanoseconds>(periods.min_poll_frequency, kPauseMin)),
      pause_max_(std::max(pause_min_, periods.max_poll_frequency)) {}

Status PollingWatcher::watch_file(WatchToken token, File& file) {
  Result<FileStat> stat = file.stat();
  if (!stat) return fail(stat.error());
  start(token, {.file = &file, .directory = {}, .last = *stat, .names = {}});
  return {};
}

Status PollingWatcher::watch_directory(WatchToken token, const std::string& directory) {
  const WallTime now = clock_.wall_now();
  Result<FileStat> stat = file_system_.stat(directory);
  if (!stat) return fail(stat.error());
  Result<Inodes> names = list(directory);
  if (!names) return fail(names.error());
  start(token, {.directory = directory, .last = *stat, .names = std::move(*names), .looked = now});
  return {};
}

void PollingWatcher::start(WatchToken token, Watch watch) {
  watch.pause = pause_min_;
  watch.next = clock_.steady_now() + watch.pause;
  watches_.insert_or_assign(token, std::move(watch));
}

void PollingWatcher::unwatch(WatchToken token) {
  watches_.erase(token);
}

std::vector<FileEvent> PollingWatcher::take_events() {
  std::vector<FileEvent> events;
  const SteadyTime now = clock_.steady_now();
  for (auto& [token, watch] : watches_) {
    if (watch.next > now) continue;
    const std::size_t events_before = events.size();
    if (watch.file != nullptr) {
      look_at_file(token, watch, events);
    } else {
      look_at_directory(token, watch, events);
    }
    const bool changed = events.size() > events_before;
    watch.pause = changed ? pause_min_ : std::min(watch.pause * 2, pause_max_);
    watch.next = now + watch.pause;
  }
  return events;
}

SteadyTime PollingWatcher::next_look() const {
  SteadyTime next = SteadyTime::max();
  for (const auto& [token, watch] : watches_)
    next = std::min(next, watch.next);
  return next;
}

void PollingWatcher::look_at_file(WatchToken token, Watch& watch, std::vector<FileEvent>& events) {
  const Result<FileStat> stat = watch.file->stat();
  const bool changed =
      stat ? watch.gone || stat->size != watch.last.size || stat->modified != watch.last.modified
           : !watch.gone;
  watch.gone = !stat;
  if (stat) watch.last = *stat;
  if (changed) {
    events.push_back({.kind = FileEvent::Kind::kModified, .token = token, .name = {}});
  }
}

void PollingWatcher::look_at_directory(WatchToken token, Watch& watch,
                                       std::vector<FileEvent>& events) {
  const auto report = [&](const std::string& name) {
    events.push_back({.kind = FileEvent::Kind::kDirectory, .token = token, .name = name});
  };
  const WallTime now = clock_.wall_now();
  const Result<FileStat> stat = file_system_.stat(watch.directory);
  const bool other = stat && stat->inode != watch.last.inode;
  if (!stat || other) {
    if (!watch.gone) report({});
    watch.gone = !stat;
    if (!stat) return;
  }
  const bool same_time = stat->modified == watch.last.modified && !other;
  if (same_time && watch.looked - watch.last.modified > kTimeGrain) return;
  Result<Inodes> names = list(watch.directory);
  if (!names) return;
  for (const auto& [name, inode] : *names) {
    const auto before = watch.names.find(name);
    if (before == watch.names.end() || before->second != inode) report(name);
  }
  for (const auto& [name, inode] : watch.names) {
    if (!names->contains(name)) report(name);
  }
  watch.last = *stat;
  watch.names = std::move(*names);
  watch.looked = now;
}

Result<PollingWatcher::Inodes> PollingWatcher::list(const std::string& directory) {
  const auto entries = file_system_.list(directory);
  if (!entries) return fail(entries.error());
  Inodes result;
  for (const DirectoryEntry& entry : *entries) {
    const Result<FileStat> stat = file_system_.link_stat(directory + "/" + entry.name);
    if (stat) result.emplace(entry.name, stat->inode);
  }
  return result;
}

}  // namespace tailrace::tailer
