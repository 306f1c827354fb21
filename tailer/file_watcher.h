// What tells that files changed: inotify's in production, polling where it is not to be had, a
// scripted twin in tests.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/file_system.h"
#include "base/result.h"

namespace tailrace::tailer {

// Names a watch; chosen by the caller.
using WatchToken = std::uint64_t;

struct FileEvent {
  enum class Kind {
    kModified,   // An open file grew, shrank or was otherwise changed.
    kDirectory,  // Something was created, moved or deleted in a directory; `name` says what.
    kOverflow,   // Events were lost: look at everything.
  };
  Kind kind = Kind::kModified;
  WatchToken token = 0;
  std::string name;  // kDirectory: the entry's name; empty when the directory itself went.
};

// Ownership: borrows the files it watches: unwatch() comes before closing.
// Threading: confined to one thread (main for directories, a worker for open files).
// Errors: watch_*() fails with ENOSPC when the kernel's watches are used up; the caller polls then.
class FileWatcher {
 public:
  virtual ~FileWatcher() = default;
  // The open file itself, whatever its name is or becomes. A token that is in use names the new
  // watch from now on; so also below.
  virtual Status watch_file(WatchToken token, File& file) = 0;
  // CREATE, MOVED and DELETE in `directory` (not below it).
  virtual Status watch_directory(WatchToken token, const std::string& directory) = 0;
  // No event of `token` follows. An unknown token is fine.
  virtual void unwatch(WatchToken token) = 0;
  // Events since the last call. Never waits.
  virtual std::vector<FileEvent> take_events() = 0;
  // For an event loop: readable when take_events() has something; -1: none, poll.
  virtual int descriptor() const = 0;
};

}  // namespace tailrace::tailer
