// Streams cut into messages, in one piece and byte by byte.
#include "receivers/syslog_framer.h"

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace tailrace::receivers {
namespace {

using Framing = SyslogFramer::Framing;
using Step = SyslogFramer::Step;
constexpr SyslogFramer::Options kTolerant{.counted_bytes_max = 10, .line_bytes_max = 16};
constexpr SyslogFramer::Options kPromtail{
    .leniency = SyslogLeniency::kPromtail, .counted_bytes_max = 10, .line_bytes_max = 16};

SyslogFramer::Options with(Framing framing) {
  SyslogFramer::Options options = kTolerant;
  options.framing = framing;
  return options;
}

void take(SyslogFramer& framer, std::string_view& data, std::string& out) {
  SyslogFramer::Frame frame;
  while (true) {
    const Step step = framer.next(data, frame);
    if (step == Step::kMore) return;
    if (step == Step::kBroken) {
      out += "!";
      data = {};
      return;
    }
    out.append(frame.bytes).append(frame.cut ? "~" : "").append("|");
  }
}

// "first|second~|": ~ is behind what was cut, ! is where it broke.
std::string frames(std::string_view bytes, const SyslogFramer::Options& options,
                   std::size_t piece) {
  SyslogFramer framer(options);
  std::string out;
  std::string pending;
  while (!bytes.empty() && !out.ends_with('!')) {
    pending += bytes.substr(0, piece);
    bytes.remove_prefix(std::min(piece, bytes.size()));
    std::string_view data = pending;
    take(framer, data, out);
    pending.erase(0, pending.size() - data.size());
    EXPECT_LE(pending.size(), 16 + piece + 12);
  }
  if (out.ends_with('!')) return out;
  std::string_view data = pending;
  SyslogFramer::Frame frame;
  const Step step = framer.finish(data, frame);
  EXPECT_TRUE(data.empty());
  if (step == Step::kFrame) out.append(frame.bytes).append(frame.cut ? "~" : "").append("|");
  if (step == Step::kBroken) out += "!";
  return out;
}

struct FrameCase {
  std::string_view bytes;
  SyslogFramer::Options options;
  std::string_view wanted;
};

TEST(SyslogFramer, cuts_streams_into_messages) {
  using namespace std::string_view_literals;
  const std::vector<FrameCase> cases = {
      {"<1>a\n<2>b\n", kTolerant, "<1>a|<2>b|"},
      {"<1>a\n<2>b", kTolerant, "<1>a|<2>b|"},
      {"<1>a\nmore\n<2>b\n", kTolerant, "<1>a\nmore|<2>b|"},
      {"<1>a\r\n<2>b\0\n"sv, kTolerant, "<1>a|<2>b|"},
      {"<1>a\r\n<2>b\n", kPromtail, "<1>a\r|<2>b|"},
      {"4 <1>a4 <2>b", kPromtail, "<1>a|<2>b|"},
      {"4 <1>a\n6 <2>b\nc", kPromtail, "<1>a|<2>b\nc|"},
      {"0 4 <1>a", kTolerant, "<1>a|"},
      // Over the limit.
      {"15 <1>abcdefghijkl4 <2>b", kTolerant, "<1>abcdefg~|<2>b|"},
      {"<1>abcdefghijklmnopqrst\nuv\n<2>b\n", kTolerant, "<1>abcdefghijklm~|<2>b|"},
      // Exactly as long as may be.
      {"<1>abcdefghijklm\n<2>b\n", kTolerant, "<1>abcdefghijklm|<2>b|"},
      {"<1>abcdefghijklmnopqrst", kTolerant, "<1>abcdefghijklm~|"},
      // The sender dies in a message.
      {"9 <1>ab", kTolerant, "<1>ab~|"},
      {"9 <1>ab", kPromtail, "!"},
      // Neither one nor the other.
      {"hello\nworld\n", kPromtail, "!"},
      {"hello\n\nworld\r\nend", kTolerant, "hello|world|end|"},
      {"2026-11-22 h a\nb\n", kTolerant, "2026-11-22 h a|b|"},
      {"4 <1>ax <2>b\nrest\n", kPromtail, "<1>a|!"},
      {"4 <1>ax <2>b\nrest\n", kTolerant, "<1>a|x <2>b|rest|"},
      {"99999999999 x\ny\n", kTolerant, "99999999999 x|y|"},
      {"\n<1>a\n<2>b\n", kTolerant, "<1>a|<2>b|"},
      // As configured.
      {"<1>a\nmore\n", with(Framing::kNewline), "<1>a|more|"},
      {"<1>a\nb\0<2>\0"sv, with(Framing::kNul), "<1>a\nb|<2>|"},
      {"5 hello", with(Framing::kOctetCounted), "hello|"},
      {"", kTolerant, ""},
  };
  for (const FrameCase& one : cases) {
    for (const std::size_t piece :
         {std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{1000}}) {
      EXPECT_EQ(frames(one.bytes, one.options, piece), one.wanted)
          << one.bytes << " in pieces of " << piece;
    }
  }
}

TEST(SyslogFramer, releases_the_last_message_of_a_peer_that_pauses) {
  SyslogFramer framer(kTolerant);
  std::string out;
  std::string_view data = "<1>a\n<2>b\n";
  take(framer, data, out);
  EXPECT_EQ(out, "<1>a|");
  ASSERT_TRUE(framer.may_finish(data));
  SyslogFramer::Frame frame;
  ASSERT_EQ(framer.finish(data, frame), Step::kFrame);
  EXPECT_EQ(frame.bytes, "<2>b");
  data = "<3>c\n<4>";
  take(framer, data, out);
  EXPECT_EQ(out, "<1>a|<3>c|");
  EXPECT_FALSE(framer.may_finish(data));
}

TEST(SyslogFramer, skips_the_rest_of_what_is_given_up) {
  const struct {
    std::string_view before, given, behind;
  } cases[] = {{"<1>ab", "<1>ab", "cd\n<2>b\n<3>"},
               {"9 <1>ab", "<1>ab", "cdef4 <2>b"},
               {"<1>ab\n", "<1>ab\n", "<2>b\n<3>"}};
  for (const auto& [before, given, behind] : cases) {
    SyslogFramer framer(kTolerant);
    std::string out;
    std::string_view data = before;
    take(framer, data, out);
    EXPECT_EQ(framer.skip_rest(data), given);
    data = behind;
    take(framer, data, out);
    EXPECT_EQ(out, "<2>b|") << before;
  }
}

}  // namespace
}  // namespace tailrace::receivers
