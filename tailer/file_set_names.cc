// Which known file is behind a name now, and where files went that are not behind theirs.
//
// reconcile() brings one (target, path) up to date with the disk. The cases:
//   nothing there            the holder of the name lost it: renamed or deleted
//   the holder               nothing to do
//   another known file       it was renamed to this name, or this is one more name (link) of it
//   an unknown file          a copy of a known one, or new: then the holder is its predecessor
// The known files whose names other files took are looked for in turn (lose_name), so a chain of
// renames (.2 to .3, .1 to .2, ...) is followed wherever one begins to look.
#include <algorithm>
#include <utility>

#include "tailer/file_set.h"

namespace tailrace::tailer {

std::optional<FileStat> FileSet::stat_file(const std::string& path) {
  const Result<FileStat> stat = file_system_.stat(path);
  if (!stat || stat->kind != FileKind::kRegular) return std::nullopt;
  return *stat;
}

void FileSet::note_stat(KnownFile& file, const FileStat& stat) {
  // Rewritten to the same size: only the time tells.
  const bool written = unix_nanoseconds(stat.modified) > file.point.modified_ns;
  if (written) file.point.modified_ns = unix_nanoseconds(stat.modified);
  if (file.size == stat.size && !written) return;
  file.size = stat.size;
  post(file, NudgeFile{file.point.source});
}

void FileSet::reconcile(TargetIndex index, const std::string& path) {
  Target& target = targets_[index];
  const std::optional<FileStat> stat = stat_file(path);
  const auto held = target.holders.find(path);
  KnownFile* holder = held == target.holders.end() ? nullptr : table_.find(held->second);
  if (holder == nullptr) {
    // A rotated file whose name does not match is nobody's holder; it may have been renamed on.
    for (KnownFile* const file : table_.at_path(path)) {
      if (file->target == index && file->active() &&
          !(stat && stat->inode == file->point.identity.inode)) {
        lose_name(*file);
      }
    }
  }
  if (!stat) {
    target.suspects.erase(path);
    if (holder != nullptr) lose_name(*holder);
    look_for_unborn(index, path);
    return;
  }
  if (!target.what.matches(path)) return;
  KnownFile* const owner = owner_of(index, path, *stat);
  if (owner != nullptr) {
    target.suspects.erase(path);
    if (owner == holder) return note_stat(*owner, *stat);
    const bool ended = owner->state == KnownFile::State::kEnded;
    if (!ended && is_still_at_its_path(*owner)) {
      // One more name for it.
      if (holder != nullptr) lose_name(*holder);
      return;
    }
    if (ended) {
      adopt_again(*owner, path, *stat);
    } else {
      move_name(*owner, path);
      note_stat(*owner, *stat);
    }
    if (holder != nullptr) lose_name(*holder);
    return;
  }
  if (put_off(index, path, *stat)) {
    if (holder != nullptr) lose_name(*holder);
    return;
  }
  target.suspects.erase(path);
  if (holder != nullptr) lose_name(*holder);
  adopt_new(index, path, *stat, holder);
}

// The known file of this target that has this inode, if it is not just the number that is the same.
KnownFile* FileSet::owner_of(TargetIndex index, const std::string& path, const FileStat& stat) {
  for (KnownFile* const file : table_.with_inode(stat.inode)) {
    if (file->target != index || file->point.identity.device != stat.device ||
        file->state == KnownFile::State::kWaiting) {
      continue;
    }
    // A followed file in its place is its worker's to judge.
    if (file->active() && file->point.path == path) return file;
    const auto content = open_content(
        file_system_, path, compression_of(targets_[index], path, file->point.label_path));
    if (!content) {
      if (file->active()) return file;
      continue;
    }
    const ContentMatch match = match_content(**content, file->point);
    if (match.kind == ContentMatch::Kind::kOther) continue;
    if (file->state == KnownFile::State::kEnded &&
        (match.kind != ContentMatch::Kind::kSame || match.proof_bytes == 0)) {
      continue;
    }
    return file;
  }
  return nullptr;
}

bool FileSet::is_still_at_its_path(const KnownFile& file) {
  if (file.point.path.empty()) return false;
  const std::optional<FileStat> stat = stat_file(file.point.path);
  return stat && stat->inode == file.point.identity.inode &&
         stat->device == file.point.identity.device;
}

AfterEnd FileSet::after_end(const KnownFile& file) const {
  return !file.point.path.empty() && targets_[file.target].what.matches(file.point.path)
             ? AfterEnd::kKeep
             : AfterEnd::kEnd;
}

// Whether nobody is expected to go on writing into it, by the name it has now.
bool FileSet::is_rotated(const KnownFile& file) const {
  return after_end(file) == AfterEnd::kEnd ||
         is_generation_of(file.point.path, file.point.label_path);
}

void FileSet::retire(KnownFile& file, AfterEnd after) {
  if (!file.active() || (file.state == KnownFile::State::kRetired && file.after == after)) return;
  file.state = KnownFile::State::kRetired;
  file.after = after;
  post(file, RetireFile{file.point.source, after});
}

// `file` is at `path` now.
void FileSet::move_name(KnownFile& file, const std::string& path) {
  auto& holders = targets_[file.target].holders;
  const auto held = holders.find(file.point.path);
  if (held != holders.end() && held->second == file.point.source) holders.erase(held);
  table_.set_path(file, path);
  if (!path.empty() && targets_[file.target].what.matches(path)) {
    holders[path] = file.point.source;
    // It was taken for gone and came back.
    if (file.state == KnownFile::State::kRetired) retire(file, AfterEnd::kKeep);
  }
  post(file, RenameFile{file.point.source, path});
}

// `file` is not at its path any more: finds where it went.
void FileSet::lose_name(KnownFile& file) {
  if (!file.active()) return;
  if (const Candidate* const found = find_by_inode(file)) {
    const Candidate place = *found;
    auto& holders = targets_[file.target].holders;
    KnownFile* displaced_there = nullptr;
    if (const auto held = holders.find(place.path);
        held != holders.end() && held->second != file.point.source) {
      displaced_there = table_.find(held->second);
    }
    move_name(file, place.path);
    note_stat(file, place.stat);
    if (displaced_there != nullptr) lose_name(*displaced_there);
  } else {
    move_name(file, {});
  }
  if (is_rotated(file)) retire(file, after_end(file));
}

std::vector<std::string> FileSet::folders_of(const std::string& path) {
  std::vector<std::string> folders;
  if (path.empty()) return folders;
  folders.push_back(directory_of(path));
  for (const auto& [real, links] : link_targets_) {
    if (links.contains(path)) folders.push_back(directory_of(real));
  }
  return folders;
}

// Where a file may be that is not at its path, or a copy of it: the folders of its path and of its
// name, and where links lead to from there.
std::vector<std::string> FileSet::folders_of(const KnownFile& file) {
  std::vector<std::string> folders = folders_of(file.point.path);
  for (std::string& folder : folders_of(file.point.label_path))
    folders.push_back(std::move(folder));
  std::sort(folders.begin(), folders.end());
  folders.erase(std::unique(folders.begin(), folders.end()), folders.end());
  return folders;
}

// Whether the file itself is still there, under whatever name, without what was read from it: then
// a copy is what is to be expected.
bool FileSet::was_truncated(const KnownFile& file) {
  for (const std::string& folder : folders_of(file)) {
    const Candidate* const found = folders_.find(folder, file.point.identity.inode);
    if (found == nullptr || found->stat.device != file.point.identity.device) continue;
    const auto content =
        open_content(file_system_, found->path,
                     compression_of(targets_[file.target], found->path, file.point.label_path));
    if (content && match_content(**content, file.point).kind != ContentMatch::Kind::kSame) {
      return true;
    }
  }
  return false;
}

const Candidate* FileSet::find_by_inode(const KnownFile& file) {
  for (const std::string& folder : folders_of(file)) {
    const Candidate* const found = folders_.find(folder, file.point.identity.inode);
    if (found == nullptr || found->stat.device != file.point.identity.device) continue;
    // The listing may be older than this moment, and inode numbers are used again.
    const std::optional<FileStat> stat = stat_file(found->path);
    if (!stat || stat->inode != file.point.identity.inode) continue;
    const auto content =
        open_content(file_system_, found->path,
                     compression_of(targets_[file.target], found->path, file.point.label_path));
    if (content && match_content(**content, file.point).kind == ContentMatch::Kind::kOther) {
      continue;
    }
    return found;
  }
  return nullptr;
}

}  // namespace tailrace::tailer
