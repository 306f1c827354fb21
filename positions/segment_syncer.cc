// Syncing segments and removing old ones, from whichever thread may wait for the disk.
#include "positions/segment_syncer.h"

#include <algorithm>
#include <cerrno>
#include <memory>
#include <utility>

namespace tailrace::positions {

std::string segment_path(const std::string& directory, std::uint64_t number) {
  std::string digits = std::to_string(number);
  digits.insert(0, 16 - std::min<std::size_t>(digits.size(), 16), '0');
  return directory + "/" + digits + ".seg";
}

SegmentSyncer::SegmentSyncer(FileSystem& file_system, std::string directory)
    : file_system_(file_system), directory_(std::move(directory)) {}

void SegmentSyncer::note_created(std::uint64_t segment) {
  MutexLock lock(mutex_);
  dirty_.insert(segment);
  directory_dirty_ = true;
}

void SegmentSyncer::note_written(std::uint64_t segment) {
  MutexLock lock(mutex_);
  dirty_.insert(segment);
}

void SegmentSyncer::condemn(std::uint64_t segment) {
  MutexLock lock(mutex_);
  condemned_.insert(segment);
}

std::vector<std::uint64_t> SegmentSyncer::take_removed() {
  MutexLock lock(mutex_);
  return std::exchange(removed_, {});
}

bool SegmentSyncer::take_failed() {
  MutexLock lock(mutex_);
  return std::exchange(failed_, false);
}

void SegmentSyncer::sync_parents() {
  if (std::exchange(parents_synced_, true)) return;
  for (std::string path = directory_; path.find('/') != std::string::npos;) {
    path.erase(path.rfind('/'));
    // One that we may not open was there before us.
    static_cast<void>(file_system_.sync_directory(path.empty() ? "/" : path));
  }
}

Status SegmentSyncer::sync() {
  MutexLock alone(one_at_a_time_);
  std::set<std::uint64_t> dirty;
  std::set<std::uint64_t> condemned;
  bool directory_dirty = false;
  {
    MutexLock lock(mutex_);
    dirty.swap(dirty_);
    condemned = condemned_;
    std::swap(directory_dirty, directory_dirty_);
  }
  // A condemned segment need not be durable itself.
  for (const std::uint64_t segment : condemned)
    dirty.erase(segment);
  Status result;
  while (result && !dirty.empty()) {
    // Another descriptor than the worker's: fdatasync() is about the file, not the descriptor.
    auto file = file_system_.open(segment_path(directory_, *dirty.begin()), OpenMode::kRead);
    if (!file) {
      result = fail(file.error());
    } else {
      result = (*file)->sync();
    }
    if (result) dirty.erase(dirty.begin());
  }
  if (result && directory_dirty) {
    result = file_system_.sync_directory(directory_);
    if (result) {
      directory_dirty = false;
      sync_parents();
    }
  }
  std::vector<std::uint64_t> removed;
  while (result && !condemned.empty()) {
    const std::uint64_t segment = *condemned.begin();
    const Status gone = file_system_.remove(segment_path(directory_, segment));
    if (!gone && gone.error().code != ENOENT) {
      result = fail(gone.error());
      break;
    }
    removed.push_back(segment);
    condemned.erase(condemned.begin());
  }
  // Their room is only free for sure when the removal is durable; nobody depends on it.
  if (!removed.empty()) static_cast<void>(file_system_.sync_directory(directory_));
  MutexLock lock(mutex_);
  failed_ = failed_ || !dirty.empty();
  dirty_.insert(dirty.begin(), dirty.end());
  directory_dirty_ = directory_dirty_ || directory_dirty;
  for (const std::uint64_t segment : removed)
    condemned_.erase(segment);
  removed_.insert(removed_.end(), removed.begin(), removed.end());
  return result;
}

}  // namespace tailrace::positions
