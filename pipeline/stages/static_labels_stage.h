// `static_labels`: sets labels to fixed values.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/stage_config.h"
#include "pipeline/stage.h"
#include "pipeline/stage_build.h"

namespace tailrace::pipeline {

class StaticLabelsStage final : public Stage {
 public:
  static Result<std::unique_ptr<Stage>> create(const config::StaticLabelsStageConfig& config,
                                               StageBuild& build);

  std::string_view name() const override { return "static_labels"; }
  Verdict run(Entry& entry, StageContext& context) override;

 private:
  struct Assignment {
    LabelSlot label = 0;
    std::string value;
  };

  std::vector<Assignment> assignments_;
};

}  // namespace tailrace::pipeline
