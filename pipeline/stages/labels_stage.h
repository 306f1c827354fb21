// `labels`: extracted values become labels.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/stage_config.h"
#include "pipeline/stage.h"
#include "pipeline/stage_build.h"

namespace tailrace::pipeline {

class LabelsStage final : public Stage {
 public:
  static Result<std::unique_ptr<Stage>> create(const config::LabelsStageConfig& config,
                                               StageBuild& build);

  std::string_view name() const override { return "labels"; }
  Verdict run(Entry& entry, StageContext& context) override;
  void explain(const Entry& entry, StageContext& context, Explanation& explanation) override;

 private:
  struct Assignment {
    LabelSlot label = 0;
    ExtractedSlot source = 0;
  };

  std::vector<Assignment> assignments_;
};

}  // namespace tailrace::pipeline
