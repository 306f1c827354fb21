// Words that stages have in common when they explain themselves.
#include "pipeline/explanation.h"

#include <string>

#include <gtest/gtest.h>

namespace tailrace::pipeline {
namespace {

TEST(InQuotes, keeps_what_is_not_long) {
  EXPECT_EQ(in_quotes(""), "\"\"");
  EXPECT_EQ(in_quotes("a \"b\""), "\"a \"b\"\"");
  const std::string longest(kQuotedBytesMax, 'x');
  EXPECT_EQ(in_quotes(longest), "\"" + longest + "\"");
}

TEST(InQuotes, cuts_a_long_text_between_two_characters) {
  EXPECT_EQ(in_quotes(std::string(kQuotedBytesMax + 1, 'x')),
            "\"" + std::string(kQuotedBytesMax, 'x') + "...\"");
  for (const std::string character : {"\u00e9", "\u20ac", "\U0001F600"}) {
    for (std::size_t before = 1; before <= character.size(); ++before) {
      const std::string head(kQuotedBytesMax - before, 'x');
      const std::string shown = before == character.size() ? head + character : head;
      EXPECT_EQ(in_quotes(head + character + "tail"), "\"" + shown + "...\"") << before;
    }
  }
}

TEST(InQuotes, cuts_what_is_not_utf8_near_the_limit) {
  const std::string shown = in_quotes(std::string(200, '\x80'));
  EXPECT_GE(shown.size(), kQuotedBytesMax - 4);
  EXPECT_TRUE(shown.ends_with("...\""));
}

}  // namespace
}  // namespace tailrace::pipeline
