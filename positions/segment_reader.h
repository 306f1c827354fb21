// Reads the records of one segment file in order, until its end or the first damage.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/file_system.h"
#include "base/result.h"
#include "positions/outbox_segment.h"

namespace tailrace::positions {

// Ownership: borrows the file.
// Threading: confined to one thread.
// Memory: a window of 256 KiB, or the greatest record.
class SegmentReader {
 public:
  enum class Step {
    kRecord,   // `record` is filled.
    kEnd,      // The file ends behind the last record.
    kTorn,     // The last write did not become whole; nothing follows it.
    kDamaged,  // Something that was whole once is not any more.
  };

  SegmentReader(File& file, std::uint64_t size) : file_(file), size_(size) {}

  // First. An empty or torn header is kCorrupt, an unknown version kInvalid.
  Result<SegmentHeader> read_header();
  // After anything but kRecord the segment is over.
  Step next(Record& record);
  // Where the record of the last next() begins.
  std::uint64_t offset() const { return offset_; }
  // Nothing but zero bytes, or nothing at all, follows offset().
  bool only_zeros_follow();

 private:
  // The bytes [offset, offset + size) or fewer, when the file ends or cannot be read there.
  std::string_view window(std::uint64_t offset, std::size_t size);

  File& file_;
  const std::uint64_t size_;
  std::string buffer_;
  std::uint64_t buffer_offset_ = 0;
  std::uint64_t offset_ = 0;
  std::uint64_t next_offset_ = kSegmentHeaderBytes;
};

// Reads [offset, offset + size) whole; kCorrupt when the file is shorter.
Result<std::string> read_exactly(File& file, std::uint64_t offset, std::size_t size);

}  // namespace tailrace::positions
