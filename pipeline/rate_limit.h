// The token buckets of a `limit` stage, shared by the workers of a job.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/mutex.h"
#include "config/stage_config.h"

namespace tailrace::pipeline {

// Holds up to `burst` tokens, refilled at `rate` per second, full at first.
//
// What is kept is the time at which the bucket would be full again, so one atomic number is all.
//
// Threading: any thread, without a lock.
class TokenBucket {
 public:
  TokenBucket(double rate, double burst, SteadyTime now);

  // Whether try_take() would take one.
  bool has_token(SteadyTime now) const;
  // Takes a token if there is one.
  bool try_take(SteadyTime now);
  // Takes a token, on credit if there is none. Returns when the next one is there.
  SteadyTime take(SteadyTime now);

 private:
  double since_start(SteadyTime now) const;

  const SteadyTime start_;
  const double interval_;           // Nanoseconds between two tokens.
  const double capacity_;           // Nanoseconds that fill an empty bucket.
  std::atomic<double> full_at_{0};  // Nanoseconds since start_.
};

// What one `limit` stage of a job shares over its workers.
//
// Threading: any thread. A worker asks bucket_of() once per label set and generation.
// Memory: two generations of buckets: when the young one has `distinct_labels_max`, it becomes the
//   old one, and what was only in the old one is forgotten.
class RateLimit {
 public:
  RateLimit(const config::LimitStageConfig& config, SteadyTime now);

  TokenBucket& all() { return all_; }

  // Changes when buckets were forgotten: then they must be asked for again.
  std::uint64_t generation() const { return generation_.load(std::memory_order_acquire); }
  // The bucket of a value of the label. Shared, because a worker may still use one that another
  // worker's label made the table forget.
  std::shared_ptr<TokenBucket> bucket_of(std::string_view value, SteadyTime now);

  // Whether the bucket of a value has a token; keeps no bucket for it.
  bool has_token(std::string_view value, SteadyTime now);

  void count_dropped(const std::string& value, std::uint64_t lines);
  // logentry_dropped_lines_by_label_total.
  void collect(std::vector<MetricFamily>& out);

 private:
  using Buckets = std::unordered_map<std::string, std::shared_ptr<TokenBucket>>;

  const config::LimitStageConfig config_;
  TokenBucket all_;
  std::atomic<std::uint64_t> generation_{1};
  Mutex mutex_;
  Buckets young_ TAILRACE_GUARDED_BY(mutex_);
  Buckets old_ TAILRACE_GUARDED_BY(mutex_);
  std::map<std::string, std::uint64_t> dropped_ TAILRACE_GUARDED_BY(mutex_);  // By value.
};

}  // namespace tailrace::pipeline
