// Tests of match selectors.
#include "pipeline/logql/selector.h"

#include <string>

#include <gtest/gtest.h>

namespace tailrace::pipeline::logql {
namespace {

// name, comparison and text of each matcher, then of each filter.
std::string parsed(std::string_view text) {
  const auto selector = parse_selector(text);
  if (!selector.has_value()) return selector.error().message;
  const auto sign = [](Comparison comparison) {
    return std::string("=!~^").substr(static_cast<std::size_t>(comparison), 1);
  };
  std::string result;
  for (const LabelMatcher& matcher : selector->matchers)
    result += matcher.name + sign(matcher.comparison) + matcher.text + ";";
  for (const LineFilter& filter : selector->filters)
    result += "|" + sign(filter.comparison) + filter.text;
  return result;
}

TEST(Selector, knows_all_comparisons) {
  EXPECT_EQ(parsed(R"({a="1",b!="2",c=~"3",d!~"4"})"), "a=1;b!2;c~3;d^4;");
  EXPECT_EQ(parsed(R"({a="1"} |= "2" != "3" |~ "4" !~ "5")"), "a=1;|=2|!3|~4|^5");
}

TEST(Selector, blanks_and_comments_do_not_matter) {
  EXPECT_EQ(parsed("{ a = \"1\" /* x */ ,\n\tby=\"2\"}|=\"3\"// end"), "a=1;by=2;|=3");
}

TEST(Selector, texts_are_go_strings) {
  EXPECT_EQ(parsed(R"({a="\\d\x41\""} |= `\d`)"), "a=\\dA\";|=\\d");
}

TEST(Selector, says_what_is_wrong_and_where) {
  EXPECT_EQ(parsed("{}"), "selector: column 2: expected a label name, but found `}`");
  EXPECT_EQ(parsed(R"({a="t",})"), "selector: column 8: expected a label name, but found `}`");
  EXPECT_EQ(parsed(R"(|= "x")"), "selector: column 1: expected `{`, but found `|=`");
  EXPECT_EQ(parsed(R"({a="t"} | json)"),
            "selector: column 9: expected a line filter (|=, |~, !=, !~), but found `|`");
  EXPECT_EQ(parsed(R"({a-b="t"})"),
            "selector: column 3: expected =, !=, =~ or !~, but found `-b=\"t\"}`");
  EXPECT_EQ(parsed("{a='t'}"),
            "selector: column 4: expected text in double quotes, but found `'t'}`");
  EXPECT_EQ(parsed(R"({a="t)"), "selector: column 4: the text has no closing quote");
  EXPECT_EQ(parsed(R"({a="t")"), "selector: column 7: expected `,` or `}`, but found the end");
  EXPECT_NE(parsed(R"({a="\d"})").find("backslash"), std::string::npos);
  EXPECT_NE(parsed(R"({a="t"} /* x)").find("the end of the comment"), std::string::npos);
  EXPECT_NE(parsed(R"({1a="t"})").find("a label name"), std::string::npos);
}

}  // namespace
}  // namespace tailrace::pipeline::logql
