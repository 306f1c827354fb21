// Time as a parameter: what the program knows of clocks.
#pragma once

#include <chrono>
#include <cstdint>

namespace tailrace {

// Monotonic time: deadlines, ages, back-off. Its epoch means nothing.
using SteadyTime = std::chrono::time_point<std::chrono::steady_clock, std::chrono::nanoseconds>;

// Wall-clock time as nanoseconds since 1970-01-01T00:00:00Z: what an entry is stamped with.
using WallTime = std::chrono::time_point<std::chrono::system_clock, std::chrono::nanoseconds>;

inline constexpr std::int64_t unix_nanoseconds(WallTime time) {
  return time.time_since_epoch().count();
}
inline constexpr WallTime wall_time_from_unix(std::int64_t nanoseconds) {
  return WallTime(std::chrono::nanoseconds(nanoseconds));
}

// The two clocks. Tests use tests/fakes/fake_clock.h.
//
// Threading: any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual SteadyTime steady_now() const = 0;
  virtual WallTime wall_now() const = 0;
};

// The kernel's clocks (CLOCK_MONOTONIC, CLOCK_REALTIME).
class SystemClock final : public Clock {
 public:
  SteadyTime steady_now() const override;
  WallTime wall_now() const override;
};

}  // namespace tailrace
