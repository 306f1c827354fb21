// The kernel's clocks, and the conversions of wall time.
#include "base/clock.h"

#include <ctime>

#include <gtest/gtest.h>

namespace tailrace {
namespace {

TEST(SystemClock, steady_time_does_not_go_back) {
  const SystemClock clock;
  const SteadyTime first = clock.steady_now();
  EXPECT_LE(first, clock.steady_now());
}

TEST(SystemClock, wall_time_is_between_two_readings_of_the_kernels_clock) {
  const SystemClock clock;
  const auto kernel_nanoseconds = [] {
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
  };
  const std::int64_t before = kernel_nanoseconds();
  const std::int64_t told = unix_nanoseconds(clock.wall_now());
  EXPECT_LE(before, told);
  EXPECT_LE(told, kernel_nanoseconds());
}

TEST(WallTime, is_nanoseconds_since_1970_both_ways) {
  for (const std::int64_t nanoseconds : {0LL, 1LL, -1LL, 1'767'225'600'123'456'789LL}) {
    EXPECT_EQ(unix_nanoseconds(wall_time_from_unix(nanoseconds)), nanoseconds);
  }
}

}  // namespace
}  // namespace tailrace
