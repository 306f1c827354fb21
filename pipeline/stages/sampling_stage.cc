// `sampling`: keeps a random part of the entries.
#include "pipeline/stages/sampling_stage.h"

#include <fmt/format.h>

#include "pipeline/explanation.h"
#include "pipeline/stage_context.h"

namespace tailrace::pipeline {

Result<std::unique_ptr<Stage>> SamplingStage::create(const config::SamplingStageConfig& config,
                                                     StageBuild& build) {
  return std::make_unique<SamplingStage>(config, build.job.next_seed());
}

Verdict SamplingStage::run(Entry& entry, StageContext& /*context*/) {
  if (entry.role != EntryRole::kFresh || random_.unit() < config_.rate) return Verdict::kKeep;
  ++dropped_;
  return Verdict::kDrop;
}

void SamplingStage::explain(const Entry& entry, StageContext& /*context*/,
                            Explanation& explanation) {
  explanation.drop_reason = config_.drop_counter_reason;
  if (entry.role != EntryRole::kFresh) {
    explanation.reasons.emplace_back("kept when it was read before the restart");
  } else {
    explanation.reasons.push_back(fmt::format("rate {}: keeps {:.6g} % of the entries, by chance",
                                              config_.rate, config_.rate * 100));
  }
}

void SamplingStage::publish(JobState& job) {
  if (dropped_ == 0) return;
  job.count_dropped(config_.drop_counter_reason, dropped_);
  dropped_ = 0;
}

}  // namespace tailrace::pipeline
