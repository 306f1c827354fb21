// What one read gives: the buffer it read into and the lines in it.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "model/label_set.h"

namespace tailrace {

// A place to go on reading from, in its source's own counting: a byte offset for files. Opaque to
// everybody but the source.
using SourcePosition = std::uint64_t;

// One raw line, without its line end.
struct Line {
  std::string_view text;
  SourcePosition begin = 0;  // Where the line starts.
  SourcePosition next = 0;   // Where reading goes on after it.
  // The line was longer than the limit: text is its beginning, and what follows `next` is the
  // rest, to be skipped (the resume point says so until its end was seen).
  bool cut_short = false;
  std::int64_t time_ns = 0;          // The source's own timestamp; 0: stamp it when it runs.
  const LabelSet* labels = nullptr;  // Labels of this line; nullptr: the source's.
  // Structured metadata that it came with, in order.
  std::span<const LabelPair> metadata{};
};

// The lines of one read, in order. Reused; views live until the next read into the same buffer.
struct LineBlock {
  std::vector<Line> lines;
  void clear() { lines.clear(); }
};

// Memory that sources read into, one per worker.
//
// Memory: 256 KiB, grown by the source (grow()) when a line needs more, up to the line limit;
//   kPadding readable bytes follow the usable ones so that simdjson parses in place.
class ReadBuffer {
 public:
  static constexpr std::size_t kPadding = 64;
  static constexpr std::size_t kDefaultBytes = 256U << 10U;

  explicit ReadBuffer(std::size_t bytes = kDefaultBytes)
      : memory_(std::make_unique<char[]>(bytes + kPadding)), bytes_(bytes) {}

  std::span<char> span() { return {memory_.get(), bytes_}; }
  std::size_t size() const { return bytes_; }
  // Drops the content.
  void grow(std::size_t bytes) {
    if (bytes <= bytes_) return;
    memory_ = std::make_unique<char[]>(bytes + kPadding);
    bytes_ = bytes;
  }

 private:
  std::unique_ptr<char[]> memory_;
  std::size_t bytes_;
};

}  // namespace tailrace
