// What the main thread knows of every file that is or was followed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/file_system.h"
#include "model/resume_point.h"
#include "tailer/file_commands.h"

namespace tailrace::tailer {

// One source, as the main thread sees it.
struct KnownFile {
  enum class State {
    kWaiting,   // From the outbox, or released; no worker follows it.
    kFollowed,  // By its worker.
    kRetired,   // Its name is gone or has a newer file; its worker reads it to its end.
    kEnded,     // Read to its end for good; kept for a day, to know the file by.
  };
  static constexpr std::size_t kNoTarget = std::numeric_limits<std::size_t>::max();

  // Path and identity are as they are now, position and before_hash as they were last told.
  ResumePoint point;
  State state = State::kWaiting;
  std::size_t target = kNoTarget;
  AfterEnd after = AfterEnd::kEnd;  // When retired.
  std::uint32_t worker = 0;
  std::uint64_t size = 0;                // As last seen.
  std::int64_t adopted_modified_ns = 0;  // point.modified_ns at its adoption.
  std::uint64_t adopted_pass = 0;        // The pass of FileSet in which it was adopted.
  SteadyTime adopted_at{};
  bool attached_changed = false;    // A restart found it otherwise than its resume point says.
  std::uint32_t displacements = 0;  // kDisplaced without progress in between.

  bool active() const { return state == State::kFollowed || state == State::kRetired; }
};

// All known files by source, by inode and by label path.
//
// Threading: confined to the main thread.
class FileTable {
 public:
  KnownFile& add(KnownFile file);
  void erase(SourceId source);
  KnownFile* find(SourceId source);
  // Changes the file's identity to what `stat` says.
  void bind(KnownFile& file, const FileStat& stat);
  // Its inode is another file's now.
  void unbind(KnownFile& file);
  void set_path(KnownFile& file, const std::string& path);

  // In order of SourceId, which is the order of adoption.
  std::map<SourceId, KnownFile>& files() { return files_; }
  const std::map<SourceId, KnownFile>& files() const { return files_; }
  std::vector<KnownFile*> with_inode(std::uint64_t inode);
  std::vector<KnownFile*> at_path(const std::string& path);
  // Of one target, with this label path or one of the same family.
  std::vector<KnownFile*> with_name(std::size_t target, const std::string& label_path);
  std::vector<KnownFile*> of_family(std::size_t target, const std::string& family);
  // The newest with this label path; nullptr: the name was never followed.
  KnownFile* newest_of(std::size_t target, const std::string& label_path);

 private:
  // By the hash of a path, which costs half the memory of the path itself.
  using PathIndex = std::unordered_multimap<std::size_t, SourceId>;
  void erase_inode(const KnownFile& file);

  std::map<SourceId, KnownFile> files_;
  std::unordered_multimap<std::uint64_t, SourceId> by_inode_;
  PathIndex by_family_;
  PathIndex by_path_;
};

}  // namespace tailrace::tailer
