// The indices of the known files.
#include "tailer/file_table.h"

#include <algorithm>
#include <functional>
#include <string_view>
#include <utility>

#include "tailer/rotation.h"

namespace tailrace::tailer {

namespace {

std::size_t hash_of(std::string_view path) {
  return std::hash<std::string_view>()(path);
}

void erase_entry(std::unordered_multimap<std::size_t, SourceId>& index, std::string_view path,
                 SourceId source) {
  const auto [first, last] = index.equal_range(hash_of(path));
  for (auto it = first; it != last; ++it) {
    if (it->second != source) continue;
    index.erase(it);
    return;
  }
}

}  // namespace

KnownFile& FileTable::add(KnownFile file) {
  const SourceId id = file.point.source;
  erase(id);
  by_inode_.emplace(file.point.identity.inode, id);
  by_family_.emplace(hash_of(family_of(file.point.label_path)), id);
  by_path_.emplace(hash_of(file.point.path), id);
  return files_[id] = std::move(file);
}

void FileTable::erase_inode(const KnownFile& file) {
  const auto [first, last] = by_inode_.equal_range(file.point.identity.inode);
  for (auto it = first; it != last; ++it) {
    if (it->second != file.point.source) continue;
    by_inode_.erase(it);
    return;
  }
}

void FileTable::erase(SourceId source) {
  const auto found = files_.find(source);
  if (found == files_.end()) return;
  erase_inode(found->second);
  erase_entry(by_family_, family_of(found->second.point.label_path), source);
  erase_entry(by_path_, found->second.point.path, source);
  files_.erase(found);
}

KnownFile* FileTable::find(SourceId source) {
  const auto found = files_.find(source);
  return found == files_.end() ? nullptr : &found->second;
}

void FileTable::bind(KnownFile& file, const FileStat& stat) {
  erase_inode(file);
  file.point.identity.device = stat.device;
  file.point.identity.inode = stat.inode;
  by_inode_.emplace(stat.inode, file.point.source);
}

void FileTable::unbind(KnownFile& file) {
  bind(file, FileStat{});
}

void FileTable::set_path(KnownFile& file, const std::string& path) {
  erase_entry(by_path_, file.point.path, file.point.source);
  file.point.path = path;
  by_path_.emplace(hash_of(path), file.point.source);
}

std::vector<KnownFile*> FileTable::at_path(const std::string& path) {
  std::vector<KnownFile*> result;
  const auto [first, last] = by_path_.equal_range(hash_of(path));
  for (auto it = first; it != last; ++it) {
    KnownFile& file = files_.at(it->second);
    if (file.point.path == path) result.push_back(&file);
  }
  return result;
}

std::vector<KnownFile*> FileTable::with_inode(std::uint64_t inode) {
  std::vector<KnownFile*> result;
  const auto [first, last] = by_inode_.equal_range(inode);
  for (auto it = first; it != last; ++it)
    result.push_back(&files_.at(it->second));
  return result;
}

std::vector<KnownFile*> FileTable::of_family(std::size_t target, const std::string& family) {
  std::vector<KnownFile*> result;
  const auto [first, last] = by_family_.equal_range(hash_of(family));
  for (auto it = first; it != last; ++it) {
    KnownFile& file = files_.at(it->second);
    if (file.target == target && family_of(file.point.label_path) == family) {
      result.push_back(&file);
    }
  }
  std::sort(result.begin(), result.end(), [](const KnownFile* a, const KnownFile* b) {
    return a->point.source < b->point.source;
  });
  return result;
}

std::vector<KnownFile*> FileTable::with_name(std::size_t target, const std::string& label_path) {
  std::vector<KnownFile*> result = of_family(target, family_of(label_path));
  std::erase_if(result,
                [&](const KnownFile* file) { return file->point.label_path != label_path; });
  return result;
}

KnownFile* FileTable::newest_of(std::size_t target, const std::string& label_path) {
  // The last of the chain; a missed generation in the middle of it may have a later number.
  const std::vector<KnownFile*> files = with_name(target, label_path);
  for (auto it = files.rbegin(); it != files.rend(); ++it) {
    const bool has_successor = std::any_of(files.begin(), files.end(), [&](const KnownFile* file) {
      return file->point.predecessor == (*it)->point.source;
    });
    if (!has_successor) return *it;
  }
  return files.empty() ? nullptr : files.back();
}

}  // namespace tailrace::tailer
