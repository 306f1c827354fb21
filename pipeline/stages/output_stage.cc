// `output`: an extracted value becomes the line.
#include "pipeline/stages/output_stage.h"

#include <optional>

#include "pipeline/explanation.h"
#include "pipeline/stage_context.h"
#include "pipeline/value_text.h"

namespace tailrace::pipeline {

Result<std::unique_ptr<Stage>> OutputStage::create(const config::OutputStageConfig& config,
                                                   StageBuild& build) {
  return std::make_unique<OutputStage>(build.names.extracted(config.source));
}

Verdict OutputStage::run(Entry& entry, StageContext& context) {
  const std::optional<std::string_view> text = text_of(entry.extracted[source_], context.arena());
  if (text.has_value()) entry.line = *text;
  return Verdict::kKeep;
}

void OutputStage::explain(const Entry& entry, StageContext& context, Explanation& explanation) {
  source_or_reason(source_, entry, context, explanation);
}

}  // namespace tailrace::pipeline
