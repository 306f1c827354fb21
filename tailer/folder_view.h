// What lies in folders, listed once per pass however often it is asked for.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/file_system.h"
#include "tailer/rotation.h"

namespace tailrace::tailer {

// At midnight thousands of files of one folder are rotated at once; listing it for each would take
// minutes.
//
// Ownership: borrows the file system. What is returned dies at forget().
// Threading: confined to one thread.
// Errors: a folder that cannot be listed is empty.
class FolderView {
 public:
  explicit FolderView(FileSystem& file_system) : file_system_(file_system) {}

  // The regular files of `directory`, behind no link, by path.
  std::span<const Candidate> files(const std::string& directory) { return folder(directory).files; }
  // Those whose path begins with `prefix`.
  std::span<const Candidate> with_prefix(const std::string& directory, std::string_view prefix) {
    const std::vector<Candidate>& all = folder(directory).files;
    const auto first = std::lower_bound(
        all.begin(), all.end(), prefix,
        [](const Candidate& file, std::string_view wanted) { return file.path < wanted; });
    const auto last = std::find_if(
        first, all.end(), [&](const Candidate& file) { return !file.path.starts_with(prefix); });
    return {first, last};
  }
  // nullptr: no file there has this inode.
  const Candidate* find(const std::string& directory, std::uint64_t inode) {
    const Folder& all = folder(directory);
    const auto found = all.by_inode.find(inode);
    return found == all.by_inode.end() ? nullptr : &all.files[found->second];
  }
  // Things may have changed: list anew.
  void forget() { folders_.clear(); }

 private:
  struct Folder {
    std::vector<Candidate> files;
    std::unordered_map<std::uint64_t, std::size_t> by_inode;
  };
  const Folder& folder(const std::string& directory) {
    const auto [place, added] = folders_.try_emplace(directory);
    Folder& all = place->second;
    if (!added) return all;
    all.files = list_files(file_system_, directory);
    std::sort(all.files.begin(), all.files.end(),
              [](const Candidate& a, const Candidate& b) { return a.path < b.path; });
    for (std::size_t i = 0; i < all.files.size(); ++i)
      all.by_inode.emplace(all.files[i].stat.inode, i);
    return all;
  }

  FileSystem& file_system_;
  std::map<std::string, Folder> folders_;
};

}  // namespace tailrace::tailer
