// `labelallow`: removes all labels but some.
#include "pipeline/stages/labelallow_stage.h"

#include "pipeline/stage_context.h"

namespace tailrace::pipeline {

Result<std::unique_ptr<Stage>> LabelAllowStage::create(const config::LabelAllowStageConfig& config,
                                                       StageBuild& /*build*/) {
  return std::make_unique<LabelAllowStage>(config.names);
}

Verdict LabelAllowStage::run(Entry& /*entry*/, StageContext& context) {
  context.keep_labels(names_);
  return Verdict::kKeep;
}

}  // namespace tailrace::pipeline
