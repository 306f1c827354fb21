// Streams of strangers: the same messages in one piece and in small ones, none over its limit.
// libraries: tailrace_receivers
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "receivers/syslog_framer.h"

namespace tailrace::syslog_framer_fuzz {

using namespace tailrace::receivers;

namespace {

constexpr std::size_t kMax = 40;

// The messages, with a mark of how it ended.
std::vector<std::string> frames(std::string_view bytes, SyslogFramer::Options options,
                                std::size_t piece) {
  SyslogFramer framer(options);
  std::vector<std::string> out;
  std::string pending;
  SyslogFramer::Frame frame;
  while (!bytes.empty()) {
    const std::size_t next = std::min(piece, bytes.size());
    pending += bytes.substr(0, next);
    bytes.remove_prefix(next);
    std::string_view data = pending;
    while (true) {
      const auto step = framer.next(data, frame);
      if (step == SyslogFramer::Step::kMore) break;
      if (step == SyslogFramer::Step::kBroken) {
        out.emplace_back("!");
        return out;
      }
      TAILRACE_CHECK(!frame.bytes.empty() && frame.bytes.size() <= kMax);
      out.push_back(std::string(frame.bytes) + (frame.cut ? "~" : ""));
    }
    pending.erase(0, pending.size() - data.size());
    TAILRACE_CHECK(pending.size() <= kMax + piece + 16);
  }
  std::string_view data = pending;
  if (framer.finish(data, frame) == SyslogFramer::Step::kFrame) out.emplace_back(frame.bytes);
  TAILRACE_CHECK(data.empty());
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  SyslogFramer::Options options{.counted_bytes_max = kMax / 2, .line_bytes_max = kMax};
  options.framing = static_cast<SyslogFramer::Framing>(data[0] % 4);
  options.leniency = data[0] % 8 < 4 ? SyslogLeniency::kTolerant : SyslogLeniency::kPromtail;
  const std::size_t piece = 1 + data[1] % 16;
  const std::string bytes(data + 2, data + size);
  TAILRACE_CHECK(frames(bytes, options, piece) == frames(bytes, options, 1));
  return 0;
}

}  // namespace tailrace::syslog_framer_fuzz
