// Turns, timers and order of the files of one worker.
//
// A file is in one of these places: in ready_ (or with the worker), in waiting_ (something to read,
// but its predecessor is not through), or in neither (nothing to read; an event, a timer or a
// command puts it back). A displaced file is in none until FileSet answers.
//
// Order. A successor starts when its predecessor has ended. That takes rotation_wait, because a
// program may go on writing into the old file for a while. Nearly always it does not, so: when the
// successor has its first byte, the predecessor is read once more, and if it is retired and ends
// with a complete line it is settled. A single writer has finished with the old file before it
// writes into the new one; what several writers still put into the old one is read as it comes.
#include "tailer/file_follower.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace tailrace::tailer {
FileFollower::FileFollower(FileSystem& file_system, const Clock& clock, Log& log,
                           FileWatcher& watcher, LabelSetTable& label_sets, Options options)
    : file_system_(file_system),
      clock_(clock),
      log_(log),
      watcher_(watcher),
      label_sets_(label_sets),
      options_(options) {}

FileFollower::~FileFollower() {
  for (auto& [id, file] : files_)
    close(file);
}

// ---- Commands ----

void FileFollower::handle(FileCommand command) {
  if (auto* const adoption = std::get_if<AdoptFile>(&command)) return adopt(std::move(*adoption));
  if (auto* const target = std::get_if<MoveFile>(&command)) return move(std::move(*target));
  if (const auto* const lost = std::get_if<LoseFile>(&command)) return lose(lost->source);
  if (const auto* const gone = std::get_if<ReleaseFile>(&command)) return release(gone->source);
  if (auto* const renamed = std::get_if<RenameFile>(&command)) {
    if (Followed* const file = followed(renamed->source)) rename(*file, std::move(renamed->path));
  } else if (const auto* const old = std::get_if<RetireFile>(&command)) {
    if (Followed* const file = followed(old->source)) {
      retire(*file, old->after, clock_.steady_now() + options_.rotation_wait);
    }
  } else if (Followed* const file = followed(std::get<NudgeFile>(command).source)) {
    nudge(*file);
  }
}

void FileFollower::adopt(AdoptFile command) {
  std::vector<LabelPair> pairs;
  for (const auto& [name, value] : command.labels)
    pairs.push_back({name, value});
  const LabelSet& labels = label_sets_.intern(pairs);
  const SourceId id = command.point.source;
  if (Followed* const known = followed(id)) {
    known->tailer->set_labels(command, labels);
    changed_.insert(id);
    return;
  }
  const bool finished = command.point.finished;
  const auto delay = command.options->decompression.enabled
                         ? command.options->decompression.initial_delay
                         : std::chrono::nanoseconds(0);
  Followed& file = files_[id];
  file.tailer =
      std::make_unique<FileTailer>(std::move(command.point), labels, std::move(command.options));
  if (!command.recovered) changed_.insert(id);
  if (finished) return finish(file);
  if (command.orphan) {
    retire(file, AfterEnd::kEnd, clock_.steady_now() + options_.rotation_wait);
  }
  if (delay.count() > 0 && !command.recovered) {
    schedule_look(file, clock_.steady_now() + delay);
    return;
  }
  // Open now: a file that waits for its predecessor may be rotated away meanwhile.
  if (open_order_.size() >= options_.open_files_max || open(file)) enqueue(file);
}

void FileFollower::move(MoveFile command) {
  Followed* const file = followed(command.source);
  if (file == nullptr) return;
  close(*file);
  file->reported = false;
  file->tailer->move_to(command);
  changed_.insert(command.source);
  if (command.frozen) retire(*file, command.after, clock_.steady_now());
  if (open(*file)) enqueue(*file);
}

void FileFollower::lose(SourceId source) {
  Followed* const file = followed(source);
  if (file == nullptr || file->lost) return;
  const std::uint64_t bytes = file->tailer->unread_bytes();
  if (bytes > 0) {
    const std::string reason = "content is gone";
    std::pair key(file->tailer->label_path(), reason);
    if (lost_.size() >= kLostKeysMax && !lost_.contains(key)) key.first.clear();
    lost_[key] += bytes;
    counters_.lost_bytes += bytes;
    log_.warn("bytes of a file were removed before they were read",
              {{"path", file->tailer->label_path()}, {"bytes", std::to_string(bytes)}});
  }
  // Ends in its turn: who comes after it also comes after its predecessor.
  if (blocked(*file)) {
    file->lost = true;
    file->reported = true;
    return;
  }
  finish(*file);
}

void FileFollower::retire(Followed& file, AfterEnd after, SteadyTime when) {
  file.after = after;
  if (file.retirement == Retirement::kNone) {
    file.retirement = Retirement::kWaiting;
    file.retire_at = when;
    file.settled = false;
  } else {
    file.retire_at = std::min(file.retire_at, when);
  }
  set_timer(file);
  // Who waits may have content already: then it asks for the settling.
  const auto [first, last] = waiting_.equal_range(file.tailer->id());
  for (auto it = first; it != last; ++it) {
    if (Followed* const successor = followed(it->second)) enqueue(*successor);
  }
  enqueue(file);
}

void FileFollower::release(SourceId source) {
  Followed* const file = followed(source);
  if (file == nullptr) return;
  report(FileReport::Kind::kReleased, *file, {});
  settle(*file);
  close(*file);
  timers_.erase({file->timer, source});
  changed_.erase(source);
  files_.erase(source);
}

void FileFollower::nudge(Followed& file) {
  if (file.queued || file.look_at != SteadyTime::max()) return look(file);
  if (!file.tailer->is_open()) return enqueue(file);
  const Result<FileStat> stat = file.tailer->file()->stat();
  if (stat && stat->size == file.tailer->size()) {
    file.tailer->observe(FileTailer::Thoroughness::kContent);
    if (!file.tailer->displaced()) return;
    ++counters_.found_by_sweep;
    return displaced(file);
  }
  ++counters_.found_by_sweep;
  look(file);
  enqueue(file);
}

void FileFollower::rename(Followed& file, std::string path) {
  if (file.tailer->path() == path) return;
  file.tailer->rename(std::move(path));
  changed_.insert(file.tailer->id());
}

// ---- Turns ----

FileFollower::Followed* FileFollower::followed(SourceId source) {
  const auto found = files_.find(source);
  if (found == files_.end() || found->second.tailer->finished()) return nullptr;
  return &found->second;
}

void FileFollower::enqueue(Followed& file) {
  if (file.queued || file.reported || file.tailer->finished()) return;
  if (file.failures > 0 && file.look_at != SteadyTime::max()) return;  // In back-off.
  if (file.behind_since == SteadyTime::max()) file.behind_since = clock_.steady_now();
  file.queued = true;
  ready_.push_back(file.tailer->id());
}

bool FileFollower::blocked(Followed& file) {
  Followed* const predecessor = followed(file.tailer->point().predecessor);
  if (predecessor == nullptr || predecessor == &file || predecessor->settled) return false;
  bool has_content = true;
  if (file.tailer->is_open()) {
    const Result<FileStat> stat = file.tailer->file()->stat();
    has_content = !stat || stat->size > file.tailer->position();
  }
  const SourceId id = file.tailer->id();
  const auto [first, last] = waiting_.equal_range(predecessor->tailer->id());
  if (std::none_of(first, last, [&](const auto& entry) { return entry.second == id; })) {
    waiting_.emplace(predecessor->tailer->id(), id);
  }
  if (has_content || file.retirement != Retirement::kNone) want_settled(*predecessor);
  return true;
}

void FileFollower::want_settled(Followed& predecessor) {
  predecessor.settle_wanted = true;
  if (predecessor.retirement != Retirement::kNone) enqueue(predecessor);
}

void FileFollower::settle(Followed& file) {
  file.settled = true;
  file.settle_wanted = false;
  const auto [first, last] = waiting_.equal_range(file.tailer->id());
  std::vector<SourceId> released;
  for (auto it = first; it != last; ++it)
    released.push_back(it->second);
  waiting_.erase(first, last);
  for (const SourceId id : released) {
    Followed* const successor = followed(id);
    if (successor == nullptr) continue;
    if (successor->lost) {
      finish(*successor);
    } else {
      enqueue(*successor);
    }
  }
}

Source* FileFollower::next_ready(SteadyTime /*now*/) {
  for (std::size_t left = ready_.size(); left > 0 && !ready_.empty(); --left) {
    const SourceId id = ready_.front();
    ready_.pop_front();
    Followed* const file = followed(id);
    if (file == nullptr || !file->queued) continue;
    // Opened even when its turn has not come: it may be renamed, truncated or deleted meanwhile.
    if (file->reported || !open(*file)) {
      file->queued = false;
      continue;
    }
    if (blocked(*file)) {
      file->queued = false;
      look(*file);
      continue;
    }
    if (file->retirement == Retirement::kDue) {
      file->tailer->set_ending(file->after == AfterEnd::kEnd ? FileTailer::Ending::kEnd
                                                             : FileTailer::Ending::kFlush);
    }
    return file->tailer.get();
  }
  return nullptr;
}

void FileFollower::read_returned(Source& source, Source::Outcome outcome) {
  const auto found = files_.find(source.id());
  TAILRACE_CHECK(found != files_.end());
  Followed& file = found->second;
  file.queued = false;
  if (file.tailer->displaced()) return displaced(file);
  identified(file);
  if (file.failures > 0) {
    file.failures = 0;
    report(FileReport::Kind::kRecovered, file, {});
  }
  if (file.tailer->nul_bytes_skipped() > file.nul_bytes_counted) warn_of_nuls(file);
  if (file.tailer->damage() && !std::exchange(file.warned_of_damage, true)) {
    log_.warn("a compressed file cannot be read further",
              {{"path", file.tailer->path()}, {"error", file.tailer->damage()->message}});
  }
  if (outcome == Source::Outcome::kEnded) return finish(file);
  if (outcome == Source::Outcome::kLines || file.tailer->wants_more()) return enqueue(file);
  file.behind_since = SteadyTime::max();
  if (file.retirement == Retirement::kDue) {
    // AfterEnd::kKeep, flushed: followed on.
    file.retirement = Retirement::kNone;
    file.retire_at = SteadyTime::max();
    set_timer(file);
    return settle(file);
  }
  if (file.retirement != Retirement::kNone && file.settle_wanted &&
      file.tailer->unread_bytes() == 0) {
    settle(file);
  }
  if (!file.watched) {
    schedule_look(file, clock_.steady_now() + options_.poll_period);
  } else if (const auto idle = file.tailer->options().files.close_inactive; idle.count() > 0) {
    if (file.retirement == Retirement::kNone) schedule_look(file, file.changed + idle);
  }
}

void FileFollower::read_failed(Source& source, const Error& error) {
  const auto found = files_.find(source.id());
  TAILRACE_CHECK(found != files_.end());
  found->second.queued = false;
  failed(found->second, error);
}

Source* FileFollower::find(SourceId source) {
  const auto found = files_.find(source);
  return found == files_.end() ? nullptr : found->second.tailer.get();
}

void FileFollower::forget_ended(SourceId source) {
  const auto found = files_.find(source);
  if (found == files_.end() || !found->second.tailer->finished()) return;
  timers_.erase({found->second.timer, source});
  files_.erase(found);
}

void FileFollower::for_each(const std::function<void(const FileTailer&)>& visit) const {
  for (const auto& [id, file] : files_) {
    if (!file.tailer->finished()) visit(*file.tailer);
  }
}

std::vector<FileFollower::Lag> FileFollower::lags(SteadyTime now) const {
  std::vector<Lag> result;
  for (const auto& [id, file] : files_) {
    if (file.behind_since == SteadyTime::max() || file.tailer->finished()) continue;
    Lag lag{file.tailer.get(), file.tailer->unread_bytes(), now - file.behind_since};
    if (!file.tailer->options().decompression.enabled && file.tailer->is_open()) {
      const Result<FileStat> stat = file.tailer->file()->stat();
      if (stat && stat->size > file.tailer->position()) {
        lag.bytes = stat->size - file.tailer->position();
      }
    }
    result.push_back(lag);
  }
  return result;
}

std::uint64_t FileFollower::polled() const {
  std::uint64_t files = 0;
  for (const auto& [id, file] : files_) {
    if (!file.watched && file.tailer->is_open()) ++files;
  }
  return files;
}

std::vector<FileReport> FileFollower::take_reports() {
  return std::exchange(reports_, {});
}

std::vector<SourceId> FileFollower::take_changed() {
  const std::set<SourceId> changed = std::exchange(changed_, {});
  return {changed.begin(), changed.end()};
}

}  // namespace tailrace::tailer
