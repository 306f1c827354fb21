// The stages of a pipeline as plain data.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "config/metric_config.h"
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

struct DockerStageConfig {
  friend bool operator==(const DockerStageConfig&, const DockerStageConfig&) = default;
};

struct StaticLabelsStageConfig {
  NamePairs labels;  // label -> value (never empty: those do nothing).
  friend bool operator==(const StaticLabelsStageConfig&, const StaticLabelsStageConfig&) = default;
};

struct LabelAllowStageConfig {
  std::vector<std::string> names;
  friend bool operator==(const LabelAllowStageConfig&, const LabelAllowStageConfig&) = default;
};

struct StageConfig;

struct MatchStageConfig {
  enum class Action { kKeep, kDrop };
  std::string selector;
  Action action = Action::kKeep;
  std::string drop_counter_reason = "match_stage";
  std::vector<StageConfig> stages;  // kKeep: for the entries that match.
  friend bool operator==(const MatchStageConfig& a, const MatchStageConfig& b);
};

struct ReplaceStageConfig {
  std::string expression;
  std::optional<std::string> source;
  std::string replace;
  friend bool operator==(const ReplaceStageConfig&, const ReplaceStageConfig&) = default;
};

struct TemplateStageConfig {
  std::string source;
  std::string text;
  friend bool operator==(const TemplateStageConfig&, const TemplateStageConfig&) = default;
};

struct PackStageConfig {
  std::vector<std::string> labels;
  bool ingest_timestamp = true;
  friend bool operator==(const PackStageConfig&, const PackStageConfig&) = default;
};

struct LogfmtStageConfig {
  NamePairs mapping;  // extracted name -> logfmt key (never empty: filled in by the parser).
  std::optional<std::string> source;
  friend bool operator==(const LogfmtStageConfig&, const LogfmtStageConfig&) = default;
};

// Exactly one of the three.
struct TenantStageConfig {
  std::optional<std::string> source;
  std::optional<std::string> label;
  std::optional<std::string> value;
  friend bool operator==(const TenantStageConfig&, const TenantStageConfig&) = default;
};

struct StructuredMetadataStageConfig {
  NamePairs names;  // name -> extracted name or label (never empty: filled in by the parser).
  friend bool operator==(const StructuredMetadataStageConfig&,
                         const StructuredMetadataStageConfig&) = default;
};

struct LimitStageConfig {
  enum class Excess { kWait, kDrop };
  double rate = 0;  // Entries per second.
  std::int64_t burst = 0;
  Excess excess = Excess::kWait;
  std::optional<std::string> by_label;  // A bucket per value of this label.
  std::int64_t distinct_labels_max = 10'000;
  friend bool operator==(const LimitStageConfig&, const LimitStageConfig&) = default;
};

struct SamplingStageConfig {
  double rate = 0;
  std::string drop_counter_reason = "sampling_stage";
  friend bool operator==(const SamplingStageConfig&, const SamplingStageConfig&) = default;
};

struct DecolorizeStageConfig {
  friend bool operator==(const DecolorizeStageConfig&, const DecolorizeStageConfig&) = default;
};

struct EventLogMessageStageConfig {
  std::string source = "message";
  bool drop_invalid_labels = false;
  bool overwrite_existing = false;
  friend bool operator==(const EventLogMessageStageConfig&,
                         const EventLogMessageStageConfig&) = default;
};

struct GeoIpStageConfig {
  std::string database;
  std::string database_type;
  std::optional<std::string> source;
  friend bool operator==(const GeoIpStageConfig&, const GeoIpStageConfig&) = default;
};

// One stage and where it stands in the file (for messages of build_pipeline()).
struct StageConfig {
  std::variant<RegexStageConfig, JsonStageConfig, LabelsStageConfig, LabelDropStageConfig,
               TimestampStageConfig, OutputStageConfig, DropStageConfig, CriStageConfig,
               MultilineStageConfig, MetricsStageConfig, DockerStageConfig, StaticLabelsStageConfig,
               LabelAllowStageConfig, MatchStageConfig, ReplaceStageConfig, TemplateStageConfig,
               PackStageConfig, LogfmtStageConfig, TenantStageConfig, StructuredMetadataStageConfig,
               LimitStageConfig, SamplingStageConfig, DecolorizeStageConfig,
               EventLogMessageStageConfig, GeoIpStageConfig>
      stage;
  SourceLocation location;
  friend bool operator==(const StageConfig& a, const StageConfig& b) { return a.stage == b.stage; }
};

inline bool operator==(const MatchStageConfig& a, const MatchStageConfig& b) {
  return a.selector == b.selector && a.action == b.action &&
         a.drop_counter_reason == b.drop_counter_reason && a.stages == b.stages;
}

}  // namespace tailrace::config
