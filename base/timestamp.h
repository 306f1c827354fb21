// The time of a log entry.
#pragma once

#include <compare>
#include <cstdint>
#include <limits>
#include <optional>

namespace tailrace {

// A point in time of the years 1 to 9999, which are those that Loki's wire format carries
// (docs/compatibility.md, timestamp). Wider than the 64 bits of nanoseconds that the clock needs.
struct Timestamp {
  static constexpr std::int64_t kSecondsMin = -62'135'596'800;  // 0001-01-01T00:00:00
  static constexpr std::int64_t kSecondsMax = 253'402'300'799;  // 9999-12-31T23:59:59
  static constexpr std::int64_t kPerSecond = 1'000'000'000;

  std::int64_t seconds = 0;       // Since 1970 (UTC).
  std::uint32_t nanoseconds = 0;  // Below kPerSecond; they count forward also before 1970.

  // From nanoseconds since 1970.
  static constexpr Timestamp of_ns(std::int64_t ns) {
    std::int64_t seconds = ns / kPerSecond;
    std::int64_t rest = ns % kPerSecond;
    if (rest < 0) {
      rest += kPerSecond;
      --seconds;
    }
    return {seconds, static_cast<std::uint32_t>(rest)};
  }

  // From seconds and nanoseconds, whose absolute value is at most kPerSecond; nothing beyond the
  // years.
  static constexpr std::optional<Timestamp> of(std::int64_t seconds, std::int64_t nanoseconds) {
    if (nanoseconds < 0) {
      if (seconds == std::numeric_limits<std::int64_t>::min()) return std::nullopt;
      nanoseconds += kPerSecond;
      --seconds;
    }
    if (seconds < kSecondsMin || seconds > kSecondsMax) return std::nullopt;
    return Timestamp{seconds, static_cast<std::uint32_t>(nanoseconds)};
  }

  // Nanoseconds since 1970; the nearest possible value when they do not fit.
  constexpr std::int64_t ns() const {
    std::int64_t result = 0;
    if (__builtin_mul_overflow(seconds, kPerSecond, &result) ||
        __builtin_add_overflow(result, std::int64_t{nanoseconds}, &result)) {
      return seconds < 0 ? std::numeric_limits<std::int64_t>::min()
                         : std::numeric_limits<std::int64_t>::max();
    }
    return result;
  }

  // One nanosecond later; the last time has none.
  constexpr Timestamp next() const {
    if (nanoseconds + 1 < kPerSecond) return {seconds, nanoseconds + 1};
    if (seconds == kSecondsMax) return *this;
    return {seconds + 1, 0};
  }

  friend constexpr auto operator<=>(const Timestamp&, const Timestamp&) = default;
};

}  // namespace tailrace
