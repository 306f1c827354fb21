// Tests of Go's quoted strings.
#include "base/go_quote.h"

#include <gtest/gtest.h>

namespace tailrace {
namespace {

TEST(GoQuote, takes_escapes_of_double_quoted_text) {
  EXPECT_EQ(unquote_go(R"("a\n\t\"\\\x41\101\u00e9\U0001F600")"),
            "a\n\t\"\\AA\xC3\xA9\xF0\x9F\x98\x80");
  EXPECT_EQ(unquote_go(R"("\xff")"), "\xFF");
  EXPECT_EQ(unquote_go("\"\""), "");
}

TEST(GoQuote, refuses_what_is_no_constant) {
  for (const char* text :
       {"", "\"", "a", "\"a", "\"a\"b\"", R"("\d")", R"("\'")", R"("\x4")", R"("\400")",
        R"("\ud800")", R"("\U00110000")", "\"a\nb\"", "\"\\\"", "`a`b`", "'a'"}) {
    EXPECT_FALSE(unquote_go(text).has_value()) << text;
  }
}

TEST(GoQuote, raw_text_has_no_escapes_and_no_carriage_returns) {
  EXPECT_EQ(unquote_go("`a\\d\r\n\"`"), "a\\d\n\"");
}

TEST(GoQuote, characters_are_code_points) {
  EXPECT_EQ(unquote_go_character("'a'"), 97U);
  EXPECT_EQ(unquote_go_character("'\xC3\xA9'"), 0xE9U);
  EXPECT_EQ(unquote_go_character(R"('\'')"), 39U);
  EXPECT_EQ(unquote_go_character(R"('\x80')"), 0x80U);
  EXPECT_EQ(unquote_go_character(R"('\u00e9')"), 0xE9U);
  for (const char* text : {"''", "'ab'", "'''", "'\\'", "\"a\"", "'\n'"}) {
    EXPECT_FALSE(unquote_go_character(text).has_value()) << text;
  }
}

TEST(GoQuote, decodes_one_character_at_a_time) {
  EXPECT_EQ(decode_utf8("a").code_point, 97U);
  EXPECT_EQ(decode_utf8("\xF0\x9F\x98\x80!").code_point, 0x1F600U);
  EXPECT_EQ(decode_utf8("\xF0\x9F\x98\x80!").bytes, 4U);
  EXPECT_EQ(decode_utf8("\xFFz").code_point, 0xFFFDU);
  EXPECT_EQ(decode_utf8("\xFFz").bytes, 1U);
}

}  // namespace
}  // namespace tailrace
