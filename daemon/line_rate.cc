// A token bucket as one number: the time at which it will be full again.
#include "daemon/line_rate.h"

#include <algorithm>

namespace tailrace::daemon {

LineRate::LineRate(const config::LimitsConfig& limits, const Clock& clock, Metrics& metrics)
    : seconds_per_entry_(1 / limits.readline_rate),
      burst_seconds_(static_cast<double>(limits.readline_burst) / limits.readline_rate),
      drops_(limits.readline_rate_drop),
      begin_(clock.steady_now()),
      dropped_(metrics.counter("logentry_dropped_lines_total",
                               "A count of all log lines dropped as a result of a pipeline stage",
                               {{"reason", "global_rate_limiter_drop"}})) {}

double LineRate::seconds(SteadyTime time) const {
  return std::chrono::duration<double>(time - begin_).count();
}

bool LineRate::try_take(SteadyTime now) {
  // Sums of fractions are not exact.
  const double limit = seconds(now) + burst_seconds_ + seconds_per_entry_ * 1e-6;
  double used = used_until_.load(std::memory_order_relaxed);
  while (true) {
    const double next = std::max(used, seconds(now)) + seconds_per_entry_;
    if (next > limit) return false;
    if (used_until_.compare_exchange_weak(used, next, std::memory_order_relaxed)) return true;
  }
}

SteadyTime LineRate::take(SteadyTime now) {
  double used = used_until_.load(std::memory_order_relaxed);
  double next = 0;
  do {
    next = std::max(used, seconds(now)) + seconds_per_entry_;
  } while (!used_until_.compare_exchange_weak(used, next, std::memory_order_relaxed));
  // The next entry needs a token of its own.
  const std::chrono::duration<double> free(next + seconds_per_entry_ - burst_seconds_);
  return begin_ + std::chrono::duration_cast<std::chrono::nanoseconds>(free);
}

void LineRate::count_dropped(std::uint64_t entries) {
  dropped_.add(static_cast<double>(entries));
}

}  // namespace tailrace::daemon
