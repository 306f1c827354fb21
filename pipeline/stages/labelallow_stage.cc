// `labelallow`: removes all labels but some.
#include "pipeline/stages/labelallow_stage.h"

#include <fmt/format.h>

#include "pipeline/explanation.h"
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

void LabelAllowStage::explain(const Entry& /*entry*/, StageContext& context,
                              Explanation& explanation) {
  for (const std::string& name : names_) {
    if (context.label_set().find(name) != nullptr) continue;
    explanation.reasons.push_back(fmt::format("there is no label \"{}\"", name));
  }
}

}  // namespace tailrace::pipeline
