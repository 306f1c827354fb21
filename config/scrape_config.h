// One entry of `scrape_configs:` as plain data.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/discovery_config.h"
#include "config/input_config.h"
#include "config/relabel_config.h"
#include "config/source_location.h"
#include "config/stage_config.h"

namespace tailrace::config {

using LabelMap = std::map<std::string, std::string>;

// One item of static_configs (and of a file_sd file).
struct StaticTargetGroup {
  std::vector<std::string> targets;
  LabelMap labels;
  friend bool operator==(const StaticTargetGroup&, const StaticTargetGroup&) = default;
};

struct DecompressionConfig {
  enum class Format { kGzip, kZlib, kBzip2, kZstd };
  bool enabled = false;
  std::chrono::nanoseconds initial_delay{0};
  Format format = Format::kGzip;
  friend bool operator==(const DecompressionConfig&, const DecompressionConfig&) = default;
};

// The `tailrace:` block of a scrape config.
struct FileOptionsConfig {
  enum class StartAt { kBeginning, kEnd };
  StartAt start_at = StartAt::kBeginning;
  std::chrono::nanoseconds ignore_older{0};    // 0: never.
  std::chrono::nanoseconds close_inactive{0};  // 0: never.
  friend bool operator==(const FileOptionsConfig&, const FileOptionsConfig&) = default;
};

struct ScrapeConfig {
  std::string job_name;
  std::vector<StaticTargetGroup> static_configs;
  // In the order of the kinds in the variants, of one kind in that of the file.
  std::vector<DiscoveryConfig> discoveries;
  std::vector<InputConfig> inputs;
  std::vector<RelabelConfig> relabel_configs;
  std::vector<StageConfig> pipeline_stages;
  std::string encoding;  // IANA name; empty: none.
  SourceLocation encoding_location;
  DecompressionConfig decompression;
  FileOptionsConfig files;
  SourceLocation location;
  // All keys of the job as they were read, for dump_config(): an item of a YAML list, without
  // secrets.
  std::string keys_as_yaml;

  // Of what the job does: without location and keys_as_yaml.
  friend bool operator==(const ScrapeConfig& a, const ScrapeConfig& b);
};

}  // namespace tailrace::config
