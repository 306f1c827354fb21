// What a `metrics` stage counts.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace tailrace::config {

struct MetricConfig {
  enum class Type { kCounter, kGauge, kHistogram };
  enum class Action { kSet, kInc, kDec, kAdd, kSub };
  std::string name;  // Without the prefix.
  Type type = Type::kCounter;
  std::string description;
  std::string prefix = "promtail_custom_";
  std::string source;
  std::chrono::seconds max_idle = std::chrono::minutes(5);
  std::optional<std::string> value;
  Action action = Action::kInc;
  bool match_all = false;
  bool count_entry_bytes = false;
  std::vector<double> buckets;  // Filled in with Promtail's defaults.
  friend bool operator==(const MetricConfig&, const MetricConfig&) = default;
};

struct MetricsStageConfig {
  std::vector<MetricConfig> metrics;
  friend bool operator==(const MetricsStageConfig&, const MetricsStageConfig&) = default;
};

}  // namespace tailrace::config
