// `sampling`: keeps a random part of the entries.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "base/random.h"
#include "base/result.h"
#include "config/stage_config.h"
#include "pipeline/stage.h"
#include "pipeline/stage_build.h"

namespace tailrace::pipeline {

// An entry that ran before a restart passes: it was kept then.
class SamplingStage final : public Stage {
 public:
  SamplingStage(const config::SamplingStageConfig& config, std::uint64_t seed)
      : config_(config), random_(seed) {}

  static Result<std::unique_ptr<Stage>> create(const config::SamplingStageConfig& config,
                                               StageBuild& build);

  std::string_view name() const override { return "sampling"; }
  Verdict run(Entry& entry, StageContext& context) override;
  void explain(const Entry& entry, StageContext& context, Explanation& explanation) override;
  void publish(JobState& job) override;

 private:
  const config::SamplingStageConfig config_;
  Random random_;
  std::uint64_t dropped_ = 0;  // Since the last publish().
};

}  // namespace tailrace::pipeline
