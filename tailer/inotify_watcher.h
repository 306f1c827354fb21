// File events from the kernel: one inotify instance.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/file_system.h"
#include "base/result.h"
#include "tailer/file_watcher.h"

namespace tailrace::tailer {

// An open file is watched through /proc/self/fd/N, so its name does not matter. The kernel gives
// two watches on one inode the same descriptor; each one keeps the tokens that share it.
//
// Ownership: owns the inotify descriptor.
// Errors: watch_*() fails with the kernel's errno: ENOSPC (fs.inotify.max_user_watches), ENOENT
//   (no such directory, or /proc is not mounted). create() fails with EMFILE when the user's
//   instances are used up.
class InotifyWatcher final : public FileWatcher {
 public:
  static Result<std::unique_ptr<InotifyWatcher>> create();
  // Takes over an inotify descriptor that does not block. For create().
  explicit InotifyWatcher(int descriptor) : descriptor_(descriptor) {}
  ~InotifyWatcher() override;
  InotifyWatcher(const InotifyWatcher&) = delete;
  InotifyWatcher& operator=(const InotifyWatcher&) = delete;

  Status watch_file(WatchToken token, File& file) override;
  Status watch_directory(WatchToken token, const std::string& directory) override;
  void unwatch(WatchToken token) override;
  // Events that say the same are one. Reads at most a few hundred KiB of events; the descriptor
  // stays readable when there are more.
  std::vector<FileEvent> take_events() override;
  int descriptor() const override { return descriptor_; }

 private:
  struct Watch {
    bool directory = false;
    std::vector<WatchToken> tokens;
  };
  // What one take_events() has reported already.
  using Seen = std::set<std::pair<WatchToken, std::string>>;

  struct KernelEvent {
    int watch = 0;
    std::uint32_t mask = 0;
    std::string name;
  };

  Status add(WatchToken token, const std::string& path, std::uint32_t mask);
  void translate(const KernelEvent& event, std::vector<FileEvent>& events, Seen& seen);

  const int descriptor_;
  std::map<int, Watch> watches_;  // By watch descriptor; the kernel does not reuse these soon.
  std::map<WatchToken, int> descriptors_;
};

}  // namespace tailrace::tailer
