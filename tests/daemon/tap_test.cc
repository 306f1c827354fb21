// The rate of a tap by the clock.
#include "daemon/tap.h"

#include <chrono>

#include <gtest/gtest.h>

namespace tailrace::daemon {
namespace {

using std::chrono::milliseconds;

TEST(TapRate, holds_what_flows_in_within_a_second) {
  TapRate rate(4);
  SteadyTime now{};
  for (int i = 0; i < 4; ++i)
    EXPECT_TRUE(rate.take(now));
  EXPECT_FALSE(rate.take(now));
  EXPECT_FALSE(rate.has(now += milliseconds(200)));
  EXPECT_TRUE(rate.has(now += milliseconds(50)));
  EXPECT_TRUE(rate.take(now));
  EXPECT_FALSE(rate.take(now));
  now += milliseconds(60'000);
  for (int i = 0; i < 4; ++i)
    EXPECT_TRUE(rate.take(now));
  EXPECT_FALSE(rate.take(now));
}

TEST(TapRate, a_clock_that_stands_still_gives_nothing) {
  TapRate rate(1);
  EXPECT_TRUE(rate.take(SteadyTime{} + milliseconds(100)));
  EXPECT_FALSE(rate.take(SteadyTime{}));
  EXPECT_FALSE(rate.has(SteadyTime{}));
}

TEST(TapRate, what_cost_more_is_waited_for) {
  TapRate rate(4);
  SteadyTime now{};
  EXPECT_TRUE(rate.take(now));
  rate.charge(6);  // 3 owed.
  EXPECT_FALSE(rate.has(now += milliseconds(750)));
  EXPECT_FALSE(rate.has(now += milliseconds(249)));
  EXPECT_TRUE(rate.has(now += milliseconds(1)));
}

TEST(Tap, asks_for_the_same_when_nothing_else_is_said) {
  const auto tap = Tap::create(
      {.id = "a", .selector = "{a=\"b\"}", .rate = 5, .detail = debugger::TraceDetail::kStages}, 1);
  ASSERT_TRUE(tap);
  EXPECT_TRUE((*tap)->does({.id = "a"}));
  EXPECT_TRUE((*tap)->does({.id = "a", .selector = "{a=\"b\"}", .rate = 5}));
  EXPECT_FALSE((*tap)->does({.id = "a", .selector = "{a=\"c\"}"}));
  EXPECT_FALSE((*tap)->does({.id = "a", .rate = 6}));
  EXPECT_FALSE((*tap)->does({.id = "a", .detail = debugger::TraceDetail::kEntry}));
  const TapRequest completed = (*tap)->completed({.id = "a", .rate = 6});
  EXPECT_EQ(completed.selector, "{a=\"b\"}");
  EXPECT_EQ(completed.rate, 6U);
  EXPECT_EQ(completed.detail, debugger::TraceDetail::kStages);
}

}  // namespace
}  // namespace tailrace::daemon
