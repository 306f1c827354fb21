// `labeldrop`: removes labels.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/stage_config.h"
#include "pipeline/stage.h"
#include "pipeline/stage_build.h"

namespace tailrace::pipeline {

class LabelDropStage final : public Stage {
 public:
  static Result<std::unique_ptr<Stage>> create(const config::LabelDropStageConfig& config,
                                               StageBuild& build);

  std::string_view name() const override { return "labeldrop"; }
  Verdict run(Entry& entry, StageContext& context) override;
  void explain(const Entry& entry, StageContext& context, Explanation& explanation) override;

 private:
  std::vector<LabelSlot> labels_;
};

}  // namespace tailrace::pipeline
