// What the program counts, and how /metrics shows it (Prometheus text format).
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/mutex.h"

namespace tailrace {

using MetricLabels = std::map<std::string, std::string>;
enum class MetricType { kCounter, kGauge, kHistogram };

// One series of a family as it is at scrape time.
struct MetricSample {
  MetricLabels labels;
  double value = 0;  // Counter and gauge.
  // Histogram: upper bound -> cumulative count, +Inf included; with sum.
  std::vector<std::pair<double, std::uint64_t>> buckets;
  double sum = 0;
};

struct MetricFamily {
  std::string name;
  std::string help;
  MetricType type = MetricType::kCounter;
  std::vector<MetricSample> samples;
};

// A number that any thread may add to or set. Owned by Metrics; lives as long as it.
class MetricValue {
 public:
  void add(double amount) { value_.fetch_add(amount, std::memory_order_relaxed); }
  void increment() { add(1); }
  void set(double value) { value_.store(value, std::memory_order_relaxed); }
  double value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<double> value_{0};
};

// A histogram with fixed bounds, from any thread. Owned by Metrics.
class MetricHistogram {
 public:
  explicit MetricHistogram(std::vector<double> bounds);
  void observe(double value);
  MetricSample sample() const;

 private:
  const std::vector<double> bounds_;
  mutable Mutex mutex_;
  std::vector<std::uint64_t> counts_ TAILRACE_GUARDED_BY(mutex_);
  double sum_ TAILRACE_GUARDED_BY(mutex_) = 0;
};

// All families of the program. Series that exist per file or per job are not kept here but made
// at scrape time by a collector.
//
// Threading: any thread. References returned stay valid as long as this object.
class Metrics {
 public:
  // The series of this name and these labels; made on first use. The first help text wins.
  MetricValue& counter(const std::string& name, const std::string& help,
                       const MetricLabels& labels = {});
  MetricValue& gauge(const std::string& name, const std::string& help,
                     const MetricLabels& labels = {});
  MetricHistogram& histogram(const std::string& name, const std::string& help,
                             std::vector<double> bounds, const MetricLabels& labels = {});

  // Called at each scrape, on the scraping thread; appends whole families. Families of one name
  // from several places are merged; of two equal series the first is kept.
  using Collector = std::function<void(std::vector<MetricFamily>&)>;
  // Returns a token for remove_collector().
  int add_collector(Collector collector);
  void remove_collector(int token);

  // Everything in text format 0.0.4: families sorted by name, numbers as Go prints them
  // (1e+07, +Inf), an empty HELP kept as "# HELP name ".
  std::string serialize() const;

 private:
  struct Family;
  MetricValue& value(MetricType type, const std::string& name, const std::string& help,
                     const MetricLabels& labels);

  mutable Mutex mutex_;
  std::map<std::string, std::shared_ptr<Family>> families_ TAILRACE_GUARDED_BY(mutex_);
  std::map<int, Collector> collectors_ TAILRACE_GUARDED_BY(mutex_);
  int next_token_ TAILRACE_GUARDED_BY(mutex_) = 0;
};

}  // namespace tailrace
