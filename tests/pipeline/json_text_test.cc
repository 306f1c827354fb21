// The words of JSON: numbers as text, strings.
#include "pipeline/json/json_text.h"

#include <string>
#include <utility>

#include <gtest/gtest.h>

namespace tailrace::pipeline::json {
namespace {

std::string fixed(double value) {
  FixedBuffer buffer;
  return std::string(fixed_text(value, buffer));
}

TEST(JsonText, fixed_notation_has_the_shortest_digits_and_no_exponent) {
  const std::pair<double, const char*> cases[] = {
      {1e3, "1000"},
      {1.0, "1"},
      {-0.0, "-0"},
      {0.0, "0"},
      {1e21, "1000000000000000000000"},
      {1e-7, "0.0000001"},
      {12345678901234567890.0, "12345678901234567000"},
      {9007199254740993.0, "9007199254740992"},
      {1562708916.1234567, "1562708916.1234567"},
      {0.5, "0.5"},
      {-12.5, "-12.5"},
      {100.25, "100.25"},
  };
  for (const auto& [value, text] : cases)
    EXPECT_EQ(fixed(value), text);
  EXPECT_EQ(fixed(1e308).size(), 309U);
}

TEST(JsonText, strings_are_escaped_as_go_does) {
  const std::pair<const char*, const char*> cases[] = {
      {"", R"("")"},
      {"plain", R"("plain")"},
      {"a\"b\\c", R"("a\"b\\c")"},
      {"\n\r\t\x01\x1f", R"("\n\r\t\u0001\u001f")"},
      {"<a>&b", R"("\u003ca\u003e\u0026b")"},
      {"x\xE2\x80\xA8y\xE2\x80\xA9", R"("x\u2028y\u2029")"},
      {"\xE2\x82\xAC \xE2", "\"\xE2\x82\xAC \xE2\""},
      {"\x7f\xC3\xA9", "\"\x7f\xC3\xA9\""},
  };
  for (const auto& [text, expected] : cases) {
    std::string out;
    append_string(out, text);
    EXPECT_EQ(out, expected);
  }
  std::string out;
  append_valid_string(out, "\xE2<\xFF\xC3\xA9");
  EXPECT_EQ(out, "\"\\ufffd\\u003c\\ufffd\xC3\xA9\"");
}

TEST(JsonText, unescaped_refuses_what_no_string_may_hold) {
  EXPECT_EQ(unescaped("a\\tb"), "a\tb");
  EXPECT_FALSE(unescaped("a\\"));
  EXPECT_FALSE(unescaped("a\x1F"));
  EXPECT_FALSE(unescaped("a\"b"));
  EXPECT_FALSE(unescaped("\\u12"));
  EXPECT_FALSE(unescaped("\\ud800\\u12"));
}

}  // namespace
}  // namespace tailrace::pipeline::json
