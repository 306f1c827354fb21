// `labeldrop`: removes labels.
#include "pipeline/stages/labeldrop_stage.h"

#include <string>
#include <utility>

#include "pipeline/stage_context.h"

namespace tailrace::pipeline {

Result<std::unique_ptr<Stage>> LabelDropStage::create(const config::LabelDropStageConfig& config,
                                                      StageBuild& build) {
  auto stage = std::make_unique<LabelDropStage>();
  for (const std::string& name : config.names)
    stage->labels_.push_back(build.names.label(name));
  return std::unique_ptr<Stage>(std::move(stage));
}

Verdict LabelDropStage::run(Entry& /*entry*/, StageContext& context) {
  for (const LabelSlot label : labels_) {
    if (context.label(label) != nullptr) context.remove_label(label);
  }
  return Verdict::kKeep;
}

}  // namespace tailrace::pipeline
