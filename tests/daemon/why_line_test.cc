// Which line of a file is meant.
#include "daemon/why_line.h"

#include <string>

#include <gtest/gtest.h>

#include "tests/fakes/fake_clock.h"
#include "tests/fakes/memory_file_system.h"

namespace tailrace::daemon {
namespace {

class WhyLine : public ::testing::Test {
 protected:
  Result<FoundLine> find(std::optional<std::string> text,
                         std::optional<std::uint64_t> offset = std::nullopt) {
    return find_line(files_, {.path = "/a.log", .text = std::move(text), .offset = offset});
  }

  testing::FakeClock clock_;
  testing::MemoryFileSystem files_{clock_};
};

TEST_F(WhyLine, is_the_last_that_has_the_text) {
  files_.append("/a.log", "one x\ntwo x\nthree\n");
  const auto found = find("x");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->line.text, "two x");
  EXPECT_EQ(found->line.begin, 6U);
  EXPECT_EQ(found->line.end, 11U);
  EXPECT_TRUE(found->terminated);
  EXPECT_EQ(found->file_bytes, 18U);
  ASSERT_EQ(found->before.size(), 1U);
  EXPECT_EQ(found->before[0].text, "one x");
  ASSERT_EQ(found->after.size(), 1U);
  EXPECT_EQ(found->after[0].text, "three");
  EXPECT_EQ(found->after[0].begin, 12U);
}

TEST_F(WhyLine, is_the_last_one_without_a_text_complete_or_not) {
  files_.append("/a.log", "one\n\n");
  EXPECT_EQ(find({})->line.text, "");
  EXPECT_EQ(find({})->line.begin, 4U);
  files_.append("/a.log", "two");
  EXPECT_EQ(find({})->line.text, "two");
  EXPECT_FALSE(find({})->terminated);
  EXPECT_EQ(find("one")->after.size(), 1U);  // What is not complete does not count.
}

TEST_F(WhyLine, is_the_one_with_the_byte) {
  files_.append("/a.log", "one\ntwo\n");
  EXPECT_EQ(find({}, 0)->line.text, "one");
  EXPECT_EQ(find({}, 3)->line.text, "one");  // The newline is the line's.
  EXPECT_EQ(find({}, 4)->line.text, "two");
  EXPECT_EQ(find({}, 8).error().message, "the file has 8 bytes, there is no byte 8");
}

TEST_F(WhyLine, lines_around_are_bounded) {
  for (int i = 0; i < 1000; ++i)
    files_.append("/a.log", "line " + std::to_string(i) + "\n");
  const auto found = find("line 500");
  ASSERT_TRUE(found);
  ASSERT_EQ(found->before.size(), kLinesAround);
  EXPECT_EQ(found->before.front().text, "line 300");
  EXPECT_EQ(found->before.back().text, "line 499");
  ASSERT_EQ(found->after.size(), kLinesAround);
  EXPECT_EQ(found->after.back().text, "line 700");
}

TEST_F(WhyLine, what_is_not_there_is_said) {
  EXPECT_EQ(find({}).error().code, ENOENT);
  files_.append("/a.log", "");
  EXPECT_EQ(find({}).error().message, "the file is empty");
  files_.append("/a.log", "one\n");
  EXPECT_EQ(find("two").error().code, Error::kInvalid);
  EXPECT_EQ(find("two").error().message, "no line of the file contains \"two\"");
}

TEST_F(WhyLine, a_large_file_is_looked_through_from_its_end) {
  const std::string block(1U << 20U, 'x');
  files_.append("/a.log", "first\n");
  for (int i = 0; i < 65; ++i)
    files_.append("/a.log", block + "\n");
  files_.append("/a.log", "last\n");
  EXPECT_EQ(find("last")->line.begin, 6 + 65 * (block.size() + 1));
  EXPECT_EQ(find("first").error().message,
            "no line of the last 64 MiB of the file contains \"first\"");
  EXPECT_EQ(find({}, 2)->line.text, "first");
}

}  // namespace
}  // namespace tailrace::daemon
