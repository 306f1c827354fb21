// Finds what a path pattern matches: the part of PathGlob that looks at the disk.
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/file_system.h"
#include "tailer/path_glob.h"

namespace tailrace::tailer {

// Whether `name` (no slash in it) is one that the segment means. Not for kAnyDepth.
bool matches_name(const PathGlob::Segment& segment, std::string_view name);

// One look at the disk for one pattern.
//
// Links to directories are followed, also below `**`; there, a directory that is its own ancestor
// is not entered again, so that a loop of links ends and its files are found once.
//
// Ownership: borrows the file system and, during take(), the alternative.
class PathWalk {
 public:
  explicit PathWalk(FileSystem& file_system) : file_system_(file_system) {}

  // A file of exactly this name is the only match. Returns whether there is one.
  bool take_literal(const std::string& path);
  void take(const PathGlob::Alternative& alternative);
  PathGlob::Matches finish();

 private:
  // A directory, and the `**` (its index) below which it was entered.
  struct Ancestor {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::size_t segment = 0;
    friend bool operator==(const Ancestor&, const Ancestor&) = default;
  };

  void enter(const std::string& directory, std::size_t segment,
             const std::vector<DirectoryEntry>* entries);
  void enter_literal(const std::string& directory, std::size_t segment);
  void enter_wild(const std::string& directory, std::size_t segment,
                  const std::vector<DirectoryEntry>& entries);
  void enter_any_depth(const std::string& directory, std::size_t segment);
  void add_file(const std::string& path, FileKind link_kind);
  bool only_any_depth_from(std::size_t segment) const;

  FileSystem& file_system_;
  const PathGlob::Alternative* alternative_ = nullptr;  // The one that take() works on.
  bool several_any_depth_ = false;
  std::vector<Ancestor> ancestors_;                        // Outermost first.
  std::set<std::pair<std::string, std::size_t>> entered_;  // Kept when there are several `**`.
  std::size_t visits_ = 0;
  PathGlob::Matches matches_;
};

}  // namespace tailrace::tailer
