// `static_labels`: sets labels to fixed values.
#include "pipeline/stages/static_labels_stage.h"

#include <utility>

#include "pipeline/stage_context.h"

namespace tailrace::pipeline {

Result<std::unique_ptr<Stage>> StaticLabelsStage::create(
    const config::StaticLabelsStageConfig& config, StageBuild& build) {
  auto stage = std::make_unique<StaticLabelsStage>();
  for (const auto& [label, value] : config.labels) {
    // Promtail skips such an assignment line by line.
    if (!is_valid_utf8(value)) continue;
    stage->assignments_.push_back({.label = build.names.label(label), .value = value});
  }
  return std::unique_ptr<Stage>(std::move(stage));
}

Verdict StaticLabelsStage::run(Entry& /*entry*/, StageContext& context) {
  for (const Assignment& assignment : assignments_)
    context.set_label(assignment.label, assignment.value);
  return Verdict::kKeep;
}

}  // namespace tailrace::pipeline
