// The files of one worker: which of them has something to read, in which order, and until when.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/file_system.h"
#include "base/log.h"
#include "model/label_set.h"
#include "model/source.h"
#include "tailer/file_commands.h"
#include "tailer/file_tailer.h"
#include "tailer/file_watcher.h"

namespace tailrace::tailer {

// Owns the tailers of one worker. FileSet says what to follow (handle()), the watcher what changed
// (poll()), and the worker takes ready sources one by one (next_ready(), read, read_returned()).
//
// A changed file is ready after the gathering time, a new one at once. A source is not ready before
// its predecessor ended or settled: settled is a retired file that was read to its end, a complete
// line, after its successor had content.
//
// Ownership: owns tailers and their watches; borrows what the constructor takes. A Source* is
//   valid until forget_ended(), or handle(ReleaseFile), of its id.
// Threading: confined to one worker.
// Errors: trouble with a file is that file's alone: tried again with doubling pauses, reported once
//   as kFailed, and as kRecovered when it is over.
// Memory: a few hundred bytes and a descriptor per file; at most Options::open_files_max
//   descriptors. Beyond that the file that changed least recently is closed. It has no watch then:
//   what it gets later is found by FileSet's size sweep.
class FileFollower {
 public:
  struct Options {
    std::chrono::nanoseconds gather = std::chrono::milliseconds(50);
    std::chrono::nanoseconds rotation_wait = std::chrono::seconds(60);
    // Files that cannot be watched are looked at so often.
    std::chrono::nanoseconds poll_period = std::chrono::seconds(1);
    std::size_t open_files_max = 16384;
  };

  struct Counters {
    std::uint64_t found_by_sweep = 0;  // Changes that no event told.
    std::uint64_t displaced = 0;       // Files rewritten, truncated or exchanged.
    std::uint64_t failures = 0;        // Opens and reads that failed.
    std::uint64_t lost_bytes = 0;      // Unread, and not to be found any more.
    std::uint64_t nul_bytes_skipped = 0;
    std::uint64_t overflows = 0;  // Times that events were lost and everything was looked at.
  };

  FileFollower(FileSystem& file_system, const Clock& clock, Log& log, FileWatcher& watcher,
               LabelSetTable& label_sets, Options options);
  ~FileFollower();
  FileFollower(const FileFollower&) = delete;
  FileFollower& operator=(const FileFollower&) = delete;

  void handle(FileCommand command);
  // Takes watcher events and does what is due.
  void poll(SteadyTime now);

  // The next source to read, in turn; nullptr: none. It is not given again before
  // read_returned() or read_failed().
  Source* next_ready(SteadyTime now);
  // How many wait to be read, those included that turn out to have to wait for others.
  std::size_t ready() const { return ready_.size(); }
  void read_returned(Source& source, Source::Outcome outcome);
  void read_failed(Source& source, const Error& error);

  // When poll() has something to do even without events. Ready sources do not count.
  SteadyTime next_deadline() const;
  std::vector<FileReport> take_reports();
  // Sources whose resume point changed other than by consume(): adopted, renamed, moved, ended.
  std::vector<SourceId> take_changed();
  Source* find(SourceId source);
  void forget_ended(SourceId source);

  // A file with something unread, or with a change that was not looked at yet.
  struct Lag {
    const FileTailer* file = nullptr;   // Valid until the next call of anything that is not const.
    std::uint64_t bytes = 0;            // Unknown, and 0, for files that count lines.
    std::chrono::nanoseconds since{0};  // When it was last known to be read to its end.
  };
  // Looks at the size of each such file.
  std::vector<Lag> lags(SteadyTime now) const;
  // Every file that is followed, for metrics.
  void for_each(const std::function<void(const FileTailer&)>& visit) const;
  const Counters& counters() const { return counters_; }
  // Files that are open and could not be watched.
  std::uint64_t polled() const;
  // Lost bytes by label path and reason; what is beyond kLostKeysMax is under an empty path.
  const std::map<std::pair<std::string, std::string>, std::uint64_t>& lost() const { return lost_; }
  static constexpr std::size_t kLostKeysMax = 1000;

 private:
  // How far a file is that is rotated away.
  enum class Retirement { kNone, kWaiting, kDue };

  struct Followed {
    std::unique_ptr<FileTailer> tailer;
    bool queued = false;  // In ready_, or with the worker.
    bool watched = false;
    bool reported = false;  // kDisplaced; waits for the answer.
    bool lost = false;      // LoseFile came; ends when its predecessor has.
    bool settled = false;   // Its successors may be read.
    bool settle_wanted = false;
    bool warned_of_nuls = false;
    std::uint64_t nul_bytes_counted = 0;
    bool warned_of_damage = false;
    std::uint8_t identified = 0;  // How much the main thread was told of the fingerprint.
    AfterEnd after = AfterEnd::kEnd;
    Retirement retirement = Retirement::kNone;
    std::uint32_t failures = 0;  // In a row.
    SteadyTime retire_at = SteadyTime::max();
    SteadyTime look_at = SteadyTime::max();       // Gathering, back-off, polling.
    SteadyTime timer = SteadyTime::max();         // The earliest of both, as it is in timers_.
    SteadyTime changed{};                         // As it is in open_order_, when open.
    SteadyTime behind_since = SteadyTime::max();  // max: it is read to its end.
  };

  void adopt(AdoptFile command);
  void move(MoveFile command);
  void lose(SourceId source);
  void retire(Followed& file, AfterEnd after, SteadyTime when);
  void release(SourceId source);
  void nudge(Followed& file);
  void rename(Followed& file, std::string path);

  Followed* followed(SourceId source);
  void enqueue(Followed& file);
  void schedule_look(Followed& file, SteadyTime when);
  void set_timer(Followed& file);
  void on_timer(Followed& file, SteadyTime now);
  void changed_event(Followed& file, SteadyTime now);
  void look(Followed& file);
  bool blocked(Followed& file);
  void want_settled(Followed& predecessor);
  void settle(Followed& file);
  bool open(Followed& file);
  void close(Followed& file);
  void keep_open_files_bounded(const Followed& newest);
  void touch_open(Followed& file, SteadyTime now);
  void failed(Followed& file, const Error& error);
  void displaced(Followed& file);
  void finish(Followed& file);
  void report(FileReport::Kind kind, const Followed& file, std::string message);
  void identified(Followed& file);
  void warn_of_nuls(Followed& file);

  FileSystem& file_system_;
  const Clock& clock_;
  Log& log_;
  FileWatcher& watcher_;
  LabelSetTable& label_sets_;
  const Options options_;

  std::unordered_map<SourceId, Followed> files_;
  std::deque<SourceId> ready_;
  std::set<std::pair<SteadyTime, SourceId>> timers_;
  std::set<std::pair<SteadyTime, SourceId>> open_order_;  // By last change.
  std::multimap<SourceId, SourceId> waiting_;             // Predecessor -> who waits for it.
  std::vector<FileReport> reports_;
  std::set<SourceId> changed_;
  Counters counters_;
  std::map<std::pair<std::string, std::string>, std::uint64_t> lost_;
  bool warned_of_watches_ = false;
};

}  // namespace tailrace::tailer
