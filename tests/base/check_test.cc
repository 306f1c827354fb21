// A broken invariant ends the program with its place and text.
#include "base/check.h"

#include <gtest/gtest.h>

namespace tailrace {
namespace {

TEST(CheckDeathTest, a_false_condition_aborts_with_place_and_text) {
  ::testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_DEATH(TAILRACE_CHECK(1 + 1 == 3), "check_test.cc:[0-9]+: broken invariant: 1 \\+ 1 == 3");
}

TEST(Check, a_true_condition_is_evaluated_once) {
  int evaluations = 0;
  TAILRACE_CHECK(++evaluations == 1);
  EXPECT_EQ(evaluations, 1);
}

}  // namespace
}  // namespace tailrace
