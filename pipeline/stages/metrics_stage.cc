// `metrics`: entries update counters, gauges and histograms.
#include "pipeline/stages/metrics_stage.h"

#include <algorithm>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "pipeline/explanation.h"
#include "pipeline/stage_context.h"
#include "pipeline/stages/metric_number.h"
#include "pipeline/value_text.h"

namespace tailrace::pipeline {

using MetricAction = config::MetricConfig::Action;
using Type = config::MetricConfig::Type;

namespace {

const char* action_word(MetricAction action) {
  switch (action) {
    case MetricAction::kSet:
      return "set";
    case MetricAction::kInc:
      return "inc";
    case MetricAction::kDec:
      return "dec";
    case MetricAction::kAdd:
      return "add";
    case MetricAction::kSub:
      break;
  }
  return "sub";
}

}  // namespace

Result<std::unique_ptr<Stage>> MetricsStage::create(const config::MetricsStageConfig& config,
                                                    StageBuild& build) {
  auto stage = std::make_unique<MetricsStage>();
  for (const config::MetricConfig& metric : config.metrics) {
    const auto family = build.job.family(metric);
    if (!family.has_value()) return fail(family.error());
    stage->metrics_.push_back({.config = metric,
                               .family = *family,
                               .source = build.names.extracted(metric.source),
                               .series = {},
                               .changed = {}});
    std::vector<double>& bounds = stage->metrics_.back().config.buckets;
    if (!bounds.empty() && bounds.back() == std::numeric_limits<double>::infinity()) {
      bounds.pop_back();
    }
  }
  return std::unique_ptr<Stage>(std::move(stage));
}

Verdict MetricsStage::run(Entry& entry, StageContext& context) {
  if (entry.role != EntryRole::kFresh) return Verdict::kKeep;
  for (Metric& metric : metrics_) {
    const std::optional<double> number = operand(metric, entry, context);
    if (number.has_value()) apply(metric, series_of(metric, context.label_set()), *number);
  }
  return Verdict::kKeep;
}

void MetricsStage::explain(const Entry& entry, StageContext& context, Explanation& explanation) {
  if (entry.role != EntryRole::kFresh) {
    explanation.reasons.emplace_back("counted when it was read before the restart");
    return;
  }
  for (const Metric& metric : metrics_) {
    const config::MetricConfig& config = metric.config;
    const std::string name = config.prefix + config.name;
    const std::optional<double> number = operand(metric, entry, context);
    const bool counts = config.type == Type::kCounter;
    if (!number.has_value()) {
      explanation.reasons.push_back(name + ": " + why_no_operand(metric, entry, context));
    } else if (config.type == Type::kHistogram && context.label_set().find("le") != nullptr) {
      explanation.reasons.push_back(name + ": a histogram cannot have a label \"le\": skipped");
    } else if (counts && *number < 0) {
      explanation.reasons.push_back(
          fmt::format("{}: {} is negative, and a counter only grows: skipped", name, *number));
    } else {
      explanation.updates.push_back(
          {name, config.type == Type::kHistogram ? "observe" : action_word(config.action),
           *number});
    }
  }
}

std::string MetricsStage::why_no_operand(const Metric& metric, const Entry& entry,
                                         StageContext& context) {
  const config::MetricConfig& config = metric.config;
  if (config.type == Type::kCounter && config.match_all) {
    return "match_all without count_entry_bytes has nothing to add";
  }
  const auto text = text_of(entry.extracted[metric.source], context.arena());
  if (!text.has_value()) return no_text(metric.source, entry, context);
  if (config.value.has_value() && *text != *config.value) {
    return in_quotes(*text) + " is not " + in_quotes(*config.value);
  }
  return in_quotes(*text) + " is no number";
}

// The number that the entry updates the metric with; nullopt: it does not.
std::optional<double> MetricsStage::operand(const Metric& metric, const Entry& entry,
                                            StageContext& context) {
  const config::MetricConfig& config = metric.config;
  const bool steps = config.type != Type::kHistogram &&
                     (config.action == MetricAction::kInc || config.action == MetricAction::kDec);
  if (config.type == Type::kCounter && config.match_all) {
    if (steps) return 1;
    if (config.count_entry_bytes) return static_cast<double>(entry.line.size());
    return std::nullopt;  // Nothing to add.
  }
  const Value& value = entry.extracted[metric.source];
  if (!value.present()) return std::nullopt;
  if (config.value.has_value() && text_of(value, context.arena()) != *config.value) {
    return std::nullopt;
  }
  return steps ? 1 : metric_number(value);
}

MetricsStage::Series& MetricsStage::series_of(Metric& metric, const LabelSet& labels) {
  if (labels.index() >= metric.series.size()) metric.series.resize(labels.index() + 1);
  Series& series = metric.series[labels.index()];
  if (series.serial != labels.serial()) {
    series = {};
    series.serial = labels.serial();
    series.labels = &labels;
    if (metric.config.type == Type::kHistogram) {
      series.has_le = labels.find("le") != nullptr;
      series.bucket_counts.resize(metric.config.buckets.size() + 1);
    }
  }
  return series;
}

void MetricsStage::apply(Metric& metric, Series& series, double operand) {
  if (series.has_le) {
    ++metric.le_labels;
    return;
  }
  const config::MetricConfig& config = metric.config;
  if (config.type == Type::kCounter && operand < 0) {
    ++metric.negative_adds;
    return;
  }
  if (config.type == Type::kHistogram) {
    std::size_t bucket = 0;  // NaN is in none but the last.
    while (bucket < config.buckets.size() && !(operand <= config.buckets[bucket]))
      ++bucket;
    ++series.bucket_counts[bucket];
    series.amount += operand;
    series.reached += operand;
  } else if (config.action == MetricAction::kSet) {
    series.replaces = true;
    series.amount = operand;
  } else if (config.action == MetricAction::kDec || config.action == MetricAction::kSub) {
    series.amount -= operand;
    series.reached -= operand;
  } else {
    series.amount += operand;
    series.reached += operand;
  }
  if (series.changed) return;
  series.changed = true;
  metric.changed.push_back(static_cast<std::uint32_t>(&series - metric.series.data()));
}

void MetricsStage::publish(JobState& job) {
  for (Metric& metric : metrics_) {
    if (metric.negative_adds != 0) job.count_skipped("negative_add", metric.negative_adds);
    if (metric.le_labels != 0) job.count_skipped("label_le", metric.le_labels);
    metric.negative_adds = metric.le_labels = 0;
    if (metric.changed.empty()) continue;
    updates_.clear();
    for (const std::uint32_t index : metric.changed) {
      Series& series = metric.series[index];
      updates_.push_back({.labels = series.labels,
                          .handle = &series.handle,
                          .replaces = series.replaces,
                          .amount = series.amount,
                          .reached = series.reached,
                          .bucket_counts = series.bucket_counts});
    }
    job.update(metric.family, updates_);
    for (const std::uint32_t index : metric.changed) {
      Series& series = metric.series[index];
      series.changed = series.replaces = false;
      series.amount = 0;
      series.reached = series.handle.value;
      std::fill(series.bucket_counts.begin(), series.bucket_counts.end(), 0);
    }
    metric.changed.clear();
  }
}

}  // namespace tailrace::pipeline
