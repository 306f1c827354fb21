// `structured_metadata`: extracted values and labels become structured metadata.
#include "pipeline/stages/structured_metadata_stage.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "pipeline/explanation.h"
#include "pipeline/stage_context.h"
#include "pipeline/value_text.h"

namespace tailrace::pipeline {
namespace {

// Promtail repeats the pair of a label that was copied into the extracted values; here it stands
// once (docs/compatibility.md, structured_metadata).
void add(Entry& entry, const LabelPair& pair) {
  const bool is_there =
      std::any_of(entry.metadata.begin(), entry.metadata.end(), [&pair](const LabelPair& known) {
        return known.name == pair.name && known.value == pair.value;
      });
  if (!is_there) entry.metadata.push_back(pair);
}

}  // namespace

Result<std::unique_ptr<Stage>> StructuredMetadataStage::create(
    const config::StructuredMetadataStageConfig& config, StageBuild& build) {
  auto stage = std::make_unique<StructuredMetadataStage>();
  for (const auto& [name, source] : config.names) {
    stage->assignments_.push_back({.name = name,
                                   .source = build.names.extracted(source),
                                   .label = build.names.label(source)});
  }
  return std::unique_ptr<Stage>(std::move(stage));
}

Verdict StructuredMetadataStage::run(Entry& entry, StageContext& context) {
  for (const Assignment& assignment : assignments_) {
    const std::optional<std::string_view> text =
        text_of(entry.extracted[assignment.source], context.arena());
    if (text.has_value() && is_valid_utf8(*text)) add(entry, {assignment.name, *text});
  }
  for (const Assignment& assignment : assignments_) {
    const std::string_view* const value = context.label(assignment.label);
    if (value == nullptr) continue;
    add(entry, {assignment.name, *value});
    context.remove_label(assignment.label);
  }
  return Verdict::kKeep;
}

void StructuredMetadataStage::explain(const Entry& entry, StageContext& context,
                                      Explanation& explanation) {
  for (const Assignment& assignment : assignments_) {
    if (context.label(assignment.label) != nullptr) continue;
    const auto trouble = label_trouble(assignment.source, entry, context);
    if (!trouble.has_value()) continue;
    explanation.reasons.push_back(
        fmt::format("\"{}\" is not set: {}, and no such label", assignment.name, *trouble));
  }
}

}  // namespace tailrace::pipeline
