// What the pipelines of one job share over all workers: the metrics that its stages make.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/mutex.h"
#include "base/result.h"
#include "config/stage_config.h"
#include "model/label_set.h"
#include "pipeline/rate_limit.h"

namespace tailrace::pipeline {

using MetricFamilyId = std::uint32_t;

// Where a series is kept; checked at each use, because an idle series is removed.
struct SeriesHandle {
  std::uint32_t index = 0;
  std::uint32_t generation = 0;  // 0: not looked up yet.
  double value = 0;              // The series' (histogram: its sum), when it was last updated.
};

// What one worker did to one series since it last published.
struct SeriesUpdate {
  const LabelSet* labels = nullptr;  // The entry's; hidden ones are left out here.
  SeriesHandle* handle = nullptr;    // Updated.
  bool replaces = false;             // Gauge `set`: `amount` is the value, else it is added.
  double amount = 0;                 // Histogram: the sum of the observations.
  // handle->value and what was added to it, one after the other: floats add up to something else in
  // another order, and this is Promtail's. Used where no other worker has changed the series since.
  std::optional<double> reached = std::nullopt;
  std::span<const std::uint64_t> bucket_counts;  // Histogram: per bucket, +Inf last.
};

// The custom metrics (`metrics` stage) and the counters of one job.
//
// Series that differ only in hidden labels (`__...`) are one series, and so are those of two
// `metrics` stages under one name (docs/compatibility.md, metrics).
//
// Ownership: borrows Metrics and the Clock, which outlive it. Outlives the job's pipelines.
// Threading: any thread. Workers call it once per block, a scrape at any time.
// Memory: kSeriesMax series per family; the series idle for longest makes room, counted.
class JobState {
 public:
  static constexpr std::size_t kSeriesMax = 100'000;

  // `series_max` is for tests.
  JobState(Metrics& metrics, const Clock& clock, std::size_t series_max = kSeriesMax);
  ~JobState();
  JobState(const JobState&) = delete;
  JobState& operator=(const JobState&) = delete;

  // The family of this name, made on first use. Fails when it exists with another type or other
  // buckets, and for a name that Prometheus does not take.
  Result<MetricFamilyId> family(const config::MetricConfig& config);

  void update(MetricFamilyId family, std::span<const SeriesUpdate> updates);

  // What the job's `limit` stage of this number shares; made on first use.
  RateLimit& rate_limit(std::size_t stage_number, const config::LimitStageConfig& config);
  // A number for a random generator, another one for each caller.
  std::uint64_t next_seed();

  // logentry_dropped_lines_total{reason}.
  void count_dropped(const std::string& reason, std::uint64_t lines);
  // tailrace_custom_metric_updates_skipped_total{reason}: updates that Promtail dies of.
  void count_skipped(const std::string& reason, std::uint64_t updates);

 private:
  struct Series {
    std::uint32_t generation = 0;  // 0: free.
    std::string key;
    MetricLabels labels;
    double value = 0;
    std::vector<std::uint64_t> bucket_counts;
    SteadyTime updated{};
  };
  struct Family {
    config::MetricConfig config;
    std::vector<Series> series;
    std::vector<std::uint32_t> free;
    std::unordered_map<std::string, std::uint32_t> by_key;
  };

  void collect(std::vector<MetricFamily>& out);
  static MetricSample sample_of(const Family& family, const Series& series);
  Series& find(Family& family, const SeriesUpdate& update) TAILRACE_REQUIRES(mutex_);
  static void remove(Family& family, Series& series);
  static void remove_oldest(Family& family);

  Metrics& metrics_;
  const Clock& clock_;
  const std::size_t series_max_;
  Mutex mutex_;
  std::vector<Family> families_ TAILRACE_GUARDED_BY(mutex_);
  std::uint32_t last_generation_ TAILRACE_GUARDED_BY(mutex_) = 0;
  std::map<std::size_t, std::unique_ptr<RateLimit>> rate_limits_ TAILRACE_GUARDED_BY(mutex_);
  std::uint64_t seeds_ TAILRACE_GUARDED_BY(mutex_) = 0;
  int collector_ = 0;
};

}  // namespace tailrace::pipeline
