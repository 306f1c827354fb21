// The stages of a job in the order in which they run, with their places in the file.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "config/source_location.h"
#include "config/stage_config.h"

namespace tailrace::debugger {

// `config` views the configuration, which must outlive it.
struct StageOutline {
  std::size_t number = 0;  // As in StageStep.
  std::string name;        // "regex"
  std::size_t depth = 0;   // In how many `match` stages it lies.
  config::SourceLocation location;
  const config::StageConfig* config = nullptr;
};

// Stages nested in a `match` follow it.
std::vector<StageOutline> outline_of(std::span<const config::StageConfig> stages);

// The metrics of these stages as /metrics names them, each once.
std::vector<std::string> metric_names(std::span<const config::StageConfig> stages);

// Of samples as /metrics shows them those that belong to these metrics, and what stages dropped.
std::vector<std::string> samples_of(std::span<const std::string> metrics,
                                    std::span<const std::string> samples);

}  // namespace tailrace::debugger
