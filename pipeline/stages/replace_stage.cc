// `replace`: what the groups of a regular expression match is replaced by what a template says.
#include "pipeline/stages/replace_stage.h"

#include <string>
#include <utility>

#include "pipeline/explanation.h"
#include "pipeline/stage_context.h"
#include "pipeline/stages/source_text.h"

namespace tailrace::pipeline {

Result<std::unique_ptr<Stage>> ReplaceStage::create(const config::ReplaceStageConfig& config,
                                                    StageBuild& build) {
  auto scanner = RegexScanner::create(config.expression);
  if (!scanner.has_value()) return fail(scanner.error());
  auto stage = std::make_unique<ReplaceStage>();
  stage->scanner_ = std::move(*scanner);
  stage->source_ = source_slot(config.source, build.names);
  const auto& groups = stage->scanner_->group_names();
  if (groups.size() == 1) {
    build.warnings.push_back(
        {"no-effect",
         "the expression has no group, and only what groups match is replaced: nothing will be"});
  }
  for (std::size_t i = 1; i < groups.size(); ++i) {
    if (groups[i].empty() || !build.names.is_read(groups[i])) continue;
    stage->named_.push_back(
        {.group = i, .target = build.names.extracted(groups[i]), .replacement = {}});
  }
  auto text = go_template::Template::create(config.replace, surroundings_of(build));
  if (text.has_value()) {
    stage->data_ = TemplateValues(**text, build.names);
    stage->template_ = std::move(*text);
  } else {
    // Promtail finds out line by line, and does nothing.
    build.warnings.push_back({"no-effect", "replace does nothing: " + text.error().message});
  }
  return std::unique_ptr<Stage>(std::move(stage));
}

Verdict ReplaceStage::run(Entry& entry, StageContext& context) {
  if (template_ == nullptr) return Verdict::kKeep;
  const std::optional<std::string_view> text = source_text(source_, entry, context);
  if (!text.has_value() || !replace(*text, entry, context)) return Verdict::kKeep;
  if (is_first_match_) return Verdict::kKeep;  // There was none.
  const std::string_view result = context.arena().copy(result_);
  if (source_.has_value()) {
    entry.extracted[*source_] = Value::of(result);
  } else {
    entry.line = result;
  }
  extract(entry);
  return Verdict::kKeep;
}

void ReplaceStage::explain(const Entry& entry, StageContext& context, Explanation& explanation) {
  if (template_ == nullptr) {
    explanation.reasons.emplace_back("replace is no template that can be read: nothing is done");
    return;
  }
  const auto text = source_or_reason(source_, entry, context, explanation);
  if (!text.has_value()) return;
  const auto& names = scanner_->group_names();
  bool matches = false;
  for (scanner_->start(*text); scanner_->next(); matches = true) {
    for (std::size_t i = 1; i < names.size(); ++i) {
      const RegexScanner::Span span = scanner_->group(i);
      if (!span.took_part) continue;
      explanation.groups.push_back(
          {names[i].empty() ? std::to_string(i) : names[i], span.begin, span.end});
    }
  }
  if (!matches) {
    explanation.reasons.push_back("the expression does not match " + in_quotes(*text));
    return;
  }
  explanation.source =
      source_.has_value() ? context.names().extracted_names()[*source_] : std::string("line");
  explanation.text = *text;
  if (explanation.groups.empty()) {
    explanation.reasons.emplace_back("the expression matches, but none of its groups does");
  }
  if (!replace(*text, entry, context)) {
    const std::string error = template_->last_error();
    explanation.reasons.push_back("nothing is replaced: " +
                                  (error.empty() ? "the text would be too long" : error));
  }
}

bool ReplaceStage::replace(std::string_view text, const Entry& entry, StageContext& context) {
  result_.clear();
  copied_ = 0;
  is_first_match_ = true;
  of_empty_.reset();
  scanner_->start(text);
  while (scanner_->next()) {
    for (Named& named : named_) {
      if (is_first_match_) named.took_part = false;
    }
    for (std::size_t i = 1; i < scanner_->group_names().size(); ++i) {
      if (scanner_->group(i).took_part && !replace_group(i, text, entry, context)) return false;
    }
    is_first_match_ = false;
  }
  result_ += text.substr(copied_);
  return true;
}

bool ReplaceStage::replace_group(std::size_t group, std::string_view text, const Entry& entry,
                                 StageContext& context) {
  const RegexScanner::Span span = scanner_->group(group);
  const std::string_view captured = text.substr(span.begin, span.end - span.begin);
  go_template::Map& data = data_.make(entry, context, captured, std::nullopt);
  const auto replacement = template_->execute(data, context.arena());
  if (!replacement.has_value()) return false;
  // The template's text lives until the next execution only.
  for (Named& named : named_) {
    if (!is_first_match_ || named.group != group) continue;
    named.took_part = true;
    named.replacement = context.arena().copy(*replacement);
  }
  if (captured.empty() && !named_.empty()) of_empty_ = context.arena().copy(*replacement);
  // A group within one that was replaced is gone with it.
  if (span.begin < copied_) return true;
  result_ += text.substr(copied_, span.begin - copied_);
  result_ += *replacement;
  copied_ = span.end;
  return result_.size() <= go_template::kTextBytesMax;
}

// A group of the first match that took no part has the text "", and gets what some other empty
// capture was replaced by (docs/compatibility.md, replace).
void ReplaceStage::extract(Entry& entry) const {
  for (const Named& named : named_) {
    if (named.took_part) {
      entry.extracted[named.target] = Value::of(named.replacement);
    } else if (of_empty_.has_value()) {
      entry.extracted[named.target] = Value::of(*of_empty_);
    }
  }
}

}  // namespace tailrace::pipeline
