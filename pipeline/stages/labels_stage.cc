// `labels`: extracted values become labels.
#include "pipeline/stages/labels_stage.h"

#include <optional>
#include <utility>

#include <fmt/format.h>

#include "pipeline/explanation.h"
#include "pipeline/stage_context.h"
#include "pipeline/value_text.h"

namespace tailrace::pipeline {

Result<std::unique_ptr<Stage>> LabelsStage::create(const config::LabelsStageConfig& config,
                                                   StageBuild& build) {
  auto stage = std::make_unique<LabelsStage>();
  for (const auto& [label, source] : config.labels) {
    if (!is_label_name(label)) {
      return fail(Error::kInvalid, "\"" + label + "\" is not a valid label name");
    }
    stage->assignments_.push_back(
        {.label = build.names.label(label), .source = build.names.extracted(source)});
  }
  return std::unique_ptr<Stage>(std::move(stage));
}

Verdict LabelsStage::run(Entry& entry, StageContext& context) {
  for (const Assignment& assignment : assignments_) {
    const std::optional<std::string_view> text =
        text_of(entry.extracted[assignment.source], context.arena());
    if (text.has_value() && is_valid_utf8(*text)) context.set_label(assignment.label, *text);
  }
  return Verdict::kKeep;
}

void LabelsStage::explain(const Entry& entry, StageContext& context, Explanation& explanation) {
  for (const Assignment& assignment : assignments_) {
    const auto trouble = label_trouble(assignment.source, entry, context);
    if (!trouble.has_value()) continue;
    explanation.reasons.push_back(fmt::format(
        "\"{}\" is not set: {}", context.names().label_names()[assignment.label], *trouble));
  }
}

}  // namespace tailrace::pipeline
