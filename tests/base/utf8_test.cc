// What is UTF-8 and what is replaced.
#include "base/utf8.h"

#include <gtest/gtest.h>

namespace tailrace {
namespace {

std::string cleaned(std::string_view text) {
  std::string out = ">";
  append_as_utf8(out, text);
  return out.substr(1);
}

#define REPLACEMENT "\xEF\xBF\xBD"

TEST(Utf8, keeps_what_is_valid) {
  for (const std::string_view text : {
           std::string_view(""),
           std::string_view("plain"),
           std::string_view("a\0b", 3),
           std::string_view("\x7F"),
           std::string_view("\xC2\x80 \xDF\xBF"),
           std::string_view("\xE0\xA0\x80 \xE2\x82\xAC \xED\x9F\xBF \xEE\x80\x80 \xEF\xBF\xBF"),
           std::string_view("\xF0\x90\x80\x80 \xF1\x80\x80\x80 \xF4\x8F\xBF\xBF"),
       }) {
    EXPECT_EQ(cleaned(text), text);
  }
}

TEST(Utf8, replaces_each_byte_that_is_not_part_of_a_sequence) {
  struct Case {
    std::string_view text;
    std::string_view expected;
  };
  for (const Case& c : {
           Case{"\x80", REPLACEMENT},                       // No beginning.
           Case{"a\xC3", "a" REPLACEMENT},                  // No end.
           Case{"\xC3(", REPLACEMENT "("},                  // Wrong second byte.
           Case{"\xE2\x82(", REPLACEMENT REPLACEMENT "("},  // Wrong third byte.
           Case{"\xC0\xAF", REPLACEMENT REPLACEMENT},       // Overlong.
           Case{"\xC1\xBF", REPLACEMENT REPLACEMENT},       //
           Case{"\xE0\x9F\xBF", REPLACEMENT REPLACEMENT REPLACEMENT},
           Case{"\xF0\x8F\xBF\xBF", REPLACEMENT REPLACEMENT REPLACEMENT REPLACEMENT},
           Case{"\xED\xA0\x80", REPLACEMENT REPLACEMENT REPLACEMENT},  // A surrogate.
           Case{"\xF4\x90\x80\x80", REPLACEMENT REPLACEMENT REPLACEMENT REPLACEMENT},
           Case{"\xF5\x80\x80\x80", REPLACEMENT REPLACEMENT REPLACEMENT REPLACEMENT},
           Case{"\xFF", REPLACEMENT},
           Case{"\xC3\xC3\xA9", REPLACEMENT "\xC3\xA9"},
       }) {
    EXPECT_EQ(cleaned(c.text), c.expected);
  }
}

TEST(Utf8, measures_the_first_sequence_only) {
  EXPECT_EQ(utf8_sequence_bytes(""), 0U);
  EXPECT_EQ(utf8_sequence_bytes("ab"), 1U);
  EXPECT_EQ(utf8_sequence_bytes("\xC3\xA9x"), 2U);
  EXPECT_EQ(utf8_sequence_bytes("\xE2\x82\xACx"), 3U);
  EXPECT_EQ(utf8_sequence_bytes("\xF0\x9F\x98\x80x"), 4U);
  EXPECT_EQ(utf8_sequence_bytes("\xE2\x82"), 0U);
}

}  // namespace
}  // namespace tailrace
