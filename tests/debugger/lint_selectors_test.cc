// Selectors and conditions, judged without a line.
#include "debugger/lint_selectors.h"

#include <string>

#include <gtest/gtest.h>

namespace tailrace::debugger {
namespace {

LintFacts facts() {
  LintFacts facts;
  facts.set_label("job", {false, {"a", "b"}});
  facts.any_label("free");
  return facts;
}

TEST(LintSelectors, a_selector_that_every_entry_satisfies_selects_all) {
  for (const char* selector :
       {"{job=~\"a|b\"}", "{job=~\".+\"}", "{free=~\".*\"}", "{none=\"\"}", "{job!=\"c\"}",
        "{job=~\".*\"} |= \"\"", "{job!~\"c.*\"} |~ \".*\""}) {
    EXPECT_TRUE(selects_all(selector, facts())) << selector;
    EXPECT_FALSE(judge_selector(selector, facts())) << selector;
  }
  for (const char* selector :
       {"{job=\"a\"}", "{free=~\".+\"}", "{free=\"\"}", "{none=\"x\"}", "{job=~\".+\"} |= \"x\"",
        "{job=~\".+\"} != \"x\"", "{job=~\".+\", free=\"x\"}", "nonsense"}) {
    EXPECT_FALSE(selects_all(selector, facts())) << selector;
  }
}

TEST(LintSelectors, drops_with_a_condition_are_not_for_all) {
  config::DropStageConfig all;
  all.expression = ".*";
  EXPECT_TRUE(drops_all(all, Lines::kMaybeJoined));
  auto some = all;
  some.sources = {"x"};
  EXPECT_FALSE(drops_all(some, Lines::kSingle));
  some = all;
  some.older_than = std::chrono::hours(1);
  EXPECT_FALSE(drops_all(some, Lines::kSingle));
  some = all;
  some.longer_than = 10;
  EXPECT_FALSE(drops_all(some, Lines::kSingle));
  some.longer_than = 0;
  EXPECT_TRUE(drops_all(some, Lines::kSingle));
  some = all;
  some.expression = "^x.*";
  EXPECT_FALSE(drops_all(some, Lines::kSingle));
}

TEST(LintSelectors, a_group_of_plain_words_lists_its_texts) {
  EXPECT_TRUE(lists_its_texts("x (?P<m>GET|POST) y", "m"));
  EXPECT_TRUE(lists_its_texts("(?<m>a)", "m"));
  EXPECT_FALSE(lists_its_texts("(?P<m>\\w+)", "m"));
  EXPECT_FALSE(lists_its_texts("(?P<m>[ab])", "m"));
  EXPECT_FALSE(lists_its_texts("(?P<m>a|(?:b)+)", "m"));
  EXPECT_FALSE(lists_its_texts("(?P<m>a)", "n"));
  EXPECT_FALSE(lists_its_texts("(?P<m>)", "m"));
}

}  // namespace
}  // namespace tailrace::debugger
