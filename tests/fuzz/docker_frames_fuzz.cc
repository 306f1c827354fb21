// Fuzzes the log stream of Docker: in whatever pieces it comes, the lines are the same.
// libraries: tailrace_tailer
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "tailer/docker_cursor.h"
#include "tailer/docker_frames.h"

namespace tailrace::docker_frames_fuzz {
namespace {

using tailrace::tailer::DockerCursor;
using tailrace::tailer::DockerFrames;
using tailrace::tailer::DockerLine;

constexpr std::uint32_t kLineBytesMax = 20'000;

std::string shown(const DockerFrames& frames) {
  std::string all;
  for (const DockerLine& line : frames.lines()) {
    TAILRACE_CHECK(line.size <= kLineBytesMax);
    all += std::to_string(line.time_ns) + (line.cut_short ? "~" : "") +
           (line.unterminated ? "!" : "") + std::to_string(static_cast<int>(line.stream));
    all += std::string(frames.text(line)) + "\n";
  }
  return all + std::to_string(frames.faults()) + frames.server_error();
}

std::string lines_in_pieces(DockerFrames::Format format, std::string_view bytes,
                            std::size_t piece) {
  DockerFrames frames(format, kLineBytesMax);
  for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size())))
    frames.feed(bytes.substr(0, piece));
  frames.finish();
  TAILRACE_CHECK(frames.open_since() == DockerFrames::kNever);
  return shown(frames);
}

}  // namespace

// The first byte: the format and the size of the pieces.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto cursor = DockerCursor::parse(text)) {
    const auto again = DockerCursor::parse(cursor->details(DockerFrames::kNever));
    TAILRACE_CHECK(again && again->since() == cursor->since());
  }
  if (text.empty()) return 0;
  const auto format =
      (data[0] & 1U) != 0 ? DockerFrames::Format::kRaw : DockerFrames::Format::kFrames;
  const std::string_view bytes = text.substr(1);
  const std::size_t piece = 1 + (data[0] >> 1U);
  TAILRACE_CHECK(lines_in_pieces(format, bytes, piece) ==
                 lines_in_pieces(format, bytes, bytes.size() + 1));
  return 0;
}

}  // namespace tailrace::docker_frames_fuzz
