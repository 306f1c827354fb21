// Tests of finding all matches with all groups.
#include "pipeline/matching/regex_scanner.h"

#include <string>

#include <gtest/gtest.h>

namespace tailrace::pipeline {
namespace {

std::string all_matches(std::string_view pattern, std::string_view text) {
  const auto scanner = RegexScanner::create(pattern);
  if (!scanner.has_value()) return "refused";
  std::string result;
  (*scanner)->start(text);
  while ((*scanner)->next()) {
    for (std::size_t i = 0; i < (*scanner)->group_names().size(); ++i) {
      const RegexScanner::Span span = (*scanner)->group(i);
      result += i == 0 ? "" : ",";
      result += span.took_part ? std::to_string(span.begin) + "-" + std::to_string(span.end) : "no";
    }
    result += ";";
  }
  return result;
}

TEST(RegexScanner, gives_matches_that_do_not_overlap) {
  EXPECT_EQ(all_matches("aa", "aaaaa"), "0-2;2-4;");
  EXPECT_EQ(all_matches("(a)|(b)", "ab"), "0-1,0-1,no;1-2,no,1-2;");
  EXPECT_EQ(all_matches("^a", "aa"), "0-1;");
}

TEST(RegexScanner, an_empty_match_behind_a_match_does_not_count) {
  EXPECT_EQ(all_matches("(.*)", "hello"), "0-5,0-5;");
  EXPECT_EQ(all_matches("x*", "axb"), "0-0;1-2;3-3;");
  EXPECT_EQ(all_matches("x*", "\xC3\xA9"), "0-0;2-2;");
  EXPECT_EQ(all_matches("x*", ""), "0-0;");
}

TEST(RegexScanner, offsets_are_those_of_the_text_even_when_it_is_not_utf8) {
  EXPECT_EQ(all_matches("(b)",
                        "a\xFF"
                        "b\xFE"
                        "b"),
            "2-3,2-3;4-5,4-5;");
  EXPECT_EQ(all_matches("(.)b",
                        "\xFF"
                        "b"),
            "0-2,0-1;");
}

TEST(RegexScanner, names_groups_by_number) {
  const auto scanner = RegexScanner::create("(?P<a>x)(y)(?<a>z)");
  ASSERT_TRUE(scanner.has_value());
  EXPECT_EQ((*scanner)->group_names(), (std::vector<std::string>{"", "a", "", "a"}));
  EXPECT_EQ(all_matches("(", "x"), "refused");
}

}  // namespace
}  // namespace tailrace::pipeline
