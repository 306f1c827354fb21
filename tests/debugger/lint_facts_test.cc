// What is known at one point of a pipeline, and where two ways meet.
#include "debugger/lint_facts.h"

#include <gtest/gtest.h>

namespace tailrace::debugger {
namespace {

using LabelTexts = std::set<std::string, std::less<>>;
using Variety = LintFacts::Variety;

TEST(LintFacts, a_label_that_nobody_set_is_not_there) {
  LintFacts facts;
  EXPECT_EQ(facts.label("a").texts, LabelTexts{""});
  EXPECT_FALSE(facts.may_have_label("a"));
  facts.set_label("a", {false, {"x"}});
  EXPECT_TRUE(facts.may_have_label("a"));
  facts.remove_label("a");
  EXPECT_FALSE(facts.may_have_label("a"));
}

TEST(LintFacts, after_a_join_either_may_be) {
  LintFacts here;
  here.set_label("both", {false, {"x"}});
  here.set_label("here", {false, {"x"}});
  here.set_value("few", Variety::kUnknown);
  LintFacts there;
  there.set_label("both", {false, {"y"}});
  there.any_label("there");
  there.set_value("few", Variety::kFew);
  here.join(there);
  EXPECT_EQ(here.label("both").texts, (LabelTexts{"x", "y"}));
  EXPECT_EQ(here.label("here").texts, (LabelTexts{"", "x"}));
  EXPECT_TRUE(here.label("there").any);
  EXPECT_TRUE(here.label("there").texts.count("") == 1);
  EXPECT_TRUE(here.has_few("few"));
  EXPECT_FALSE(here.may_have_value("other"));
  there.any_values();
  there.any_labels();
  here.join(there);
  EXPECT_TRUE(here.may_have_value("other"));
  EXPECT_TRUE(here.may_have_label("other"));
}

TEST(LintFacts, labels_that_may_be_there_become_values) {
  LintFacts facts;
  facts.set_label("a", {false, {"x"}});
  facts.remove_label("b");
  facts.set_value("a", Variety::kFew);
  facts.copy_labels_to_values();
  EXPECT_TRUE(facts.may_have_value("a"));
  EXPECT_TRUE(facts.has_few("a"));
  EXPECT_FALSE(facts.may_have_value("b"));
  facts.any_labels();
  facts.copy_labels_to_values();
  EXPECT_TRUE(facts.may_have_value("b"));
}

TEST(LintFacts, only_kept_labels_stay) {
  LintFacts facts;
  facts.set_label("a", {false, {"x"}});
  facts.any_label("b");
  facts.keep_labels({"a"});
  EXPECT_TRUE(facts.may_have_label("a"));
  EXPECT_FALSE(facts.may_have_label("b"));
}

}  // namespace
}  // namespace tailrace::debugger
