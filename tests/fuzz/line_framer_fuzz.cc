// Fuzzes line framing: any bytes, in pieces of any size, against the obvious way to split.
// libraries: tailrace_tailer

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "tailer/line_framer.h"

namespace tailrace::line_framer_fuzz {
namespace {

using tailrace::LineBlock;
using tailrace::tailer::FrameResult;
using tailrace::tailer::LineFramer;
using tailrace::tailer::LineState;

// Character by character: complete lines, and an unterminated one that is over the limit.
std::vector<std::string> split(std::string_view bytes, std::size_t line_bytes_max) {
  std::vector<std::string> lines;
  std::string line;
  for (const char c : bytes) {
    if (c != '\n') {
      line += c;
      continue;
    }
    lines.push_back(line.substr(0, line_bytes_max));
    line.clear();
  }
  if (line.size() > line_bytes_max) lines.push_back(line.substr(0, line_bytes_max));
  return lines;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const std::size_t line_bytes_max = data[0];
  const std::size_t step = 1U + data[1];
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);

  const LineFramer framer(line_bytes_max);
  std::vector<std::string> lines;
  std::uint64_t position = 0;
  LineState state = LineState::kAtStart;
  std::size_t end = 0;
  bool progress = true;
  while (end < bytes.size() || progress) {
    end = std::min(bytes.size(), end + step);
    LineBlock block;
    const std::string_view seen = bytes.substr(position, end - position);
    const FrameResult result = framer.frame(seen, position, state, block);
    TAILRACE_CHECK(result.consumed <= seen.size());
    std::uint64_t behind = position;
    for (const tailrace::Line& line : block.lines) {
      TAILRACE_CHECK(line.begin >= behind && line.next >= line.begin);
      TAILRACE_CHECK(line.text == bytes.substr(line.begin, line.text.size()));
      behind = line.next;
      lines.emplace_back(line.text);
    }
    TAILRACE_CHECK(behind <= position + result.consumed);
    progress = result.consumed > 0;
    position += result.consumed;
    state = result.state;
  }
  TAILRACE_CHECK(lines == split(bytes, line_bytes_max));

  // What is left has no line end; at the end of its file it is a line, too.
  LineBlock last;
  const FrameResult rest = framer.frame_to_end(bytes.substr(position), position, state, last);
  TAILRACE_CHECK(rest.consumed == bytes.size() - position);
  TAILRACE_CHECK(last.lines.size() <= 1);
  if (!last.lines.empty()) TAILRACE_CHECK(last.lines[0].text == bytes.substr(position));
  return 0;
}

}  // namespace tailrace::line_framer_fuzz
