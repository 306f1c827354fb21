// `regex`: named groups of the first match become extracted values.
#include "pipeline/stages/regex_stage.h"

#include <utility>

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

}  // namespace tailrace::pipeline
