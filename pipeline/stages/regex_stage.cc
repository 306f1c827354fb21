// `regex`: named groups of the first match become extracted values.
#include "pipeline/stages/regex_stage.h"

#include <utility>

#include "pipeline/explanation.h"
#include "pipeline/stage_context.h"
#include "pipeline/stages/source_text.h"

namespace tailrace::pipeline {

Result<std::unique_ptr<Stage>> RegexStage::create(const config::RegexStageConfig& config,
                                                  StageBuild& build) {
  auto checked = RegexMatcher::create(config.expression, {});
  if (!checked.has_value()) return fail(checked.error());
  auto stage = std::make_unique<RegexStage>();
  RegexMatcher::Options options;
  for (const std::string& group : (*checked)->group_names()) {
    if (!build.names.is_read(group)) {
      build.warnings.push_back({"unused-group", "the group \"" + group + "\" is never used"});
      continue;
    }
    options.wanted_groups.push_back(group);
    stage->targets_.push_back(build.names.extracted(group));
  }
  stage->captures_.resize(stage->targets_.size());
  stage->source_ = source_slot(config.source, build.names);
  stage->group_names_ = options.wanted_groups;
  stage->source_name_ = config.source.value_or("line");
  auto matcher = RegexMatcher::create(config.expression, options);
  if (!matcher.has_value()) return fail(matcher.error());
  stage->matcher_ = std::move(*matcher);
  return std::unique_ptr<Stage>(std::move(stage));
}

Verdict RegexStage::run(Entry& entry, StageContext& context) {
  if (targets_.empty()) return Verdict::kKeep;
  const std::optional<std::string_view> text = source_text(source_, entry, context);
  if (!text.has_value() || !matcher_->search(*text, captures_)) return Verdict::kKeep;
  for (std::size_t i = 0; i < targets_.size(); ++i) {
    entry.extracted[targets_[i]] = Value::of(captures_[i]);
  }
  return Verdict::kKeep;
}

void RegexStage::explain(const Entry& entry, StageContext& context, Explanation& explanation) {
  if (targets_.empty()) explanation.reasons.emplace_back("no stage uses any of its groups");
  const auto text = source_or_reason(source_, entry, context, explanation);
  if (!text.has_value()) return;
  if (!matcher_->search(*text, captures_)) {
    explanation.reasons.push_back("the expression does not match " + in_quotes(*text));
    return;
  }
  explanation.source = source_name_;
  explanation.text = *text;
  for (std::size_t i = 0; i < captures_.size(); ++i) {
    if (captures_[i].data() == nullptr) continue;  // It took no part.
    const auto begin = static_cast<std::size_t>(captures_[i].data() - text->data());
    explanation.groups.push_back({group_names_[i], begin, begin + captures_[i].size()});
  }
}

}  // namespace tailrace::pipeline
