// The segment files of one worker's outbox: where records are appended and read back.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "base/file_system.h"
#include "base/result.h"
#include "positions/outbox_segment.h"
#include "positions/segment_syncer.h"

namespace tailrace::positions {

// Where a record lies.
struct RecordPlace {
  std::uint64_t segment = 0;
  std::uint64_t offset = 0;
};

// Appends records to the newest segment; begins a new one when told.
//
// Ownership: borrows the FileSystem; holds the directory's lock.
// Threading: confined to one worker, but for sync().
// Errors: a write that failed is truncated away. Where that fails too the segment is left as it is
//   (its torn end is found by the next start) and the log has no current segment.
class SegmentLog {
 public:
  // Room that records which free something (outcomes, drops) find on a full disk.
  static constexpr std::uint64_t kReservedBytes = 64U << 10U;
  // Asked for in advance, so that not every cut has to.
  static constexpr std::uint64_t kReserveStepMax = 1U << 20U;

  SegmentLog(FileSystem& file_system, std::string directory);
  ~SegmentLog();
  SegmentLog(const SegmentLog&) = delete;
  SegmentLog& operator=(const SegmentLog&) = delete;

  // Makes the directory and takes its lock; EWOULDBLOCK (or EAGAIN) when somebody else has it.
  Status prepare();
  bool prepared() const { return lock_ != nullptr; }

  // A segment that is there from before. Whether it was ever synced nobody knows.
  void add_existing(std::uint64_t number, std::uint64_t size);

  // Whether records can be appended.
  bool has_current() const { return file_ != nullptr; }
  std::uint64_t current() const { return current_; }
  // What follows goes into a new segment.
  void leave_current();
  // How much room is asked for in advance.
  void reserve_ahead(std::uint64_t bytes) { reserve_step_ = std::min(kReserveStepMax, bytes); }
  // Bytes appended since the current segment's first record.
  std::uint64_t current_growth() const { return end_ - first_record_end_; }

  // Begins a new segment with `parts` as its first record.
  Result<RecordPlace> begin(SegmentHeader header, std::span<const std::string_view> parts);

  // kOrdinary leaves kReservedBytes free behind it, else it fails with ENOSPC before it writes.
  enum class Priority { kOrdinary, kReserved };
  Result<RecordPlace> append(std::span<const std::string_view> parts, Priority priority);

  // Of any segment. kCorrupt when the file is too short.
  Result<std::string> read(std::uint64_t segment, std::uint64_t offset, std::size_t size);

  // All segments that are still there and were not condemned, and their sizes.
  const std::map<std::uint64_t, std::uint64_t>& segments() const { return segments_; }
  // Nothing in it is needed any more; it goes with the next sync().
  void condemn(std::uint64_t number);
  std::uint64_t condemned_bytes() const { return condemned_bytes_; }
  // The oldest file, condemned or not; UINT64_MAX: none.
  std::uint64_t oldest() const;
  std::uint64_t disk_bytes() const;

  // Looks what sync() did meanwhile on another thread. False when a sync failed.
  bool take_news();
  Status sync() { return syncer_.sync(); }  // Any thread.

  // Condemns every segment and leaves the log without a current one.
  void condemn_all();

  const std::string& directory() const { return directory_; }
  FileSystem& file_system() { return file_system_; }

 private:
  Status make_room(std::uint64_t bytes);
  // Cuts the current segment off at its last whole record, with no more than the reserved room
  // behind it; leaves it where that fails.
  void give_back();

  FileSystem& file_system_;
  const std::string directory_;
  std::unique_ptr<FileLock> lock_;
  std::map<std::uint64_t, std::uint64_t> segments_;
  std::map<std::uint64_t, std::uint64_t> condemned_;
  std::uint64_t condemned_bytes_ = 0;
  SegmentSyncer syncer_;

  std::unique_ptr<File> file_;  // The current segment.
  std::uint64_t current_ = 0;
  std::uint64_t end_ = 0;
  std::uint64_t first_record_end_ = 0;
  std::uint64_t reserved_end_ = 0;
  std::uint64_t reserve_step_ = kReserveStepMax;

  std::unique_ptr<File> read_file_;  // The segment read from last.
  std::uint64_t read_segment_ = 0;
};

// The number in a segment's file name, if it is one.
std::optional<std::uint64_t> segment_number(std::string_view file_name);

}  // namespace tailrace::positions
