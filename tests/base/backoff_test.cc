// Waiting times: their ranges, their cap, and a new beginning.
#include "base/backoff.h"

#include <chrono>
#include <set>

#include <gtest/gtest.h>

namespace tailrace {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::nanoseconds;

// Runs the same attempt under many seeds and checks that waits fill [low, high).
void expect_range(int attempt, nanoseconds low, nanoseconds high) {
  nanoseconds least = nanoseconds::max();
  nanoseconds most = nanoseconds::min();
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    Random random(seed);
    Backoff backoff({.min = milliseconds(500), .max = minutes(5)}, random);
    nanoseconds wait{};
    for (int i = 0; i < attempt; ++i)
      wait = backoff.next();
    least = std::min(least, wait);
    most = std::max(most, wait);
  }
  const nanoseconds tenth = (high - low) / 10;
  EXPECT_GE(least, low) << "attempt " << attempt;
  EXPECT_LT(least, low + tenth) << "attempt " << attempt;
  EXPECT_LT(most, high) << "attempt " << attempt;
  EXPECT_GT(most, high - tenth) << "attempt " << attempt;
}

TEST(Backoff, each_range_is_twice_the_one_before) {
  expect_range(1, milliseconds(500), milliseconds(1000));
  expect_range(2, milliseconds(1000), milliseconds(2000));
  expect_range(5, milliseconds(8000), milliseconds(16000));
}

TEST(Backoff, the_upper_end_is_capped_and_the_range_stays) {
  // 500 ms * 2^9 = 256 s is the last lower end; its upper end would be 512 s.
  expect_range(10, milliseconds(256'000), milliseconds(300'000));
  expect_range(11, milliseconds(256'000), milliseconds(300'000));
  expect_range(200, milliseconds(256'000), milliseconds(300'000));
}

TEST(Backoff, defaults_of_promtail_wait_about_six_minutes_in_all) {
  Random random(1);
  Backoff backoff({.min = milliseconds(500), .max = minutes(5)}, random);
  nanoseconds sum{};
  for (int i = 0; i < 9; ++i)
    sum += backoff.next();
  EXPECT_GE(sum, std::chrono::milliseconds(255'500));
  EXPECT_LT(sum, std::chrono::seconds(511));
}

TEST(Backoff, a_success_begins_anew) {
  Random random(3);
  Backoff backoff({.min = milliseconds(100), .max = minutes(1)}, random);
  for (int i = 0; i < 6; ++i)
    static_cast<void>(backoff.next());
  EXPECT_EQ(backoff.attempts(), 6U);
  backoff.reset();
  EXPECT_EQ(backoff.attempts(), 0U);
  EXPECT_LT(backoff.next(), milliseconds(200));
  EXPECT_EQ(backoff.attempts(), 1U);
}

TEST(Backoff, a_minimum_at_or_above_the_maximum_waits_exactly_the_maximum) {
  for (const milliseconds min : {milliseconds(1000), milliseconds(5000)}) {
    Random random(4);
    Backoff backoff({.min = min, .max = milliseconds(1000)}, random);
    EXPECT_EQ(backoff.next(), milliseconds(1000));
    EXPECT_EQ(backoff.next(), milliseconds(1000));
  }
}

TEST(Backoff, a_maximum_between_two_powers_caps_both_ends) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    Random random(seed);
    Backoff backoff({.min = milliseconds(100), .max = milliseconds(150)}, random);
    for (int i = 0; i < 5; ++i) {
      const nanoseconds wait = backoff.next();
      EXPECT_GE(wait, milliseconds(100));
      EXPECT_LT(wait, milliseconds(150));
    }
  }
}

TEST(Backoff, the_longest_possible_maximum_does_not_overflow) {
  Random random(5);
  Backoff backoff({.min = std::chrono::hours(1), .max = nanoseconds::max()}, random);
  nanoseconds before{};
  for (int i = 0; i < 70; ++i) {
    const nanoseconds wait = backoff.next();
    EXPECT_GE(wait, std::min(before, nanoseconds::max() / 4));
    before = wait;
  }
}

}  // namespace
}  // namespace tailrace
