// `structured_metadata`: extracted values and labels become structured metadata.
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

class StructuredMetadataStage final : public Stage {
 public:
  static Result<std::unique_ptr<Stage>> create(const config::StructuredMetadataStageConfig& config,
                                               StageBuild& build);

  std::string_view name() const override { return "structured_metadata"; }
  Verdict run(Entry& entry, StageContext& context) override;
  void explain(const Entry& entry, StageContext& context, Explanation& explanation) override;

 private:
  struct Assignment {
    std::string name;
    ExtractedSlot source = 0;
    LabelSlot label = 0;
  };

  std::vector<Assignment> assignments_;
};

}  // namespace tailrace::pipeline
