// The token buckets of a `limit` stage, shared by the workers of a job.
#include "pipeline/rate_limit.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace tailrace::pipeline {
namespace {

constexpr double kNanosecondsPerSecond = 1e9;
// Sums of intervals are not exact; so much of an interval early is in time.
constexpr double kTolerance = 1e-6;

}  // namespace

TokenBucket::TokenBucket(double rate, double burst, SteadyTime now)
    : start_(now),
      interval_(kNanosecondsPerSecond / rate),
      capacity_(interval_ * (burst + kTolerance)) {}

double TokenBucket::since_start(SteadyTime now) const {
  return static_cast<double>(std::chrono::nanoseconds(now - start_).count());
}

bool TokenBucket::has_token(SteadyTime now) const {
  const double time = since_start(now);
  const double next = std::max(full_at_.load(std::memory_order_relaxed), time) + interval_;
  return next - time <= capacity_;
}

bool TokenBucket::try_take(SteadyTime now) {
  const double time = since_start(now);
  double full_at = full_at_.load(std::memory_order_relaxed);
  while (true) {
    const double next = std::max(full_at, time) + interval_;
    if (next - time > capacity_) return false;
    if (full_at_.compare_exchange_weak(full_at, next, std::memory_order_relaxed)) return true;
  }
}

SteadyTime TokenBucket::take(SteadyTime now) {
  const double time = since_start(now);
  double full_at = full_at_.load(std::memory_order_relaxed);
  double next = 0;
  do {
    next = std::max(full_at, time) + interval_;
  } while (!full_at_.compare_exchange_weak(full_at, next, std::memory_order_relaxed));
  const double wait = std::max(0.0, next + interval_ - capacity_);
  // A rate near 0 means waiting for longer than a time can say.
  constexpr double kWaitMax = 1e18;
  return start_ + std::chrono::nanoseconds(static_cast<std::int64_t>(std::min(wait, kWaitMax)));
}

RateLimit::RateLimit(const config::LimitStageConfig& config, SteadyTime now)
    : config_(config), all_(config.rate, static_cast<double>(config.burst), now) {}

// Shared with the workers that know the value.
std::shared_ptr<TokenBucket> RateLimit::bucket_of(std::string_view value, SteadyTime now) {
  const MutexLock lock(mutex_);
  std::string key(value);
  if (const auto found = young_.find(key); found != young_.end()) return found->second;
  // Shared by the workers that know the value.
  std::shared_ptr<TokenBucket> bucket;
  if (const auto found = old_.find(key); found != old_.end()) {
    bucket = found->second;
  } else {
    bucket = std::make_shared<TokenBucket>(config_.rate, static_cast<double>(config_.burst), now);
  }
  if (young_.size() >= static_cast<std::size_t>(config_.distinct_labels_max)) {
    old_ = std::exchange(young_, {});
    dropped_.clear();
    generation_.fetch_add(1, std::memory_order_release);
  }
  young_.emplace(std::move(key), bucket);
  return bucket;
}

bool RateLimit::has_token(std::string_view value, SteadyTime now) {
  const MutexLock lock(mutex_);
  const std::string key(value);
  for (const Buckets* const buckets : {&young_, &old_}) {
    const auto found = buckets->find(key);
    if (found != buckets->end()) return found->second->has_token(now);
  }
  return TokenBucket(config_.rate, static_cast<double>(config_.burst), now).has_token(now);
}

void RateLimit::count_dropped(const std::string& value, std::uint64_t lines) {
  const MutexLock lock(mutex_);
  dropped_[value] += lines;
}

void RateLimit::collect(std::vector<MetricFamily>& out) {
  const MutexLock lock(mutex_);
  if (dropped_.empty()) return;
  MetricFamily family;
  family.name = "logentry_dropped_lines_by_label_total";
  family.help = "A count of all log lines dropped as a result of a pipeline stage";
  for (const auto& [value, lines] : dropped_) {
    MetricSample sample;
    sample.labels = {{"label_name", *config_.by_label}, {"label_value", value}};
    sample.value = static_cast<double>(lines);
    family.samples.push_back(std::move(sample));
  }
  out.push_back(std::move(family));
}

}  // namespace tailrace::pipeline
