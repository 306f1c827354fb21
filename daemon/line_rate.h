// limits_config.readline_rate: how many entries per second may leave all pipelines together.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "base/clock.h"
#include "base/metrics.h"
#include "config/config.h"

namespace tailrace::daemon {

// A token bucket that all workers share (docs/compatibility.md, limits_config). Nobody waits in
// here: who may not go on is told until when.
//
// Threading: any thread; one atomic number.
class LineRate {
 public:
  // The rate is above 0 and the burst at least 1 (config/ sees to it).
  LineRate(const config::LimitsConfig& limits, const Clock& clock, Metrics& metrics);

  // Whether entries over the rate are dropped; else reading pauses.
  bool drops() const { return drops_; }
  // Dropping: whether an entry may pass. One that may not costs nothing.
  bool try_take(SteadyTime now);
  // Waiting: the entry passes; returns from when on the next one may. In the past: at once.
  SteadyTime take(SteadyTime now);

  void count_dropped(std::uint64_t entries);

 private:
  double seconds(SteadyTime time) const;

  const double seconds_per_entry_;
  const double burst_seconds_;
  const bool drops_;
  const SteadyTime begin_;
  MetricValue& dropped_;
  // When the bucket will be full again, in seconds since begin_: everything before is used up.
  std::atomic<double> used_until_{0};
};

// One bucket, which all workers share.
using SharedLineRate = std::shared_ptr<LineRate>;

}  // namespace tailrace::daemon
