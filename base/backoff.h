// How long to wait before trying again: exponential, with jitter, as Promtail does it.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "base/random.h"

namespace tailrace {

// The waiting times between attempts at one thing. The wait after attempt n is uniform in
// [min * 2^(n-1), min * 2^n), both ends capped at max; once the upper end has reached max the range
// stays as it is (docs/compatibility.md, Retries).
//
// Ownership: borrows the Random.
// Threading: confined to one thread.
class Backoff {
 public:
  // Both positive; a min above max counts as max.
  struct Options {
    std::chrono::nanoseconds min;
    std::chrono::nanoseconds max;
  };

  Backoff(Options options, Random& random)
      : min_(std::min(options.min, options.max)), max_(options.max), random_(random) {
    reset();
  }

  // The wait after one more failed attempt.
  std::chrono::nanoseconds next() {
    ++attempts_;
    std::chrono::nanoseconds wait = low_;
    if (high_ > low_) {
      const auto width = static_cast<std::uint64_t>((high_ - low_).count());
      wait += std::chrono::nanoseconds(static_cast<std::int64_t>(random_.below(width)));
    }
    if (high_ < max_) {
      low_ = doubled(low_);
      high_ = doubled(high_);
    }
    return wait;
  }

  // Begins anew, after a success.
  void reset() {
    attempts_ = 0;
    low_ = min_;
    high_ = doubled(min_);
  }

  // Failed attempts since the last reset().
  std::uint64_t attempts() const { return attempts_; }

 private:
  std::chrono::nanoseconds doubled(std::chrono::nanoseconds value) const {
    return value > max_ / 2 ? max_ : value * 2;
  }

  const std::chrono::nanoseconds min_;
  const std::chrono::nanoseconds max_;
  Random& random_;
  std::uint64_t attempts_ = 0;
  std::chrono::nanoseconds low_{};
  std::chrono::nanoseconds high_{};
};

}  // namespace tailrace
