// What the worker and the disk thread share of an outbox: which segments to sync, which may go.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "base/mutex.h"
#include "base/result.h"

namespace tailrace::positions {

// <directory>/<16 digits>.seg
std::string segment_path(const std::string& directory, std::uint64_t number);

// Syncs segments that were written to and removes those that are not needed any more, in this
// order: a segment goes only when everything written before that was decided is on the disk.
//
// Ownership: borrows the FileSystem.
// Threading: any thread. No lock is held while the disk works but the one that keeps two sync()
//   from running side by side.
// Errors: what could not be synced or removed is tried again by the next sync().
class SegmentSyncer {
 public:
  SegmentSyncer(FileSystem& file_system, std::string directory);

  void note_created(std::uint64_t segment);  // Its name must be made durable, too.
  void note_written(std::uint64_t segment);
  // Nothing in it is needed once what is written now is durable.
  void condemn(std::uint64_t segment);

  Status sync();

  // Segments removed since the last call.
  std::vector<std::uint64_t> take_removed();
  // Whether a sync failed since the last call: what was written then may be gone after a power
  // loss although a later sync succeeds.
  bool take_failed();

 private:
  // The directory may be new, and those above it.
  void sync_parents() TAILRACE_REQUIRES(one_at_a_time_);

  FileSystem& file_system_;
  const std::string directory_;

  Mutex one_at_a_time_;
  bool parents_synced_ TAILRACE_GUARDED_BY(one_at_a_time_) = false;
  Mutex mutex_;
  std::set<std::uint64_t> dirty_ TAILRACE_GUARDED_BY(mutex_);
  bool directory_dirty_ TAILRACE_GUARDED_BY(mutex_) = false;
  std::set<std::uint64_t> condemned_ TAILRACE_GUARDED_BY(mutex_);
  std::vector<std::uint64_t> removed_ TAILRACE_GUARDED_BY(mutex_);
  bool failed_ TAILRACE_GUARDED_BY(mutex_) = false;
};

}  // namespace tailrace::positions
