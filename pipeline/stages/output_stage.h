// `output`: an extracted value becomes the line.
#pragma once

#include <memory>
#include <string_view>

#include "base/result.h"
#include "config/stage_config.h"
#include "pipeline/stage.h"
#include "pipeline/stage_build.h"

namespace tailrace::pipeline {

class OutputStage final : public Stage {
 public:
  explicit OutputStage(ExtractedSlot source) : source_(source) {}

  static Result<std::unique_ptr<Stage>> create(const config::OutputStageConfig& config,
                                               StageBuild& build);

  std::string_view name() const override { return "output"; }
  Verdict run(Entry& entry, StageContext& context) override;
  void explain(const Entry& entry, StageContext& context, Explanation& explanation) override;

 private:
  const ExtractedSlot source_;
};

}  // namespace tailrace::pipeline
