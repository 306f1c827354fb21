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

namespace prometheus {
class Collectable;
}

namespace tailrace {

using MetricLabels = std::map<std::string, std::string>;
// The last two come from add_collectable() only.
enum class MetricType { kCounter, kGauge, kHistogram, kUntyped, kSummary };

// One series of a family as it is at scrape time.
struct MetricSample {
  MetricLabels labels{};
  double value = 0;  // Counter, gauge, untyped.
  // Histogram: upper bound -> cumulative count, rising, +Inf included; with sum.
  std::vector<std::pair<double, std::uint64_t>> buckets{};
  double sum = 0;
  // Summary: quantile -> value, with sum and count.
  std::vector<std::pair<double, double>> quantiles{};
  std::uint64_t count = 0;
};

struct MetricFamily {
  std::string name;
  std::string help;
  MetricType type = MetricType::kCounter;
  std::vector<MetricSample> samples{};
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
// Memory: a series lives as long as this object; what is unbounded belongs to a collector.
class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // The series of this name and these labels; made on first use. The first help text and the first
  // bounds win; one name with two types is a bug and ends the program.
  MetricValue& counter(const std::string& name, const std::string& help,
                       const MetricLabels& labels = {});
  MetricValue& gauge(const std::string& name, const std::string& help,
                     const MetricLabels& labels = {});
  MetricHistogram& histogram(const std::string& name, const std::string& help,
                             const std::vector<double>& bounds, const MetricLabels& labels = {});

  // Called at each scrape, on the scraping thread, one at a time; appends whole families. Families
  // of one name from several places are merged; of two equal series the first is kept, and what
  // has another type than the first is left out. A collector must not add or remove collectors,
  // nor wait: who adds or removes one waits for it.
  using Collector = std::function<void(std::vector<MetricFamily>&)>;
  // Returns a token for remove_collector().
  int add_collector(Collector collector);
  // When this returns, the collector is not running and never called again.
  void remove_collector(int token);
  // Shows what a prometheus-cpp object (a Registry) collects. It may go away at any time; the
  // token need not be removed then.
  int add_collectable(std::weak_ptr<const prometheus::Collectable> collectable);

  // Everything in text format 0.0.4: families sorted by name, numbers as Go prints them
  // (1e+07, +Inf), an empty HELP kept as "# HELP name ". Families without a series are left out.
  // `more` are families that the caller gathered where a collector may not: no lock is held there,
  // so it may take its time.
  std::string serialize(std::vector<MetricFamily> more = {}) const;
  // The same of counter(), gauge() and histogram() alone. No collector is called, as one may count
  // being read: looking changes nothing.
  std::string serialize_own() const;

 private:
  struct Family;
  MetricValue& value(MetricType type, const std::string& name, const std::string& help,
                     const MetricLabels& labels);
  Family& family(MetricType type, const std::string& name, const std::string& help)
      TAILRACE_REQUIRES(mutex_);
  void append_own(std::vector<MetricFamily>& out) const;

  mutable Mutex mutex_;
  std::map<std::string, std::unique_ptr<Family>> families_ TAILRACE_GUARDED_BY(mutex_);
  // Apart, so that a collector may use counters of its own.
  mutable Mutex collectors_mutex_;
  std::map<int, Collector> collectors_ TAILRACE_GUARDED_BY(collectors_mutex_);
  int next_token_ TAILRACE_GUARDED_BY(collectors_mutex_) = 0;
};

// A number as Go's strconv and therefore Promtail writes it: 1e+07, 1.5, +Inf, NaN.
std::string go_number(double value);

}  // namespace tailrace
