// One pipeline at a desk: lines in, entries out, on a clock that stands still unless it is moved.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/arena.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "base/result.h"
#include "base/timestamp.h"
#include "config/scrape_config.h"
#include "config/source_location.h"
#include "config/stage_config.h"
#include "debugger/entry_trace.h"
#include "model/held_lines.h"
#include "model/label_set.h"
#include "pipeline/job_state.h"
#include "pipeline/pipeline.h"
#include "pipeline/pipeline_world.h"
#include "pipeline/stage_observer.h"

namespace tailrace::debugger {

// A clock that only its owner moves.
class DeskClock final : public Clock {
 public:
  explicit DeskClock(WallTime begin) : wall_(begin) {}
  SteadyTime steady_now() const override { return steady_; }
  WallTime wall_now() const override { return wall_; }
  void move_to(SteadyTime time) {
    wall_ += time - steady_;
    steady_ = time;
  }

 private:
  SteadyTime steady_{std::chrono::hours(1)};
  WallTime wall_;
};

// The real stages of one job, with nothing around them: no file, no outbox, no server.
//
// Ownership: owns everything it needs; borrows the observer.
// Threading: one thread.
class Trial final : private pipeline::EntrySink {
 public:
  struct Options {
    config::LabelMap labels;  // Of the target.
    WallTime begin{};         // When the first line is read.
    pipeline::StageObserver* observer = nullptr;
    std::function<std::optional<std::string>(std::string_view)> environment = {};
    enum class Keep { kEntries, kNothing } keep = Keep::kEntries;  // For entries().
  };

  // Errors: those of build_pipeline(), in `diagnostics`.
  static Result<std::unique_ptr<Trial>> create(std::span<const config::StageConfig> stages,
                                               Options options,
                                               std::vector<config::Diagnostic>& diagnostics);
  ~Trial() override;

  // Of the lines that follow.
  void set_target(const config::LabelMap& labels);

  void run(std::string_view line);
  // The clock goes on; what stages hold is released when it is due.
  void wait(std::chrono::nanoseconds time);
  // No line follows: what stages hold is released.
  void end();

  // What the clock shows now.
  WallTime now() const { return clock_.wall_now(); }
  // In the order in which they left.
  const std::vector<EntrySnapshot>& entries() const { return entries_; }
  // Samples of what the stages count, as /metrics shows them, in its order: custom metrics and
  // logentry_dropped_lines_total.
  std::vector<std::string> metrics();

  explicit Trial(Options options);  // For create() only.

 private:
  void accept(const LabelSet& labels, const Entry& entry) override;

  const Options options_;
  DeskClock clock_;
  Metrics metrics_;
  Arena arena_;
  LabelSetTable label_sets_;
  HeldLines held_;
  pipeline::JobState job_;
  std::unique_ptr<pipeline::Pipeline> pipeline_;
  config::LabelMap labels_;
  std::vector<LabelPair> target_;  // Views labels_.
  std::uint64_t next_line_ = 0;
  std::vector<EntrySnapshot> entries_;
};

}  // namespace tailrace::debugger
