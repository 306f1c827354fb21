// The shapes of patterns: what a backtracking engine may be trusted with.
#include "pipeline/matching/pattern_shape.h"

#include <string_view>

#include <gtest/gtest.h>

#include "pipeline/matching/jit_matcher.h"
#include "pipeline/matching/pattern_tree.h"

namespace tailrace::pipeline {
namespace {

PatternShape shape(std::string_view pattern) {
  const auto tree = parse_pattern(pattern);
  EXPECT_TRUE(tree.has_value()) << pattern;
  return tree ? shape_of(*tree) : PatternShape{};
}

TEST(PatternShape, is_deterministic_when_the_next_character_decides) {
  for (const char* pattern : {R"re(^(\S+) - ([^\]]+)\] "(\d+)"$)re", "a*b", "(?:ab|cd)+e", "a?b",
                              "x{2,5}y", "(?:,a)*;", "a.*", "a{3}a", "(?i)k+x"}) {
    EXPECT_TRUE(shape(pattern).deterministic) << pattern;
  }
  for (const char* pattern : {"a.*b", "a*ab", "(?:ab|ac)", "a?a", "x{2,5}x", "(?:a|b?)b",
                              R"(\w+\b)", "(?m)a$", "(?:,a)*,", "(?i)K+k", "(?:ab?)+b"}) {
    EXPECT_FALSE(shape(pattern).deterministic) << pattern;
  }
}

TEST(PatternShape, is_anchored_when_every_branch_is) {
  for (const char* pattern : {"^a", R"(\Aa)", "(^a)b", "^a|^b", "(?:^a|^b)c"}) {
    EXPECT_TRUE(shape(pattern).anchored) << pattern;
  }
  for (const char* pattern : {"a", "^a|b", "a^", "(?m)^a", "", "(?:^a)?b"}) {
    EXPECT_FALSE(shape(pattern).anchored) << pattern;
  }
}

TEST(PatternShape, loops_are_trusted_when_simple) {
  for (const char* pattern : {"(a)?", "(?:ab)*", "(?:a?b)*", "(?:a{2}b){3}", "a*b*"}) {
    EXPECT_TRUE(shape(pattern).same_captures) << pattern;
  }
  for (const char* pattern :
       {"(a)*", "(a){2}", "(?:a*)*", "(?:a+b)*", "(?:a*)?", "(?:a|)+", "(?:^)*", "a{0}"}) {
    EXPECT_FALSE(shape(pattern).same_captures) << pattern;
  }
}

TEST(PatternTree, spells_sets_out_for_pcre2) {
  const auto spelled = [](std::string_view pattern) { return to_pcre2(*parse_pattern(pattern)); };
  EXPECT_EQ(spelled(R"(^\d+$)"), R"(\A[0-9]+\z)");
  EXPECT_EQ(spelled(R"([^a]*?)"), "[^a]*?");
  EXPECT_EQ(spelled("(?i)a"), "[Aa]");
  EXPECT_EQ(spelled("(?s)."), ".");
  EXPECT_EQ(spelled("."), R"([^\x0a])");
  EXPECT_EQ(spelled("(a|)"), "((?:a|))");
  EXPECT_EQ(spelled("(?m)^a$"), R"((?<![^\n])a(?![^\n]))");
  EXPECT_EQ(spelled("(?U)a{2,}"), "a{2,}?");
  EXPECT_FALSE(parse_pattern("(?i)k")->holds_beyond_ascii);
  EXPECT_TRUE(parse_pattern("(?i)a")->holds_beyond_ascii);
}

}  // namespace
}  // namespace tailrace::pipeline
