// A bucket of entries: what passes at once, what is dropped, and how long others wait.
#include "daemon/line_rate.h"

#include <gtest/gtest.h>

#include "tests/fakes/fake_clock.h"

namespace tailrace::daemon {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

config::LimitsConfig limits(double rate, std::int64_t burst, bool drop) {
  config::LimitsConfig result;
  result.readline_rate_enabled = true;
  result.readline_rate = rate;
  result.readline_burst = burst;
  result.readline_rate_drop = drop;
  return result;
}

class LineRateTest : public ::testing::Test {
 protected:
  int passed(LineRate& rate, int entries) {
    int count = 0;
    for (int i = 0; i < entries; ++i) {
      if (rate.try_take(clock_.steady_now())) ++count;
    }
    return count;
  }

  tailrace::testing::FakeClock clock_;
  Metrics metrics_;
};

TEST_F(LineRateTest, lets_a_burst_pass_and_then_the_rate) {
  LineRate rate(limits(10, 25, true), clock_, metrics_);
  EXPECT_TRUE(rate.drops());
  EXPECT_EQ(passed(rate, 100), 25);
  clock_.advance(milliseconds(500));
  EXPECT_EQ(passed(rate, 100), 5);
  clock_.advance(seconds(3600));
  EXPECT_EQ(passed(rate, 100), 25);  // A bucket holds no more.
}

TEST_F(LineRateTest, is_exact_over_a_long_time) {
  LineRate rate(limits(3, 1, true), clock_, metrics_);
  int count = 0;
  for (int second = 0; second < 100'000; ++second) {
    for (int i = 0; i < 10; ++i) {
      clock_.advance(milliseconds(100));
      count += passed(rate, 2);
    }
  }
  EXPECT_NEAR(count, 250'000, 1);  // Asked every 100 ms, with a burst of 1: every fourth passes.
}

TEST_F(LineRateTest, tells_who_waits_from_when_on) {
  LineRate rate(limits(10, 3, false), clock_, metrics_);
  EXPECT_FALSE(rate.drops());
  const SteadyTime now = clock_.steady_now();
  EXPECT_LE(rate.take(now), now);
  EXPECT_LE(rate.take(now), now);
  const SteadyTime third = rate.take(now);
  EXPECT_NEAR(static_cast<double>((third - now).count()), 100e6, 10);
  // Who comes too early (another worker) lengthens the wait of both.
  EXPECT_NEAR(static_cast<double>((rate.take(now) - now).count()), 200e6, 10);
  clock_.advance(seconds(10));
  EXPECT_LE(rate.take(clock_.steady_now()), clock_.steady_now());
}

TEST_F(LineRateTest, counts_what_is_dropped_as_promtail_does) {
  LineRate rate(limits(1, 1, true), clock_, metrics_);
  rate.count_dropped(7);
  EXPECT_NE(metrics_.serialize().find(
                "logentry_dropped_lines_total{reason=\"global_rate_limiter_drop\"} 7\n"),
            std::string::npos);
}

}  // namespace
}  // namespace tailrace::daemon
