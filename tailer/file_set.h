// Which files are followed, from where, on which worker: targets and globs against what is on disk.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/file_system.h"
#include "base/log.h"
#include "tailer/file_commands.h"
#include "tailer/file_table.h"
#include "tailer/file_target.h"
#include "tailer/file_watcher.h"
#include "tailer/folder_view.h"

namespace tailrace::tailer {

// Finds files, recognises them (rotation.h), and tells the workers by commands. It holds no file
// open. docs/tailing.md has the rules.
//
// Everything is decided from what is on disk now; events only say where to look. So events may be
// late, doubled or lost: a full sync every Options::sweep_period comes to the same result.
//
// Ownership: borrows what the constructor takes.
// Threading: confined to the main thread. Options::post is called from it.
// Errors: a folder or file that cannot be looked at is tried again at the next full sync.
class FileSet {
 public:
  enum class Sync {
    kEvents,  // What the watcher told and what is due.
    kFull,    // Every pattern and every file.
  };

  struct Options {
    std::uint32_t workers = 1;
    std::function<void(std::uint32_t worker, FileCommand)> post;
    std::function<SourceId()> new_source_id;  // Never used before, also not in earlier runs.
    std::chrono::nanoseconds sweep_period = std::chrono::seconds(60);
    // Instead of the above when a folder cannot be watched (target_config.sync_period).
    std::chrono::nanoseconds sync_period = std::chrono::seconds(10);
    // So long may a new file that could be a copy of a followed one stay undecided.
    std::chrono::nanoseconds copy_patience = std::chrono::seconds(10);
    // A missed generation was last written at most so much later than the file that came after it.
    std::chrono::nanoseconds rotation_wait = std::chrono::seconds(60);
    std::chrono::nanoseconds known_for = std::chrono::hours(24);  // Ended files.
  };

  struct Counters {
    std::uint64_t adopted = 0;
    std::uint64_t missed_generations = 0;
    std::uint64_t copies_read = 0;     // Rests taken from a copy.
    std::uint64_t copies_missing = 0;  // Rewritten files without one.
    std::uint64_t failures = 0;        // Files that could not be opened or read.
  };

  FileSet(FileSystem& file_system, const Clock& clock, Log& log, FileWatcher& watcher,
          Options options);

  // What an earlier run knew; before the first sync().
  void recover(std::vector<RecoveredFile> files, std::vector<KnownPosition> positions);
  // At start and at a reload; a full sync follows with the next sync(). A target that was there
  // before keeps its files; a file that another target takes over keeps its place.
  void set_targets(std::vector<FileTarget> targets);
  void sync(SteadyTime now, Sync how);
  void handle_report(std::uint32_t worker, const FileReport& report);
  SteadyTime next_deadline() const;

  std::size_t target_count() const { return targets_.size(); }
  const Counters& counters() const { return counters_; }
  // Every file that is followed or retired, for status pages and tests.
  void for_each(const std::function<void(const KnownFile&)>& visit) const;

 private:
  // A new file that may be a copy of one that is followed.
  struct Suspect {
    SteadyTime since{};
    SteadyTime next{};
    std::uint64_t size = 0;
  };
  struct Target {
    FileTarget what;
    std::map<std::string, SourceId> holders;        // Path -> the file that is there now.
    std::map<std::string, Suspect> suspects;        // By path.
    std::map<std::uint64_t, std::uint64_t> copies;  // Inode -> size of a known copy.
  };
  using TargetIndex = std::size_t;
  // A file to be followed from now on.
  struct Adoption {
    std::string path;
    std::string label_path;
    FileStat stat;
    SourceId predecessor = 0;
    enum class As { kCurrent, kGeneration } as = As::kCurrent;
  };

  // file_set.cc: the round.
  void full_sync(SteadyTime now);
  void take_events();
  void look_at_event(const std::string& path);
  void watch(std::set<std::string> directories);
  void look_at_suspects(SteadyTime now);
  void forget_old();
  void run_dirty();
  void post(const KnownFile& file, FileCommand command);
  AdoptFile adoption_of(const KnownFile& file) const;
  std::uint32_t least_loaded();

  // file_set_names.cc: which file is behind a name.
  void reconcile(TargetIndex target, const std::string& path);
  std::optional<FileStat> stat_file(const std::string& path);
  KnownFile* owner_of(TargetIndex target, const std::string& path, const FileStat& stat);
  bool is_still_at_its_path(const KnownFile& file);
  void move_name(KnownFile& file, const std::string& path);
  void lose_name(KnownFile& file);
  const Candidate* find_by_inode(const KnownFile& file);
  bool was_truncated(const KnownFile& file);
  std::vector<std::string> folders_of(const KnownFile& file);
  std::vector<std::string> folders_of(const std::string& path);
  void retire(KnownFile& file, AfterEnd after);
  AfterEnd after_end(const KnownFile& file) const;
  bool is_rotated(const KnownFile& file) const;
  void note_stat(KnownFile& file, const FileStat& stat);

  // file_set_adopt.cc: new files.
  void adopt_new(TargetIndex target, const std::string& path, const FileStat& stat,
                 KnownFile* holder);
  KnownFile* adopt(TargetIndex target, const Adoption& adoption);
  SourceId adopt_generations(TargetIndex target, const std::vector<Candidate>& generations,
                             const std::string& name, SourceId predecessor);
  bool adopt_as_generation(TargetIndex target, const std::string& path, const FileStat& stat);
  void look_for_missed(KnownFile& file);
  void look_for_unborn(TargetIndex target, const std::string& name);
  void adopt_again(KnownFile& ended, const std::string& path, const FileStat& stat);
  bool wanted(const Target& target, const std::string& path, const FileStat& stat);
  std::vector<Candidate> missed_generations(TargetIndex target, const KnownFile& known,
                                            const std::string& path, const FileStat& successor);
  void set_start(KnownFile& file, const FileStat& stat, File* content);
  std::vector<Candidate> generations_of(const std::string& path);
  bool is_being_compressed(const std::string& path);
  void note_link(const std::string& path);
  Compression compression_of(const Target& target, const std::string& path,
                             const std::string& label_path) const;
  enum class CopyGuess { kNo, kMaybe };
  CopyGuess compare_with(KnownFile& file, const std::string& path, const FileStat& stat);
  bool is_copy_of(KnownFile& file, const std::string& path, const FileStat& stat);
  void refresh_head(KnownFile& file);
  void take_head(KnownFile& file);
  bool put_off(TargetIndex target, const std::string& path, const FileStat& stat);

  // file_set_recover.cc: where content went.
  void attach_waiting();
  std::optional<TargetIndex> target_for(const KnownFile& file);
  void attach(KnownFile& file, TargetIndex target);
  void follow_attached(KnownFile& file);
  bool apply_known_position(KnownFile& file);
  std::optional<FoundCopy> locate(KnownFile& file);
  std::vector<Candidate> copies_of(const KnownFile& file);
  void displaced(KnownFile& file);
  void move_content(KnownFile& file, const FoundCopy& copy);

  FileSystem& file_system_;
  const Clock& clock_;
  Log& log_;
  FileWatcher& watcher_;
  const Options options_;

  std::vector<Target> targets_;
  FileTable table_;
  FolderView folders_;
  std::map<std::string, KnownPosition> known_positions_;
  std::map<std::string, WatchToken> watched_;  // Folders.
  std::map<WatchToken, std::string> watch_names_;
  WatchToken next_token_ = 1;
  // What a matched path leads to, when links are involved -> the matched paths.
  std::map<std::string, std::set<std::string>> link_targets_;
  std::map<std::string, std::string> real_paths_;  // The other way round.
  std::set<std::pair<TargetIndex, std::string>> dirty_;
  std::vector<std::size_t> loads_;  // Files per worker, counted once per pass.
  std::uint64_t pass_ = 0;
  SteadyTime next_full_ = SteadyTime::min();
  bool all_watched_ = true;
  bool attach_needed_ = false;
  bool first_sync_ = true;
  std::set<std::string> warned_;  // Compressed files that were left out.
  Counters counters_;
};

}  // namespace tailrace::tailer
