// Watches one worker's pipelines for the taps.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "daemon/tap.h"
#include "debugger/trace_recorder.h"
#include "pipeline/stage_observer.h"

namespace tailrace::daemon {

// Records what at least one tap wants, once, and offers it to those that do.
//
// Ownership: shares the taps with the hub. Borrows the clock.
// Threading: confined to its worker.
class TapObserver final : public pipeline::StageObserver {
 public:
  static constexpr std::size_t kTapsMax = 16;

  TapObserver(const Clock& clock, std::size_t worker);

  // Shared with the hub. Between lines, and when the pipelines are others; at most kTapsMax.
  void set_taps(std::vector<std::shared_ptr<Tap>> taps);

  Interest begin(const Entry& entry, const LabelSet& labels, std::size_t first_stage,
                 const pipeline::StageContext& context) override;
  void before(std::size_t number, pipeline::Stage& stage, const Entry& entry,
              pipeline::StageContext& context) override;
  void after(std::size_t number, pipeline::Stage& stage, const Entry& entry,
             pipeline::StageContext& context, pipeline::Verdict verdict) override;
  void end(const Entry& entry, const LabelSet* labels) override;

 private:
  const Clock& clock_;
  const std::size_t worker_;
  std::vector<std::shared_ptr<Tap>> taps_;  // Shared with the hub.
  std::uint32_t wanted_ = 0;                // By whom the trace at hand is: a bit per tap.
  std::vector<std::uint32_t> open_;         // The same of each entry that has begun.
  debugger::TraceRecorder recorder_;
};

}  // namespace tailrace::daemon
