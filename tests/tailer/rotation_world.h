// A small machine for rotation tests: a disk that other programs write to, FileSet, and workers.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "tailer/file_follower.h"
#include "tailer/file_set.h"
#include "tailer/polling_watcher.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/memory_file_system.h"

namespace tailrace::testing {

// What other programs do to files.
class Disk {
 public:
  virtual ~Disk() = default;
  virtual FileSystem& file_system() = 0;
  virtual std::string root() const = 0;
  virtual void append(const std::string& path, std::string_view text) = 0;
  // In place, like `> path`.
  virtual void overwrite(const std::string& path, std::string_view text) = 0;
  virtual void rename(const std::string& from, const std::string& to) = 0;
  virtual void remove(const std::string& path) = 0;
  virtual void symlink(const std::string& target, const std::string& path) = 0;
  virtual void hard_link(const std::string& existing, const std::string& path) = 0;
  virtual std::string content(const std::string& path) = 0;
  // logrotate's copytruncate, and its first half.
  void copy(const std::string& path, const std::string& to) { append(to, content(path)); }
  void copy_truncate(const std::string& path, const std::string& to) {
    copy(path, to);
    overwrite(path, "");
  }
};

class MemoryDisk final : public Disk {
 public:
  explicit MemoryDisk(const Clock& clock) : fs(clock) {
    static_cast<void>(fs.make_directories("/logs"));
  }
  FileSystem& file_system() override { return fs; }
  std::string root() const override { return "/logs"; }
  void append(const std::string& path, std::string_view text) override { fs.append(path, text); }
  void overwrite(const std::string& path, std::string_view text) override {
    fs.overwrite(path, text);
  }
  void rename(const std::string& from, const std::string& to) override {
    static_cast<void>(fs.rename(from, to));
  }
  void remove(const std::string& path) override { static_cast<void>(fs.remove(path)); }
  void symlink(const std::string& target, const std::string& path) override {
    static_cast<void>(fs.symlink(target, path));
  }
  void hard_link(const std::string& existing, const std::string& path) override {
    static_cast<void>(fs.hard_link(existing, path));
  }
  std::string content(const std::string& path) override {
    return fs.content(path).value_or(std::string());
  }

  MemoryFileSystem fs;
};

// The kernel's, in a new folder. Modification times are the fake clock's.
class PosixDisk final : public Disk {
 public:
  explicit PosixDisk(const Clock& clock);
  ~PosixDisk() override;
  FileSystem& file_system() override { return fs_; }
  std::string root() const override { return root_.string(); }
  void append(const std::string& path, std::string_view text) override;
  void overwrite(const std::string& path, std::string_view text) override;
  void rename(const std::string& from, const std::string& to) override;
  void remove(const std::string& path) override;
  void symlink(const std::string& target, const std::string& path) override;
  void hard_link(const std::string& existing, const std::string& path) override;
  std::string content(const std::string& path) override;

 private:
  void write(const std::string& path, std::string_view text, int flags);

  const Clock& clock_;
  PosixFileSystem fs_;
  std::filesystem::path root_;
};

// Forwards to a polling watcher, unless events get lost.
class LossyWatcher final : public tailer::FileWatcher {
 public:
  LossyWatcher(FileSystem& file_system, const Clock& clock);
  Status watch_file(tailer::WatchToken token, File& file) override;
  Status watch_directory(tailer::WatchToken token, const std::string& directory) override;
  void unwatch(tailer::WatchToken token) override { watcher_.unwatch(token); }
  std::vector<tailer::FileEvent> take_events() override;
  int descriptor() const override { return -1; }

  bool lose_events = false;
  bool refuse_watches = false;

 private:
  tailer::PollingWatcher watcher_;
};

// FileSet and workers around a disk. A step is a turn of each; reading, consuming and cutting as
// the real worker does it.
class RotationWorld {
 public:
  struct Options {
    std::uint32_t workers = 2;
    std::size_t buffer_bytes = 4096;
    std::size_t open_files_max = 1000;
    tailer::FileReadOptions read;
    bool cut_at_once = true;  // Otherwise lines stay uncut until cut().
  };

  RotationWorld(Disk& disk, FakeClock& clock, Options options);
  ~RotationWorld();

  std::string path(std::string_view name) const { return disk_.root() + "/" + std::string(name); }
  // A target for the next start(); `pattern` is below the root.
  void add_target(std::string job, std::string_view pattern, std::string_view exclude = {},
                  std::map<std::string, std::string> labels = {});
  void clear_targets() { targets_.clear(); }
  void apply_targets();  // A reload.

  void start();
  // The process ends; what was not cut is forgotten. Positions of an own file may be given.
  void stop();
  void restart() {
    stop();
    start();
  }
  void step(std::chrono::milliseconds by = std::chrono::milliseconds(100));
  void steps(int count) {
    for (int i = 0; i < count; ++i)
      step();
  }
  // Until everything that waits for a time is over.
  void settle();
  void cut();

  // Lines that were cut, in order, by the label they carry.
  std::vector<std::string> lines(std::string_view name) const;
  std::map<std::string, std::vector<std::string>> all_lines() const { return lines_; }

  tailer::FileSet& set() { return *set_; }
  tailer::FileFollower& follower(std::size_t worker) { return *workers_[worker]->follower; }
  std::map<SourceId, tailer::RecoveredFile>& points() { return points_; }

  bool reading = true;  // false: no room in the outbox.
  bool lose_events = false;
  bool refuse_watches = false;
  std::vector<tailer::KnownPosition> positions;  // For the next start().
  std::ostream* trace = nullptr;                 // Commands, reports and reads are written here.

 private:
  struct Worker {
    std::unique_ptr<LossyWatcher> watcher;
    LabelSetTable label_sets;
    std::unique_ptr<tailer::FileFollower> follower;
    std::vector<tailer::FileCommand> mailbox;
    std::vector<tailer::FileReport> reports;
  };

  bool turn_of_worker(std::uint32_t number);
  void read(Worker& worker, std::uint32_t number, Source& source);
  void remember(const Source& source, std::uint32_t number);

  Disk& disk_;
  FakeClock& clock_;
  const Options options_;
  Log log_;
  std::vector<tailer::FileTarget> targets_;
  std::unique_ptr<LossyWatcher> watcher_;
  std::unique_ptr<tailer::FileSet> set_;
  std::vector<std::unique_ptr<Worker>> workers_;
  SourceId last_source_ = 0;
  ReadBuffer buffer_;
  LineBlock block_;
  // As the outbox has them.
  std::map<SourceId, tailer::RecoveredFile> points_;
  std::map<std::string, std::vector<std::string>> lines_;
  // Since the last cut.
  std::map<SourceId, tailer::RecoveredFile> uncut_points_;
  std::vector<std::pair<std::string, std::string>> uncut_lines_;
};

}  // namespace tailrace::testing
