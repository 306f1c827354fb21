// `json`: JMESPath results become extracted values.
#include "pipeline/stages/json_stage.h"

#include <string>
#include <utility>

#include <fmt/format.h>

#include "pipeline/explanation.h"
#include "pipeline/stage_context.h"
#include "pipeline/stages/source_text.h"

namespace tailrace::pipeline {

Result<std::unique_ptr<Stage>> JsonStage::create(const config::JsonStageConfig& config,
                                                 StageBuild& build) {
  auto stage = std::make_unique<JsonStage>();
  std::vector<std::string> expressions;
  for (const auto& [name, given] : config.expressions) {
    const std::string& expression = given.empty() ? name : given;
    const auto checked = JsonExtractor::create({expression});
    if (!checked.has_value()) {
      return fail(checked.error().code, "\"" + name + "\": " + checked.error().message);
    }
    if (!build.names.is_read(name)) continue;
    expressions.push_back(expression);
    stage->targets_.push_back(build.names.extracted(name));
  }
  stage->results_.resize(stage->targets_.size());
  stage->source_ = source_slot(config.source, build.names);
  stage->malformed_ = config.drop_malformed ? Verdict::kDrop : Verdict::kKeep;
  stage->expressions_ = expressions;
  auto extractor = JsonExtractor::create(expressions);
  if (!extractor.has_value()) return fail(extractor.error());
  stage->extractor_ = std::move(*extractor);
  return std::unique_ptr<Stage>(std::move(stage));
}

Verdict JsonStage::run(Entry& entry, StageContext& context) {
  if (targets_.empty() && malformed_ == Verdict::kKeep) return Verdict::kKeep;
  const std::optional<std::string_view> text = source_text(source_, entry, context);
  if (!text.has_value()) return Verdict::kKeep;
  const auto outcome = extractor_->extract(*text, results_, context.arena());
  if (outcome == JsonExtractor::Outcome::kMalformed) return malformed_;
  for (std::size_t i = 0; i < targets_.size(); ++i) {
    if (results_[i].present()) entry.extracted[targets_[i]] = results_[i];
  }
  return Verdict::kKeep;
}

void JsonStage::explain(const Entry& entry, StageContext& context, Explanation& explanation) {
  if (targets_.empty()) explanation.reasons.emplace_back("no stage uses any of its values");
  const auto text = source_or_reason(source_, entry, context, explanation);
  if (!text.has_value()) return;
  if (extractor_->extract(*text, results_, context.arena()) == JsonExtractor::Outcome::kMalformed) {
    explanation.reasons.push_back(extractor_->trouble(*text, context.arena()) + ": " +
                                  in_quotes(*text));
    if (malformed_ == Verdict::kDrop) {
      explanation.reasons.emplace_back("drop_malformed: dropped without being counted");
    }
    return;
  }
  for (std::size_t i = 0; i < targets_.size(); ++i) {
    const bool failed = !results_[i].present();
    if (!failed && results_[i].kind != Value::Kind::kNil) continue;
    explanation.reasons.push_back(
        fmt::format("\"{}\": `{}` {}", context.names().extracted_names()[targets_[i]],
                    expressions_[i], failed ? "fails on these values" : "gives nothing"));
  }
}

}  // namespace tailrace::pipeline
