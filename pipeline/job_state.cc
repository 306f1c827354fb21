// What the pipelines of one job share over all workers: the metrics that its stages make.
#include "pipeline/job_state.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <utility>

namespace tailrace::pipeline {
namespace {

using Type = config::MetricConfig::Type;

MetricType exported_type(Type type) {
  switch (type) {
    case Type::kGauge:
      return MetricType::kGauge;
    case Type::kHistogram:
      return MetricType::kHistogram;
    case Type::kCounter:
      break;
  }
  return MetricType::kCounter;
}

// [a-zA-Z_:][a-zA-Z0-9_:]*
bool is_metric_name(std::string_view name) {
  std::string without_colons(name);
  std::replace(without_colons.begin(), without_colons.end(), ':', '_');
  return is_label_name(without_colons);
}

MetricLabels visible_labels(const LabelSet& labels) {
  MetricLabels result;
  for (const LabelPair& pair : labels.pairs()) {
    if (pair.name.starts_with("__") || !is_label_name(pair.name)) continue;
    result.emplace(pair.name, pair.value);
  }
  return result;
}

std::string key_of(const MetricLabels& labels) {
  std::vector<LabelPair> pairs;
  for (const auto& [name, value] : labels)
    pairs.push_back({.name = name, .value = value});
  return LabelSet(pairs).text();
}

}  // namespace

JobState::JobState(Metrics& metrics, const Clock& clock, std::size_t series_max)
    : metrics_(metrics),
      clock_(clock),
      series_max_(series_max),
      collector_(metrics.add_collector([this](std::vector<MetricFamily>& out) { collect(out); })) {}

JobState::~JobState() {
  metrics_.remove_collector(collector_);
}

Result<MetricFamilyId> JobState::family(const config::MetricConfig& config) {
  const std::string name = config.prefix + config.name;
  if (!is_metric_name(name)) {
    return fail(Error::kInvalid, "\"" + name + "\" is not a valid metric name");
  }
  config::MetricConfig own = config;
  if (!own.buckets.empty() && own.buckets.back() == std::numeric_limits<double>::infinity()) {
    own.buckets.pop_back();  // Implied, and allowed.
  }
  const auto falling =
      std::adjacent_find(own.buckets.begin(), own.buckets.end(), std::greater_equal<>());
  if (falling != own.buckets.end()) {
    return fail(Error::kInvalid, "the buckets of \"" + name + "\" must rise");
  }
  const MutexLock lock(mutex_);
  for (std::size_t i = 0; i < families_.size(); ++i) {
    const config::MetricConfig& known = families_[i].config;
    if (known.prefix + known.name != name) continue;
    if (known.type != own.type || known.buckets != own.buckets) {
      return fail(Error::kInvalid,
                  "\"" + name + "\" is defined twice with different types or buckets");
    }
    return static_cast<MetricFamilyId>(i);
  }
  families_.push_back({.config = std::move(own), .series = {}, .free = {}, .by_key = {}});
  return static_cast<MetricFamilyId>(families_.size() - 1);
}

void JobState::update(MetricFamilyId family, std::span<const SeriesUpdate> updates) {
  const SteadyTime now = clock_.steady_now();
  const MutexLock lock(mutex_);
  Family& target = families_[family];
  for (const SeriesUpdate& update : updates) {
    Series& series = find(target, update);
    if (update.replaces) {
      series.value = update.amount;
    } else if (update.reached.has_value() && series.value == update.handle->value) {
      series.value = *update.reached;
    } else {
      series.value += update.amount;
    }
    update.handle->value = series.value;
    series.bucket_counts.resize(std::max(series.bucket_counts.size(), update.bucket_counts.size()));
    for (std::size_t i = 0; i < update.bucket_counts.size(); ++i) {
      series.bucket_counts[i] += update.bucket_counts[i];
    }
    series.updated = now;
  }
}

JobState::Series& JobState::find(Family& family, const SeriesUpdate& update) {
  SeriesHandle& handle = *update.handle;
  if (handle.generation != 0 && family.series[handle.index].generation == handle.generation) {
    return family.series[handle.index];
  }
  MetricLabels labels = visible_labels(*update.labels);
  std::string key = key_of(labels);
  const auto known = family.by_key.find(key);
  if (known == family.by_key.end()) {
    if (family.by_key.size() >= series_max_) {
      remove_oldest(family);
      metrics_
          .counter("tailrace_custom_metric_series_removed_total",
                   "Series of custom metrics removed because there were too many")
          .increment();
    }
    std::uint32_t index = static_cast<std::uint32_t>(family.series.size());
    if (family.free.empty()) {
      family.series.emplace_back();
    } else {
      index = family.free.back();
      family.free.pop_back();
    }
    family.series[index] = {.generation = ++last_generation_,
                            .key = key,
                            .labels = std::move(labels),
                            .bucket_counts = {}};
    handle.index = index;
    family.by_key.emplace(std::move(key), index);
  } else {
    handle.index = known->second;
  }
  handle.generation = family.series[handle.index].generation;
  return family.series[handle.index];
}

void JobState::remove(Family& family, Series& series) {
  const auto index = static_cast<std::uint32_t>(&series - family.series.data());
  family.by_key.erase(series.key);
  series = {};
  family.free.push_back(index);
}

void JobState::remove_oldest(Family& family) {
  Series* oldest = nullptr;
  for (Series& series : family.series) {
    if (series.generation == 0) continue;
    if (oldest == nullptr || series.updated < oldest->updated) oldest = &series;
  }
  remove(family, *oldest);
}

MetricSample JobState::sample_of(const Family& family, const Series& series) {
  MetricSample sample;
  sample.labels = series.labels;
  if (family.config.type != Type::kHistogram) {
    sample.value = series.value;
    return sample;
  }
  sample.sum = series.value;
  std::uint64_t cumulative = 0;
  for (std::size_t i = 0; i < series.bucket_counts.size(); ++i) {
    cumulative += series.bucket_counts[i];
    const bool is_last = i == family.config.buckets.size();
    sample.buckets.emplace_back(
        is_last ? std::numeric_limits<double>::infinity() : family.config.buckets[i], cumulative);
  }
  return sample;
}

void JobState::collect(std::vector<MetricFamily>& out) {
  const SteadyTime now = clock_.steady_now();
  const MutexLock lock(mutex_);
  for (Family& family : families_) {
    MetricFamily exported;
    exported.name = family.config.prefix + family.config.name;
    exported.help = family.config.description;
    exported.type = exported_type(family.config.type);
    for (Series& series : family.series) {
      if (series.generation == 0) continue;
      exported.samples.push_back(sample_of(family, series));
      // As in Promtail, the read that finds it idle still shows it (docs/compatibility.md,
      // metrics).
      if (now - series.updated >= family.config.max_idle) remove(family, series);
    }
    if (!exported.samples.empty()) out.push_back(std::move(exported));
  }
  for (const auto& [number, limit] : rate_limits_)
    limit->collect(out);
}

RateLimit& JobState::rate_limit(std::size_t stage_number, const config::LimitStageConfig& config) {
  const MutexLock lock(mutex_);
  std::unique_ptr<RateLimit>& limit = rate_limits_[stage_number];
  if (limit == nullptr) limit = std::make_unique<RateLimit>(config, clock_.steady_now());
  return *limit;
}

std::uint64_t JobState::next_seed() {
  const MutexLock lock(mutex_);
  // The time makes it another one in each run, the count for each worker.
  return static_cast<std::uint64_t>(unix_nanoseconds(clock_.wall_now())) + ++seeds_;
}

void JobState::count_dropped(const std::string& reason, std::uint64_t lines) {
  metrics_
      .counter("logentry_dropped_lines_total",
               "A count of all log lines dropped as a result of a pipeline stage",
               {{"reason", reason}})
      .add(static_cast<double>(lines));
}

void JobState::count_skipped(const std::string& reason, std::uint64_t updates) {
  metrics_
      .counter("tailrace_custom_metric_updates_skipped_total",
               "Updates of custom metrics that could not be made", {{"reason", reason}})
      .add(static_cast<double>(updates));
}

}  // namespace tailrace::pipeline
