// Tests of the raw lines that stages hold.
#include "model/held_lines.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace tailrace {
namespace {

constexpr SourceId kFile = 7;

// Runs line `number` ("line <number>", 10 bytes per line) and holds it.
void hold_line(HeldLines& lines, std::uint64_t number, SourceId source = kFile) {
  const std::string text = "line " + std::to_string(number);
  lines.begin_line({.source = source, .line = number}, number * 10,
                   static_cast<std::int64_t>(number) * 100, text);
  lines.hold({.source = source, .line = number});
}

std::vector<HeldLine> held(const HeldLines& lines, SourceId source = kFile) {
  std::vector<HeldLine> result;
  lines.append_held(source, result);
  return result;
}

TEST(HeldLines, remembers_text_place_and_time) {
  HeldLines lines;
  EXPECT_FALSE(lines.holds(kFile));
  EXPECT_TRUE(held(lines).empty());
  hold_line(lines, 3);
  EXPECT_TRUE(lines.holds(kFile));
  const std::vector<HeldLine> result = held(lines);
  ASSERT_EQ(result.size(), 1U);
  EXPECT_EQ(result[0].number, 3U);
  EXPECT_EQ(result[0].begin, 30U);
  EXPECT_EQ(result[0].time_ns, 300);
  EXPECT_FALSE(result[0].context);
  EXPECT_EQ(result[0].text, "line 3");
}

TEST(HeldLines, a_line_stays_until_it_is_released_as_often_as_it_was_held) {
  HeldLines lines;
  hold_line(lines, 1);
  lines.hold({kFile, 1});
  lines.release({kFile, 1});
  EXPECT_TRUE(lines.holds(kFile));
  EXPECT_GT(lines.bytes(), 6U);
  lines.release({kFile, 1});
  EXPECT_FALSE(lines.holds(kFile));
  EXPECT_EQ(lines.bytes(), 0U);
}

TEST(HeldLines, an_earlier_line_can_be_held_again_while_it_is_kept) {
  HeldLines lines;
  hold_line(lines, 1);
  hold_line(lines, 2);
  lines.hold({kFile, 1});
  lines.release({kFile, 1});
  EXPECT_EQ(held(lines).size(), 2U);
}

TEST(HeldLines, context_outlives_the_release_and_is_marked) {
  HeldLines lines;
  hold_line(lines, 1);
  lines.keep_as_context({kFile, 1});
  EXPECT_FALSE(held(lines)[0].context);
  lines.release({kFile, 1});
  ASSERT_EQ(held(lines).size(), 1U);
  EXPECT_TRUE(held(lines)[0].context);
  EXPECT_TRUE(lines.holds(kFile));
  lines.forget_context({kFile, 1});
  EXPECT_FALSE(lines.holds(kFile));
}

TEST(HeldLines, sources_are_apart_and_report_changes_once) {
  HeldLines lines;
  hold_line(lines, 1, 7);
  hold_line(lines, 1, 8);
  EXPECT_EQ(lines.take_changed(), (std::vector<SourceId>{7, 8}));
  EXPECT_TRUE(lines.take_changed().empty());
  lines.release({8, 1});
  EXPECT_EQ(lines.take_changed(), (std::vector<SourceId>{8}));
  EXPECT_TRUE(lines.holds(7));
  EXPECT_FALSE(lines.holds(8));
  hold_line(lines, 2, 8);
  EXPECT_EQ(lines.take_changed(), (std::vector<SourceId>{8}));
}

TEST(HeldLines, a_long_held_line_does_not_keep_the_text_of_those_behind_it) {
  HeldLines lines;
  hold_line(lines, 0);
  lines.begin_line({kFile, 1}, 10, 0, "second");
  lines.keep_as_context({kFile, 1});
  const std::size_t bytes = lines.bytes();
  for (std::uint64_t number = 2; number < 3000; ++number) {
    hold_line(lines, number);
    if (number % 2 == 0) hold_line(lines, ++number);
    lines.release({kFile, number});
    if (number % 2 == 1) lines.release({kFile, number - 1});
  }
  EXPECT_EQ(lines.bytes(), bytes);
  const std::vector<HeldLine> result = held(lines);
  ASSERT_EQ(result.size(), 2U);
  EXPECT_EQ(result[0].text, "line 0");
  EXPECT_EQ(result[1].text, "second");
}

TEST(HeldLines, clearing_a_source_forgets_it_and_its_lines_can_be_held_again) {
  HeldLines lines;
  hold_line(lines, 1, 8);
  const std::size_t bytes = lines.bytes();
  hold_line(lines, 1);
  hold_line(lines, 2);
  lines.take_changed();
  lines.clear(kFile);
  lines.clear(99);
  EXPECT_FALSE(lines.holds(kFile));
  EXPECT_TRUE(lines.holds(8));
  EXPECT_EQ(lines.bytes(), bytes);
  hold_line(lines, 1);
  EXPECT_EQ(held(lines).size(), 1U);
  EXPECT_EQ(lines.take_changed(), (std::vector<SourceId>{kFile}));
}

TEST(HeldLines, lines_released_out_of_order_leave_the_others_whole) {
  HeldLines lines;
  for (std::uint64_t number = 0; number < 500; ++number)
    hold_line(lines, number);
  for (std::uint64_t number = 0; number < 500; ++number) {
    if (number % 5 != 3) lines.release({kFile, number});
  }
  const std::vector<HeldLine> result = held(lines);
  ASSERT_EQ(result.size(), 100U);
  for (std::size_t i = 0; i < result.size(); ++i) {
    EXPECT_EQ(result[i].number, i * 5 + 3);
    EXPECT_EQ(result[i].text, "line " + std::to_string(i * 5 + 3));
  }
}

TEST(HeldLinesDeathTest, holding_a_line_that_is_not_the_current_one_is_a_bug) {
  HeldLines lines;
  hold_line(lines, 1);
  EXPECT_DEATH(lines.hold({kFile, 2}), "origin == current_");
  EXPECT_DEATH(lines.release({kFile, 2}), "found");
  EXPECT_DEATH(lines.forget_context({kFile, 1}), "context_holders");
}

}  // namespace
}  // namespace tailrace
