// Cutting bytes into lines: ends, limits, positions, and going on over several reads.
#include "tailer/line_framer.h"

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace tailrace::tailer {
namespace {

using namespace std::string_view_literals;

std::vector<std::string> texts(const LineBlock& block) {
  std::vector<std::string> result;
  for (const Line& line : block.lines)
    result.emplace_back(line.text);
  return result;
}

struct FramingCase {
  const char* name;
  std::string_view bytes;
  std::vector<std::string> lines;
  std::size_t consumed;
};

TEST(LineFramer, ends_a_line_at_a_newline_and_nowhere_else) {
  const std::vector<FramingCase> cases = {
      {"nothing", "", {}, 0},
      {"one line", "a\n", {"a"}, 2},
      {"carriage return stays", "a\r\n", {"a\r"}, 3},
      {"lone carriage return is no end", "a\rb\n", {"a\rb"}, 4},
      {"empty lines are lines", "\n\n", {"", ""}, 2},
      {"spaces stay", "\n b \n", {"", " b "}, 5},
      {"last stays back", "a\r\n\n b \nlast", {"a\r", "", " b "}, 8},
      {"only an incomplete line", "last", {}, 0},
      {"NUL is text", "a\0b\n"sv, {std::string("a\0b", 3)}, 4},
      {"invalid UTF-8 is text", "\xff\xfe\n", {"\xff\xfe"}, 3},
      {"other separators are text", "a\v\f\x85\xe2\x80\xa8z\n", {"a\v\f\x85\xe2\x80\xa8z"}, 9},
      {"exactly the limit", "0123456789\nx\n", {"0123456789", "x"}, 13},
  };
  const LineFramer framer(10);
  for (const FramingCase& one : cases) {
    LineBlock block;
    const FrameResult result = framer.frame(one.bytes, 0, LineState::kAtStart, block);
    EXPECT_EQ(texts(block), one.lines) << one.name;
    EXPECT_EQ(result.consumed, one.consumed) << one.name;
    EXPECT_EQ(result.state, LineState::kAtStart) << one.name;
    EXPECT_EQ(result.skipped_bytes, 0U) << one.name;
    for (const Line& line : block.lines)
      EXPECT_FALSE(line.cut_short) << one.name;
  }
}

TEST(LineFramer, says_where_each_line_begins_and_where_reading_goes_on) {
  LineBlock block;
  LineFramer(100).frame("ab\n\ncde\nrest"sv, 1000, LineState::kAtStart, block);
  ASSERT_EQ(block.lines.size(), 3U);
  EXPECT_EQ(block.lines[0].begin, 1000U);
  EXPECT_EQ(block.lines[0].next, 1003U);
  EXPECT_EQ(block.lines[1].begin, 1003U);
  EXPECT_EQ(block.lines[1].next, 1004U);
  EXPECT_EQ(block.lines[2].begin, 1004U);
  EXPECT_EQ(block.lines[2].next, 1008U);
  EXPECT_EQ(block.lines[2].time_ns, 0);
  EXPECT_EQ(block.lines[2].labels, nullptr);
}

TEST(LineFramer, appends_to_what_the_block_holds) {
  LineBlock block;
  const LineFramer framer(100);
  framer.frame("a\n"sv, 0, LineState::kAtStart, block);
  framer.frame("b\n"sv, 2, LineState::kAtStart, block);
  EXPECT_EQ(texts(block), (std::vector<std::string>{"a", "b"}));
}

TEST(LineFramer, cuts_a_line_over_the_limit_and_skips_its_rest) {
  LineBlock block;
  const FrameResult result =
      LineFramer(4).frame("0123456\nok\nx"sv, 50, LineState::kAtStart, block);
  ASSERT_EQ(texts(block), (std::vector<std::string>{"0123", "ok"}));
  EXPECT_TRUE(block.lines[0].cut_short);
  EXPECT_EQ(block.lines[0].begin, 50U);
  EXPECT_EQ(block.lines[0].next, 54U);
  EXPECT_FALSE(block.lines[1].cut_short);
  EXPECT_EQ(block.lines[1].begin, 58U);
  EXPECT_EQ(result.consumed, 11U);
  EXPECT_EQ(result.skipped_bytes, 4U);  // "456\n"
  EXPECT_EQ(result.state, LineState::kAtStart);
}

TEST(LineFramer, cuts_a_line_without_end_once_it_is_longer_than_the_limit) {
  const LineFramer framer(4);
  LineBlock block;
  FrameResult result = framer.frame("0123"sv, 0, LineState::kAtStart, block);
  EXPECT_TRUE(block.lines.empty());
  EXPECT_EQ(result.consumed, 0U);

  result = framer.frame("01234"sv, 0, LineState::kAtStart, block);
  ASSERT_EQ(texts(block), (std::vector<std::string>{"0123"}));
  EXPECT_TRUE(block.lines[0].cut_short);
  EXPECT_EQ(result.consumed, 5U);
  EXPECT_EQ(result.skipped_bytes, 1U);
  EXPECT_EQ(result.state, LineState::kSkipping);
}

TEST(LineFramer, goes_on_skipping_over_several_reads) {
  const LineFramer framer(4);
  LineBlock block;
  FrameResult result = framer.frame("56789"sv, 5, LineState::kSkipping, block);
  EXPECT_TRUE(block.lines.empty());
  EXPECT_EQ(result.consumed, 5U);
  EXPECT_EQ(result.skipped_bytes, 5U);
  EXPECT_EQ(result.state, LineState::kSkipping);

  result = framer.frame(""sv, 10, LineState::kSkipping, block);
  EXPECT_EQ(result.state, LineState::kSkipping);

  result = framer.frame("ab\nc\nd"sv, 10, LineState::kSkipping, block);
  ASSERT_EQ(texts(block), (std::vector<std::string>{"c"}));
  EXPECT_EQ(block.lines[0].begin, 13U);
  EXPECT_EQ(block.lines[0].next, 15U);
  EXPECT_EQ(result.consumed, 5U);
  EXPECT_EQ(result.skipped_bytes, 3U);
  EXPECT_EQ(result.state, LineState::kAtStart);
}

TEST(LineFramer, skips_to_a_newline_that_comes_first) {
  LineBlock block;
  const FrameResult result = LineFramer(4).frame("\na\n"sv, 0, LineState::kSkipping, block);
  EXPECT_EQ(texts(block), (std::vector<std::string>{"a"}));
  EXPECT_EQ(result.skipped_bytes, 1U);
}

TEST(LineFramer, reading_on_at_the_next_of_a_cut_line_gives_what_followed_it) {
  constexpr auto kBytes = "0123456\nok\n"sv;
  const LineFramer framer(4);
  LineBlock whole;
  framer.frame(kBytes, 0, LineState::kAtStart, whole);
  const Line cut = whole.lines[0];
  LineBlock again;
  framer.frame(kBytes.substr(cut.next), cut.next, LineState::kSkipping, again);
  ASSERT_EQ(again.lines.size(), 1U);
  EXPECT_EQ(again.lines[0].text, "ok");
  EXPECT_EQ(again.lines[0].begin, whole.lines[1].begin);
}

TEST(LineFramer, stops_at_the_greatest_number_of_lines_of_a_block) {
  const std::string newlines(LineFramer::kLinesMax + 5, '\n');
  const LineFramer framer(4);
  LineBlock block;
  FrameResult result = framer.frame(newlines, 0, LineState::kAtStart, block);
  EXPECT_EQ(block.lines.size(), LineFramer::kLinesMax);
  EXPECT_EQ(result.consumed, LineFramer::kLinesMax);

  block.clear();
  result = framer.frame_to_end(newlines + "rest", 0, LineState::kAtStart, block);
  EXPECT_EQ(block.lines.size(), LineFramer::kLinesMax);
  EXPECT_EQ(result.consumed, LineFramer::kLinesMax);
}

TEST(LineFramer, takes_an_unterminated_line_at_the_end_for_complete) {
  const LineFramer framer(4);
  LineBlock block;
  FrameResult result = framer.frame_to_end("a\nlast"sv, 10, LineState::kAtStart, block);
  ASSERT_EQ(texts(block), (std::vector<std::string>{"a", "last"}));
  EXPECT_EQ(block.lines[1].begin, 12U);
  EXPECT_EQ(block.lines[1].next, 16U);
  EXPECT_FALSE(block.lines[1].cut_short);
  EXPECT_EQ(result.consumed, 6U);

  block.clear();
  result = framer.frame_to_end("a\n"sv, 0, LineState::kAtStart, block);
  EXPECT_EQ(texts(block), (std::vector<std::string>{"a"}));  // No empty line behind the last end.

  block.clear();
  result = framer.frame_to_end("longer"sv, 0, LineState::kAtStart, block);
  ASSERT_EQ(texts(block), (std::vector<std::string>{"long"}));
  EXPECT_TRUE(block.lines[0].cut_short);
  EXPECT_EQ(result.consumed, 6U);

  block.clear();
  result = framer.frame_to_end("rest"sv, 0, LineState::kSkipping, block);
  EXPECT_TRUE(block.lines.empty());
  EXPECT_EQ(result.consumed, 4U);
}

TEST(LineFramer, keeps_every_line_whatever_the_reads_are_cut_into) {
  const std::string bytes = "one\n\nthree is longer\nfour\r\n\nlast\n";
  for (std::size_t step = 1; step < bytes.size(); ++step) {
    const LineFramer framer(100);
    std::vector<std::string> found;
    std::size_t position = 0;
    for (std::size_t end = step; position < bytes.size(); end += step) {
      LineBlock block;
      const std::string_view seen = std::string_view(bytes).substr(0, end).substr(position);
      position += framer.frame(seen, position, LineState::kAtStart, block).consumed;
      for (const std::string& text : texts(block))
        found.push_back(text);
    }
    EXPECT_EQ(found, (std::vector<std::string>{"one", "", "three is longer", "four\r", "", "last"}))
        << step;
  }
}

}  // namespace
}  // namespace tailrace::tailer
