// The search for line ends, as long as the machine's memchr is fast.
#include "tailer/line_framer.h"

#include <cstring>

namespace tailrace::tailer {
namespace {

// The index of the first '\n' at or behind `from`, or bytes.size().
std::size_t find_newline(std::span<const char> bytes, std::size_t from) {
  if (from == bytes.size()) return from;
  const void* const found = std::memchr(bytes.data() + from, '\n', bytes.size() - from);
  if (found == nullptr) return bytes.size();
  return static_cast<std::size_t>(static_cast<const char*>(found) - bytes.data());
}

}  // namespace

FrameResult LineFramer::frame(std::span<const char> bytes, SourcePosition begin, LineState state,
                              LineBlock& block) const {
  FrameResult result{.consumed = 0, .state = state, .skipped_bytes = 0};
  std::size_t at = 0;
  for (std::size_t lines = 0; lines < kLinesMax;) {
    const std::size_t newline = find_newline(bytes, at);
    if (result.state == LineState::kSkipping) {
      const bool ended = newline < bytes.size();
      result.skipped_bytes += newline - at + (ended ? 1U : 0U);
      at = newline + (ended ? 1U : 0U);
      if (!ended) break;
      result.state = LineState::kAtStart;
      continue;
    }
    if (newline - at > line_bytes_max_) {
      const std::size_t next = at + line_bytes_max_;
      block.lines.push_back({.text = {bytes.data() + at, line_bytes_max_},
                             .begin = begin + at,
                             .next = begin + next,
                             .cut_short = true});
      at = next;
      ++lines;
      result.state = LineState::kSkipping;
      continue;
    }
    if (newline == bytes.size()) break;
    block.lines.push_back({.text = {bytes.data() + at, newline - at},
                           .begin = begin + at,
                           .next = begin + newline + 1});
    at = newline + 1;
    ++lines;
  }
  result.consumed = at;
  return result;
}

FrameResult LineFramer::frame_to_end(std::span<const char> bytes, SourcePosition begin,
                                     LineState state, LineBlock& block) const {
  const std::size_t lines_before = block.lines.size();
  FrameResult result = frame(bytes, begin, state, block);
  const bool block_full = block.lines.size() - lines_before == kLinesMax;
  if (result.consumed < bytes.size() && !block_full) {
    block.lines.push_back({.text = {bytes.data() + result.consumed, bytes.size() - result.consumed},
                           .begin = begin + result.consumed,
                           .next = begin + bytes.size()});
    result.consumed = bytes.size();
  }
  return result;
}

}  // namespace tailrace::tailer
