// Groups, lines and their metadata, up to a limit.
#include "receivers/pushed_lines.h"

#include <string>

#include <gtest/gtest.h>

namespace tailrace::receivers {
namespace {

TEST(PushedLines, keeps_what_belongs_together) {
  PushedLines lines;
  lines.begin_group();
  lines.add_label("a", "b");
  lines.add_line("one", 1);
  lines.add_metadata("m", "1");
  lines.add_line("two", 2);
  lines.begin_group(PushedLines::Labels::kFixed);
  lines.add_line(lines.keep(std::string("three")), 3);
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines.metadata(lines[0]).size(), 1U);
  EXPECT_EQ(lines.metadata(lines[1]).size(), 0U);
  EXPECT_EQ(lines.labels(lines.group(lines[1].group))[0].value, "b");
  EXPECT_EQ(lines.group(lines[2].group).kind, PushedLines::Labels::kFixed);
  EXPECT_EQ(lines[2].text, "three");
  EXPECT_FALSE(lines.full());
  lines.clear();
  EXPECT_EQ(lines.size(), 0U);
}

TEST(PushedLines, says_when_it_is_full) {
  PushedLines lines;
  lines.begin_group();
  for (std::size_t i = 0; i < PushedLines::kLinesMax; ++i)
    lines.add_line("", 1);
  EXPECT_FALSE(lines.full());
  lines.add_line("", 1);
  EXPECT_TRUE(lines.full());
  EXPECT_EQ(lines.size(), PushedLines::kLinesMax);
  lines.clear();
  EXPECT_FALSE(lines.full());
  lines.begin_group();
  lines.add_line("", 1);
  for (std::size_t i = 0; i <= PushedLines::kPairsMax; ++i)
    lines.add_metadata("a", "b");
  EXPECT_TRUE(lines.full());
  EXPECT_EQ(lines.metadata(lines[0]).size(), PushedLines::kPairsMax);
}

TEST(PushedLines, keeps_texts_up_to_a_limit) {
  PushedLines lines;
  EXPECT_EQ(lines.keep_joined("a", "b"), "a.b");
  const std::string large(PushedLines::kKeptBytesMax - 3, 'x');
  EXPECT_EQ(lines.keep(large), large);
  EXPECT_FALSE(lines.full());
  EXPECT_EQ(lines.keep("x"), "");
  EXPECT_TRUE(lines.full());
  lines.clear();
  EXPECT_FALSE(lines.full());
  EXPECT_EQ(lines.keep("xy"), "xy");
  EXPECT_EQ(lines.keep_joined("x", large), "");
  EXPECT_TRUE(lines.full());
  lines.clear();
  lines.allow_kept(PushedLines::kKeptBytesMax + 2);
  EXPECT_EQ(lines.keep_joined(large, "xxxx").size(), PushedLines::kKeptBytesMax + 2);
  EXPECT_FALSE(lines.full());
  lines.clear();
  EXPECT_EQ(lines.keep_joined(large, "xxxx"), "");
}

}  // namespace
}  // namespace tailrace::receivers
