// Random numbers: repeatable, and within their bounds.
#include "base/random.h"

#include <set>

#include <gtest/gtest.h>

namespace tailrace {
namespace {

TEST(Random, the_same_seed_gives_the_same_numbers) {
  Random first(42);
  Random second(42);
  Random other(43);
  const std::uint64_t number = first.below(UINT64_MAX);
  EXPECT_EQ(number, second.below(UINT64_MAX));
  EXPECT_NE(number, other.below(UINT64_MAX));
}

TEST(Random, below_reaches_every_number_under_its_bound_and_no_other) {
  Random random(1);
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 1000; ++i)
    seen.insert(random.below(7));
  EXPECT_EQ(seen, (std::set<std::uint64_t>{0, 1, 2, 3, 4, 5, 6}));
}

TEST(Random, unit_fills_zero_to_one) {
  Random random(2);
  double least = 1;
  double most = 0;
  for (int i = 0; i < 2000; ++i) {
    const double number = random.unit();
    ASSERT_GE(number, 0);
    ASSERT_LT(number, 1);
    least = std::min(least, number);
    most = std::max(most, number);
  }
  EXPECT_LT(least, 0.02);
  EXPECT_GT(most, 0.98);
}

}  // namespace
}  // namespace tailrace
