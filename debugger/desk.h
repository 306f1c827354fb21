// Lines through the stages of one job, with everything noted: what `try` and `diff` are made of.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "config/config.h"
#include "config/scrape_config.h"
#include "config/source_location.h"
#include "config/stage_config.h"
#include "debugger/entry_trace.h"

namespace tailrace::debugger {

// A job as the desk knows it. Views the configuration.
struct DeskJob {
  std::string name;
  std::span<const config::StageConfig> stages;
  config::LabelMap labels;  // Of its targets, those that do not begin with two underscores.
};

// The job of this name, or the only one when `name` is empty.
// Errors: kInvalid with the words for the user: no such job, or several to choose from.
Result<DeskJob> find_desk_job(const config::Config& config, const std::string& name);

// Lines of one origin, with the labels that its target adds.
struct DeskInput {
  config::LabelMap labels;
  std::vector<std::string> lines;
};

struct DeskOptions {
  WallTime begin{};        // When all lines are read.
  const Clock& stopwatch;  // A real clock, for the time that stages take.
  std::function<std::optional<std::string>(std::string_view)> environment = {};
  std::chrono::nanoseconds time_max = std::chrono::hours(24);  // By the stopwatch.
};

struct DeskResult {
  std::vector<EntryTrace> traces;    // In the order in which entries ended.
  std::size_t lines_left_out = 0;    // Because time_max was over.
  std::vector<std::string> samples;  // Of custom metrics and drops, as /metrics shows them.
};

// Stages as they stand below `pipeline_stages`, also with that key before them. Errors are in
// `diagnostics`.
std::optional<std::vector<config::StageConfig>> parse_desk_stages(
    std::string_view yaml, std::vector<config::Diagnostic>& diagnostics);

// Runs all lines, then ends the input. Errors are in `diagnostics`: the stages cannot be built.
std::optional<DeskResult> run_at_desk(const DeskJob& job, std::span<const DeskInput> inputs,
                                      const DeskOptions& options,
                                      std::vector<config::Diagnostic>& diagnostics);

}  // namespace tailrace::debugger
