// Cuts bytes into lines: views, positions, and the rest that belongs to no complete line yet.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "model/line_block.h"

namespace tailrace::tailer {

// Where the bytes to be framed begin: at the start of a line, or inside one over the limit whose
// beginning was handed out already.
enum class LineState : std::uint8_t { kAtStart, kSkipping };

// What framing made of its input.
struct FrameResult {
  std::size_t consumed = 0;               // So many bytes, from the first on, are dealt with.
  LineState state = LineState::kAtStart;  // How the byte behind them is to be taken.
  std::size_t skipped_bytes = 0;          // Of `consumed`: rest of lines over the limit.
};

// Finds lines in a plain byte buffer. A line ends at '\n' and only there; just this byte is
// removed:
// '\r', NUL and invalid UTF-8 stay, and an empty line is a line (docs/compatibility.md, reading
// files).
//
// A line of more than line_bytes_max bytes is handed out as its first line_bytes_max bytes, marked
// cut_short; its `next` is right behind these bytes, and the rest up to the next '\n' is skipped,
// over as many calls as that takes. Whether a line without end is over the limit shows as soon as
// line_bytes_max + 1 bytes of it are in the buffer: a buffer of that size makes progress always.
//
// Threading: immutable; any thread.
// Memory: at most kLinesMax lines per call, so that a file of newlines does not blow up the block.
// Units: positions are begin + the index of the byte.
class LineFramer {
 public:
  static constexpr std::size_t kLinesMax = 8192;

  explicit LineFramer(std::size_t line_bytes_max) : line_bytes_max_(line_bytes_max) {}

  // Appends the complete lines of `bytes` to `block`. `begin` is the position of bytes[0].
  // What is not consumed is an incomplete line (or behind kLinesMax lines): give it again, with
  // more.
  FrameResult frame(std::span<const char> bytes, SourcePosition begin, LineState state,
                    LineBlock& block) const;

  // For the end of a file that gets no more bytes: as frame(), and an unterminated last line counts
  // as complete. Everything is consumed unless kLinesMax was reached.
  FrameResult frame_to_end(std::span<const char> bytes, SourcePosition begin, LineState state,
                           LineBlock& block) const;

  std::size_t line_bytes_max() const { return line_bytes_max_; }

 private:
  const std::size_t line_bytes_max_;
};

}  // namespace tailrace::tailer
