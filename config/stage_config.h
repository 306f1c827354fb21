// The stages of a pipeline as plain data.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "config/source_location.h"

namespace tailrace::config {

using NamePairs = std::vector<std::pair<std::string, std::string>>;  // In the order of the file.

struct RegexStageConfig {
  std::string expression;
  std::optional<std::string> source;
  friend bool operator==(const RegexStageConfig&, const RegexStageConfig&) = default;
};

struct JsonStageConfig {
  NamePairs expressions;  // extracted name -> JMESPath (an empty one is the name itself).
  std::optional<std::string> source;
  bool drop_malformed = false;
  friend bool operator==(const JsonStageConfig&, const JsonStageConfig&) = default;
};

struct LabelsStageConfig {
  NamePairs labels;  // label -> extracted name (never empty: filled in by the parser).
  friend bool operator==(const LabelsStageConfig&, const LabelsStageConfig&) = default;
};

struct LabelDropStageConfig {
  std::vector<std::string> names;
  friend bool operator==(const LabelDropStageConfig&, const LabelDropStageConfig&) = default;
};

struct TimestampStageConfig {
  enum class OnFailure { kFudge, kSkip };
  std::string source;
  std::string format;
  std::vector<std::string> fallback_formats;
  std::optional<std::string> location;
  OnFailure on_failure = OnFailure::kFudge;
  friend bool operator==(const TimestampStageConfig&, const TimestampStageConfig&) = default;
};

struct OutputStageConfig {
  std::string source;
  friend bool operator==(const OutputStageConfig&, const OutputStageConfig&) = default;
};

struct DropStageConfig {
  std::optional<std::vector<std::string>> sources;
  std::string separator = ";";
  std::optional<std::string> expression;
  std::optional<std::string> value;
  std::optional<std::chrono::nanoseconds> older_than;
  std::optional<std::uint64_t> longer_than;
  std::string drop_counter_reason = "drop_stage";
  friend bool operator==(const DropStageConfig&, const DropStageConfig&) = default;
};

struct CriStageConfig {
  std::int64_t partial_streams_max = 100;  // max_partial_lines.
  std::uint64_t partial_line_bytes_max = 0;
  bool truncate = false;
  friend bool operator==(const CriStageConfig&, const CriStageConfig&) = default;
};

struct MultilineStageConfig {
  std::string firstline;
  std::chrono::nanoseconds max_wait = std::chrono::seconds(3);
  std::uint64_t lines_max = 128;  // 0: no limit.
  friend bool operator==(const MultilineStageConfig&, const MultilineStageConfig&) = default;
};

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

// One stage and where it stands in the file (for messages of build_pipeline()).
struct StageConfig {
  std::variant<RegexStageConfig, JsonStageConfig, LabelsStageConfig, LabelDropStageConfig,
               TimestampStageConfig, OutputStageConfig, DropStageConfig, CriStageConfig,
               MultilineStageConfig, MetricsStageConfig>
      stage;
  SourceLocation location;
  friend bool operator==(const StageConfig& a, const StageConfig& b) { return a.stage == b.stage; }
};

}  // namespace tailrace::config
