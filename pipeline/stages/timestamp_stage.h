// `timestamp`: an extracted value becomes the entry's time.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/stage_config.h"
#include "pipeline/go_time/layout.h"
#include "pipeline/stage.h"
#include "pipeline/stage_build.h"
#include "pipeline/stages/last_times.h"

namespace tailrace::pipeline {

class TimestampStage final : public Stage {
 public:
  static Result<std::unique_ptr<Stage>> create(const config::TimestampStageConfig& config,
                                               StageBuild& build);

  std::string_view name() const override { return "timestamp"; }
  Verdict run(Entry& entry, StageContext& context) override;
  void explain(const Entry& entry, StageContext& context, Explanation& explanation) override;

 private:
  ExtractedSlot source_ = 0;
  std::vector<std::unique_ptr<TimeParser>> formats_;  // Tried in order.
  std::vector<std::string> format_texts_;             // As configured.
  config::TimestampStageConfig::OnFailure on_failure_ =
      config::TimestampStageConfig::OnFailure::kFudge;
  LastTimes last_times_;
};

}  // namespace tailrace::pipeline
