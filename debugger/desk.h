// Lines through the stages of one job, with everything noted: what `try` and `diff` are made of.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
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
#include "debugger/trace_recorder.h"
#include "debugger/trial.h"

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
  TraceRecorder::Limits limits = {};
};

// One job at work: lines in, traces out.
//
// Ownership: borrows the job's stages and the stopwatch.
// Threading: one thread.
class Desk {
 public:
  // Errors: those of build_pipeline(), in `diagnostics`; then there is none.
  static std::unique_ptr<Desk> create(const DeskJob& job, DeskOptions options,
                                      TraceRecorder::Sink sink,
                                      std::vector<config::Diagnostic>& diagnostics);

  // Of the lines that follow: these over those of the job.
  void set_labels(const config::LabelMap& labels);
  // A line is left out when time_max is over or the limits are reached.
  void run(std::string_view line);
  // No line follows.
  void end();

  std::size_t lines_left_out() const { return lines_left_out_; }
  // Of custom metrics and drops, as /metrics shows them.
  std::vector<std::string> samples() { return trial_->metrics(); }

  // For create() only.
  Desk(const DeskJob& job, DeskOptions options, TraceRecorder::Sink sink);

 private:
  const DeskJob job_;
  const DeskOptions options_;
  const SteadyTime begin_;
  TraceRecorder recorder_;
  std::unique_ptr<Trial> trial_;
  std::size_t lines_left_out_ = 0;
};

struct DeskResult {
  std::vector<EntryTrace> traces;    // In the order in which entries ended.
  std::size_t lines_left_out = 0;    // See Desk::run().
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
