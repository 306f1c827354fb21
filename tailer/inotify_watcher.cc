// inotify, and the translation of its events.
#include "tailer/inotify_watcher.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace tailrace::tailer {
namespace {

constexpr std::uint32_t kFileMask = IN_MODIFY;
constexpr std::uint32_t kDirectoryMask = IN_CREATE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE |
                                         IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;
// The directory itself went, or the kernel ended the watch for a reason of its own.
constexpr std::uint32_t kSelfGone = IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED;

// So that writers who never pause cannot keep take_events() from returning.
constexpr int kReadsMax = 16;

tl::unexpected<Error> system_failure(int code, const std::string& what) {
  return fail(code, what + ": " + std::generic_category().message(code));
}

}  // namespace

Result<std::unique_ptr<InotifyWatcher>> InotifyWatcher::create() {
  const int descriptor = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (descriptor < 0) return system_failure(errno, "inotify_init1");
  return std::make_unique<InotifyWatcher>(descriptor);
}

InotifyWatcher::~InotifyWatcher() {
  close(descriptor_);
}

Status InotifyWatcher::watch_file(WatchToken token, File& file) {
  const std::string link = "/proc/self/fd/" + std::to_string(file.descriptor());
  return add(token, link, kFileMask);
}

Status InotifyWatcher::watch_directory(WatchToken token, const std::string& directory) {
  return add(token, directory, kDirectoryMask);
}

// The old watch of the token goes last: when it is on the same inode, the descriptor stays.
Status InotifyWatcher::add(WatchToken token, const std::string& path, std::uint32_t mask) {
  const int watch = inotify_add_watch(descriptor_, path.c_str(), mask);
  if (watch < 0) return system_failure(errno, "watch " + path);
  const auto before = descriptors_.find(token);
  if (before != descriptors_.end() && before->second == watch) return {};
  unwatch(token);
  descriptors_[token] = watch;
  Watch& entry = watches_[watch];
  entry.directory = (mask & IN_ONLYDIR) != 0;
  entry.tokens.push_back(token);
  return {};
}

void InotifyWatcher::unwatch(WatchToken token) {
  const auto found = descriptors_.find(token);
  if (found == descriptors_.end()) return;
  const int watch = found->second;
  descriptors_.erase(found);
  const auto entry = watches_.find(watch);
  std::erase(entry->second.tokens, token);
  if (!entry->second.tokens.empty()) return;
  watches_.erase(entry);
  // Fails when the kernel ended the watch already and IN_IGNORED is still in the queue.
  inotify_rm_watch(descriptor_, watch);
}

std::vector<FileEvent> InotifyWatcher::take_events() {
  std::vector<FileEvent> events;
  Seen seen;
  alignas(inotify_event) std::array<char, 32U << 10U> buffer;
  for (int reads = 0; reads < kReadsMax; ++reads) {
    const ssize_t size = read(descriptor_, buffer.data(), buffer.size());
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) break;
    const char* at = buffer.data();
    const char* const end = at + size;
    while (at < end) {
      inotify_event event;
      std::memcpy(&event, at, sizeof(event));
      // The name is padded with NULs to event.len, which is 0 where there is none.
      const char* const name = at + sizeof(event);
      translate({.watch = event.wd,
                 .mask = event.mask,
                 .name = event.len == 0 ? std::string() : std::string(name)},
                events, seen);
      at = name + event.len;
    }
  }
  return events;
}

// An event of a watch that is not known (any more) was in the queue when unwatch() was called.
void InotifyWatcher::translate(const KernelEvent& event, std::vector<FileEvent>& events,
                               Seen& seen) {
  if ((event.mask & IN_Q_OVERFLOW) != 0) {
    events.push_back({.kind = FileEvent::Kind::kOverflow, .token = 0, .name = {}});
    return;
  }
  const auto found = watches_.find(event.watch);
  if (found == watches_.end()) return;
  const bool self_gone = (event.mask & kSelfGone) != 0;
  const Watch& watch = found->second;
  const auto kind = watch.directory ? FileEvent::Kind::kDirectory : FileEvent::Kind::kModified;
  const std::string name = self_gone ? std::string() : event.name;
  for (const WatchToken token : watch.tokens) {
    if (seen.emplace(token, name).second) {
      events.push_back({.kind = kind, .token = token, .name = name});
    }
  }
  if ((event.mask & IN_IGNORED) != 0) {
    for (const WatchToken token : watch.tokens)
      descriptors_.erase(token);
    watches_.erase(found);
  }
}

}  // namespace tailrace::tailer
