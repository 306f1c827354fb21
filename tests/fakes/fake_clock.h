// A clock that moves when told.
#pragma once

#include <chrono>

#include "base/clock.h"

namespace tailrace::testing {

// Both clocks start at fixed, nonzero times; advance() moves both, step_wall() only the wall clock.
class FakeClock final : public Clock {
 public:
  SteadyTime steady_now() const override { return steady_; }
  WallTime wall_now() const override { return wall_; }

  void advance(std::chrono::nanoseconds by) {
    steady_ += by;
    wall_ += by;
  }
  void step_wall(std::chrono::nanoseconds by) { wall_ += by; }

 private:
  SteadyTime steady_{std::chrono::hours(1)};
  WallTime wall_ = wall_time_from_unix(1'767'225'600'000'000'000);  // 2026-01-01T00:00:00Z
};

}  // namespace tailrace::testing
