// `labeldrop`: removes labels.
#include "pipeline/stages/labeldrop_stage.h"

#include <string>
#include <utility>

#include <fmt/format.h>

#include "pipeline/explanation.h"
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

void LabelDropStage::explain(const Entry& /*entry*/, StageContext& context,
                             Explanation& explanation) {
  for (const LabelSlot label : labels_) {
    if (context.label(label) != nullptr) continue;
    explanation.reasons.push_back(
        fmt::format("there is no label \"{}\"", context.names().label_names()[label]));
  }
}

}  // namespace tailrace::pipeline
