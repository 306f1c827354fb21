// File events by looking: for file systems and machines where inotify tells nothing.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/file_system.h"
#include "config/config.h"
#include "tailer/file_watcher.h"

namespace tailrace::tailer {

// Compares what stat() and list() say with what they said before. Each thing watched is looked at
// after min_poll_frequency; while nothing changes, the pause doubles up to max_poll_frequency
// (docs/compatibility.md, reading files).
//
// A directory is listed again when its time of change moved, or when that is so young that a later
// change may have got the same time.
//
// Ownership: borrows the file system, the clock and the watched files.
// Errors: a file or directory that cannot be looked at counts as changed, once; its owner finds
// out.
class PollingWatcher final : public FileWatcher {
 public:
  PollingWatcher(FileSystem& file_system, const Clock& clock,
                 const config::FileWatchConfig& periods);

  // Fails when the file or directory cannot be looked at now.
  Status watch_file(WatchToken token, File& file) override;
  Status watch_directory(WatchToken token, const std::string& directory) override;
  void unwatch(WatchToken token) override;
  // Looks at what is due.
  std::vector<FileEvent> take_events() override;
  int descriptor() const override { return -1; }

  // When take_events() has something to do next; max(): nothing is watched.
  SteadyTime next_look() const;

 private:
  using Inodes = std::map<std::string, std::uint64_t>;  // By name.

  struct Watch {
    File* file = nullptr;  // Set for a file, else:
    std::string directory;
    FileStat last;
    Inodes names;
    WallTime looked{};
    bool gone = false;
    std::chrono::nanoseconds pause{};
    SteadyTime next{};
  };

  void look_at_file(WatchToken token, Watch& watch, std::vector<FileEvent>& events);
  void look_at_directory(WatchToken token, Watch& watch, std::vector<FileEvent>& events);
  Result<Inodes> list(const std::string& directory);
  void start(WatchToken token, Watch watch);

  FileSystem& file_system_;
  const Clock& clock_;
  const std::chrono::nanoseconds pause_min_;
  const std::chrono::nanoseconds pause_max_;
  std::map<WatchToken, Watch> watches_;
};

}  // namespace tailrace::tailer
