// `template`: what a Go template makes of the extracted values becomes one of them.
#include "pipeline/stages/template_stage.h"

#include <utility>

#include <fmt/format.h>

#include "pipeline/explanation.h"
#include "pipeline/stage_context.h"
#include "pipeline/value_text.h"

namespace tailrace::pipeline {

Result<std::unique_ptr<Stage>> TemplateStage::create(const config::TemplateStageConfig& config,
                                                     StageBuild& build) {
  auto text = go_template::Template::create(config.text, surroundings_of(build));
  if (!text.has_value()) return fail(text.error());
  auto stage = std::make_unique<TemplateStage>();
  if (!build.names.is_read(config.source)) {
    build.warnings.push_back({"unused-value", "the value \"" + config.source + "\" is never used"});
    return std::unique_ptr<Stage>(std::move(stage));
  }
  stage->source_ = build.names.extracted(config.source);
  stage->data_ = TemplateValues(**text, build.names);
  stage->template_ = std::move(*text);
  return std::unique_ptr<Stage>(std::move(stage));
}

Verdict TemplateStage::run(Entry& entry, StageContext& context) {
  if (template_ == nullptr) return Verdict::kKeep;
  Value& target = entry.extracted[source_];
  go_template::Map& data = data_.make(entry, context, text_of(target, context.arena()), entry.line);
  const auto text = template_->execute(data, context.arena());
  if (!text.has_value()) return Verdict::kKeep;
  target = text->empty() ? Value{} : Value::of(context.arena().copy(*text));
  return Verdict::kKeep;
}

void TemplateStage::explain(const Entry& entry, StageContext& context, Explanation& explanation) {
  if (template_ == nullptr) {
    explanation.reasons.emplace_back("no stage uses its value");
    return;
  }
  const auto source = text_of(entry.extracted[source_], context.arena());
  if (!source.has_value()) {
    explanation.reasons.push_back(no_text(source_, entry, context) + ": .Value is not there");
  }
  go_template::Map& data = data_.make(entry, context, source, entry.line);
  const auto text = template_->execute(data, context.arena());
  if (!text.has_value()) {
    explanation.reasons.push_back("the template fails, the value stays: " +
                                  template_->last_error());
  } else if (text->empty()) {
    explanation.reasons.push_back(
        fmt::format("the template gives an empty text: there will be no value \"{}\"",
                    context.names().extracted_names()[source_]));
  }
}

}  // namespace tailrace::pipeline
