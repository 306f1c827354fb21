// What happens to the files of one worker: events, timers, opening, closing, trouble.
#include <algorithm>
#include <cerrno>
#include <utility>

#include "tailer/file_follower.h"

namespace tailrace::tailer {
namespace {

constexpr std::chrono::milliseconds kBackoffMin{250};
constexpr std::uint32_t kBackoffDoublingsMax = 8;  // Up to 64 s.

}  // namespace

// ---- Events and timers ----

void FileFollower::poll(SteadyTime now) {
  for (const FileEvent& event : watcher_.take_events()) {
    if (event.kind == FileEvent::Kind::kOverflow) {
      ++counters_.overflows;
      for (auto& [id, file] : files_) {
        if (!file.tailer->finished()) changed_event(file, now);
      }
    } else if (event.kind == FileEvent::Kind::kModified) {
      if (Followed* const file = followed(event.token)) changed_event(*file, now);
    }
  }
  while (!timers_.empty() && timers_.begin()->first <= now) {
    const SourceId id = timers_.begin()->second;
    timers_.erase(timers_.begin());
    const auto found = files_.find(id);
    if (found == files_.end()) continue;
    found->second.timer = SteadyTime::max();
    if (!found->second.tailer->finished()) on_timer(found->second, now);
  }
}

SteadyTime FileFollower::next_deadline() const {
  return timers_.empty() ? SteadyTime::max() : timers_.begin()->first;
}

void FileFollower::changed_event(Followed& file, SteadyTime now) {
  if (file.tailer->is_open()) touch_open(file, now);
  if (file.behind_since == SteadyTime::max()) file.behind_since = now;
  if (file.failures > 0) return;  // The back-off decides.
  if (file.look_at > now + options_.gather) schedule_look(file, now + options_.gather);
}

void FileFollower::schedule_look(Followed& file, SteadyTime when) {
  file.look_at = when;
  set_timer(file);
}

void FileFollower::set_timer(Followed& file) {
  const SteadyTime next = std::min(file.look_at, file.retire_at);
  if (next == file.timer) return;
  const SourceId id = file.tailer->id();
  if (file.timer != SteadyTime::max()) timers_.erase({file.timer, id});
  file.timer = next;
  if (next != SteadyTime::max()) timers_.emplace(next, id);
}

void FileFollower::on_timer(Followed& file, SteadyTime now) {
  if (file.retire_at <= now) {
    file.retire_at = SteadyTime::max();
    file.retirement = Retirement::kDue;
    // Nobody shall wait for a file that cannot be read.
    if (file.failures > 0) settle(file);
    enqueue(file);
  }
  if (file.look_at <= now) {
    file.look_at = SteadyTime::max();
    const auto idle = file.tailer->options().files.close_inactive;
    if (idle.count() > 0 && file.tailer->is_open() && !file.queued && file.failures == 0 &&
        file.retirement == Retirement::kNone && file.changed + idle <= now) {
      close(file);
    } else {
      look(file);
      enqueue(file);
    }
  }
  set_timer(file);
}

// Notices a truncation even while nothing is read (no room in the outbox).
void FileFollower::look(Followed& file) {
  if (file.reported || !file.tailer->is_open()) return;
  // What waits in vain to be read (no room in the outbox) may be rewritten more than once
  // meanwhile.
  file.tailer->observe(file.queued ? FileTailer::Thoroughness::kContent
                                   : FileTailer::Thoroughness::kSize);
  identified(file);
  if (!file.tailer->displaced()) return;
  // The worker may hold it only inside a turn, and this is not inside one.
  file.queued = false;
  displaced(file);
}

// ---- Opening and closing ----

bool FileFollower::open(Followed& file) {
  if (file.tailer->is_open()) return true;
  const Result<FileTailer::Opened> opened = file.tailer->open(file_system_);
  if (!opened) {
    if (opened.error().code == ENOENT || opened.error().code == ENOTDIR) {
      file.tailer->set_displaced();
      displaced(file);
    } else {
      failed(file, opened.error());
    }
    return false;
  }
  if (*opened == FileTailer::Opened::kOther) {
    file.tailer->set_displaced();
    displaced(file);
    return false;
  }
  file.changed = clock_.steady_now();
  open_order_.emplace(file.changed, file.tailer->id());
  const Status watch = watcher_.watch_file(file.tailer->id(), *file.tailer->file());
  file.watched = watch.has_value();
  if (!watch && !warned_of_watches_) {
    warned_of_watches_ = true;
    log_.warn("files cannot be watched and are polled instead; raise fs.inotify.max_user_watches",
              {{"error", watch.error().message}, {"path", file.tailer->path()}});
  }
  keep_open_files_bounded(file);
  return true;
}

void FileFollower::close(Followed& file) {
  if (!file.tailer->is_open()) return;
  const SourceId id = file.tailer->id();
  if (file.watched) watcher_.unwatch(id);
  file.watched = false;
  open_order_.erase({file.changed, id});
  file.tailer->close();
}

void FileFollower::touch_open(Followed& file, SteadyTime now) {
  const SourceId id = file.tailer->id();
  open_order_.erase({file.changed, id});
  file.changed = now;
  open_order_.emplace(now, id);
}

// Closes what changed least recently and has nothing to do; not a file that waits for its turn.
// Files that are rotated away come last: when the last name goes, the descriptor is all there is.
void FileFollower::keep_open_files_bounded(const Followed& newest) {
  for (const bool rotated_too : {false, true}) {
    auto next = open_order_.begin();
    while (open_order_.size() > options_.open_files_max && next != open_order_.end()) {
      Followed& file = files_.at(next->second);
      ++next;
      const bool rotated = file.retirement != Retirement::kNone;
      if (&file == &newest || file.queued || file.look_at != SteadyTime::max() ||
          (rotated && (!rotated_too || file.tailer->path().empty())) ||
          followed(file.tailer->point().predecessor) != nullptr) {
        continue;
      }
      close(file);
    }
    if (open_order_.size() <= options_.open_files_max) return;
  }
}

// ---- Trouble and ends ----

void FileFollower::failed(Followed& file, const Error& error) {
  ++counters_.failures;
  close(file);
  if (file.failures++ == 0) report(FileReport::Kind::kFailed, file, error.message);
  log_.warn("a file cannot be read and is tried again",
            {{"path", file.tailer->path()}, {"error", error.message}});
  const auto pause = kBackoffMin * (1U << std::min(file.failures - 1, kBackoffDoublingsMax));
  schedule_look(file, clock_.steady_now() + pause);
  if (file.retirement == Retirement::kDue) settle(file);
}

void FileFollower::displaced(Followed& file) {
  if (file.reported) return;
  file.reported = true;
  ++counters_.displaced;
  close(file);
  file.look_at = SteadyTime::max();
  set_timer(file);
  report(FileReport::Kind::kDisplaced, file, {});
}

void FileFollower::finish(Followed& file) {
  close(file);
  file.tailer->finish(clock_.wall_now());
  file.look_at = file.retire_at = SteadyTime::max();
  set_timer(file);
  file.queued = false;
  changed_.insert(file.tailer->id());
  report(FileReport::Kind::kEnded, file, {});
  settle(file);
}

void FileFollower::report(FileReport::Kind kind, const Followed& file, std::string message) {
  FileReport report{.kind = kind,
                    .source = file.tailer->id(),
                    .path = file.tailer->path(),
                    .message = std::move(message),
                    .point = {}};
  if (kind != FileReport::Kind::kFailed && kind != FileReport::Kind::kRecovered) {
    file.tailer->fill_resume_point(report.point);
  }
  reports_.push_back(std::move(report));
}

// Tells the main thread a few times in a file's life what it is recognised by.
void FileFollower::identified(Followed& file) {
  const std::size_t bytes = file.tailer->point().identity.head_bytes;
  const std::uint8_t stage = bytes == 0 ? 0 : bytes < kProofBytes ? 1 : bytes < kHeadBytes ? 2 : 3;
  if (stage <= file.identified || file.tailer->displaced()) return;
  file.identified = stage;
  report(FileReport::Kind::kIdentified, file, {});
}

void FileFollower::warn_of_nuls(Followed& file) {
  counters_.nul_bytes_skipped += file.tailer->nul_bytes_skipped() - file.nul_bytes_counted;
  file.nul_bytes_counted = file.tailer->nul_bytes_skipped();
  if (std::exchange(file.warned_of_nuls, true)) return;
  log_.warn("a file has long runs of NUL bytes, which are skipped",
            {{"path", file.tailer->path()}});
}

}  // namespace tailrace::tailer
