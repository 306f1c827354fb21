// A file watcher whose events come from the test, or from looking at what is watched.
#pragma once

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tailer/file_watcher.h"

namespace tailrace::testing {

// Works as inotify does, for any FileSystem: take_events() compares what is watched with what it
// was at the last call, so every change since then is told, without any waiting. (A file that was
// rewritten with the same size, time and last bytes looks unchanged: inject() its event.)
//
// Ownership: borrows the file system and the watched files.
// Threading: one thread.
class FakeWatcher final : public tailer::FileWatcher {
 public:
  explicit FakeWatcher(FileSystem& file_system) : file_system_(file_system) {}

  Status watch_file(tailer::WatchToken token, File& file) override {
    if (refuse_code_) return fail(*refuse_code_, "watch refused by the test");
    watches_.insert_or_assign(
        token, Watch{.file = &file, .directory = {}, .state = look(file), .names = {}});
    return {};
  }

  Status watch_directory(tailer::WatchToken token, const std::string& directory) override {
    if (refuse_code_) return fail(*refuse_code_, "watch refused by the test");
    const Result<FileStat> stat = file_system_.stat(directory);
    if (!stat) return fail(stat.error());
    if (stat->kind != FileKind::kDirectory) return fail(ENOTDIR, directory + " is no directory");
    // Behind links, as the kernel: what is watched is the directory, not the name.
    const Result<std::string> real = file_system_.real_path(directory);
    if (!real) return fail(real.error());
    watches_.insert_or_assign(token, Watch{.file = nullptr,
                                           .directory = *real,
                                           .inode = stat->inode,
                                           .state = {},
                                           .names = list(*real)});
    return {};
  }

  void unwatch(tailer::WatchToken token) override {
    watches_.erase(token);
    std::erase_if(injected_, [&](const tailer::FileEvent& event) {
      return event.token == token && event.kind != tailer::FileEvent::Kind::kOverflow;
    });
  }

  std::vector<tailer::FileEvent> take_events() override {
    std::vector<tailer::FileEvent> events = std::exchange(injected_, {});
    std::vector<tailer::FileEvent> seen = compare();
    if (!deaf_) std::move(seen.begin(), seen.end(), std::back_inserter(events));
    return events;
  }

  int descriptor() const override { return -1; }

  // ---- For tests. ----

  // The next take_events() gives this first.
  void inject(tailer::FileEvent event) { injected_.push_back(std::move(event)); }

  // What changed up to now is not told, only that events were lost.
  void overflow() {
    compare();
    inject({.kind = tailer::FileEvent::Kind::kOverflow, .token = 0, .name = {}});
  }
  // What changed up to now is not told at all.
  void lose_events() { compare(); }

  // While deaf, changes are not told, as on a network file system.
  void become_deaf() { deaf_ = true; }
  void become_hearing() { deaf_ = false; }

  // watch_*() fails with `code` (ENOSPC: watches are used up) until allow_watches().
  void refuse_watches(int code) { refuse_code_ = code; }
  void allow_watches() { refuse_code_.reset(); }

  bool watches(tailer::WatchToken token) const { return watches_.contains(token); }
  std::size_t size() const { return watches_.size(); }
  // Sorted, without links.
  std::vector<std::string> watched_directories() const {
    std::vector<std::string> result;
    for (const auto& [token, watch] : watches_) {
      if (watch.file == nullptr) result.push_back(watch.directory);
    }
    std::sort(result.begin(), result.end());
    return result;
  }

 private:
  struct FileState {
    std::uint64_t size = 0;
    WallTime modified{};
    std::string last_bytes;
    bool readable = false;
    friend bool operator==(const FileState&, const FileState&) = default;
  };
  using Inodes = std::map<std::string, std::uint64_t>;
  struct Watch {
    File* file = nullptr;
    std::string directory;
    std::uint64_t inode = 0;
    FileState state;
    Inodes names;
    bool gone = false;
  };

  static FileState look(File& file) {
    const Result<FileStat> stat = file.stat();
    if (!stat) return {};
    std::array<char, 256> bytes{};
    const std::uint64_t from = stat->size - std::min<std::uint64_t>(stat->size, bytes.size());
    const Result<std::size_t> size = file.read_at(from, bytes);
    return {.size = stat->size,
            .modified = stat->modified,
            .last_bytes = size ? std::string(bytes.data(), *size) : std::string(),
            .readable = true};
  }

  Inodes list(const std::string& directory) {
    Inodes result;
    const auto entries = file_system_.list(directory);
    if (!entries) return result;
    for (const DirectoryEntry& entry : *entries) {
      const auto stat = file_system_.link_stat(directory + "/" + entry.name);
      if (stat) result.emplace(entry.name, stat->inode);
    }
    return result;
  }

  std::vector<tailer::FileEvent> compare() {
    using Kind = tailer::FileEvent::Kind;
    std::vector<tailer::FileEvent> events;
    for (auto& [token, watch] : watches_) {
      if (watch.file != nullptr) {
        FileState state = look(*watch.file);
        if (state != watch.state) {
          events.push_back({.kind = Kind::kModified, .token = token, .name = {}});
        }
        watch.state = std::move(state);
        continue;
      }
      if (watch.gone) continue;
      const Result<FileStat> stat = file_system_.stat(watch.directory);
      watch.gone = !stat || stat->inode != watch.inode;
      Inodes names = watch.gone ? Inodes{} : list(watch.directory);
      for (const auto& [name, inode] : watch.names) {
        const auto now = names.find(name);
        if (now == names.end() || now->second != inode) {
          events.push_back({.kind = Kind::kDirectory, .token = token, .name = name});
        }
      }
      for (const auto& [name, inode] : names) {
        if (!watch.names.contains(name)) {
          events.push_back({.kind = Kind::kDirectory, .token = token, .name = name});
        }
      }
      if (watch.gone) {
        events.push_back({.kind = Kind::kDirectory, .token = token, .name = {}});
      }
      watch.names = std::move(names);
    }
    return events;
  }

  FileSystem& file_system_;
  std::map<tailer::WatchToken, Watch> watches_;
  std::vector<tailer::FileEvent> injected_;
  std::optional<int> refuse_code_;
  bool deaf_ = false;
};

}  // namespace tailrace::testing
