// `match`: runs stages on the entries that a selector selects, or drops them.
#include "pipeline/stages/match_stage.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "pipeline/explanation.h"
#include "pipeline/stage_context.h"

namespace tailrace::pipeline {
namespace {

using MatchAction = config::MatchStageConfig::Action;
using logql::Comparison;

std::string_view label_operator(Comparison comparison) {
  switch (comparison) {
    case Comparison::kEqual:
      return "=";
    case Comparison::kNotEqual:
      return "!=";
    case Comparison::kMatches:
      return "=~";
    case Comparison::kNotMatches:
      break;
  }
  return "!~";
}

std::string_view line_operator(Comparison comparison) {
  switch (comparison) {
    case Comparison::kEqual:
      return "|=";
    case Comparison::kMatches:
      return "|~";
    default:
      return label_operator(comparison);
  }
}

// Null for those that compare text.
Result<std::unique_ptr<RegexMatcher>> regex_of(Comparison comparison, const std::string& text) {
  if (comparison == Comparison::kEqual || comparison == Comparison::kNotEqual) {
    return std::unique_ptr<RegexMatcher>();
  }
  return RegexMatcher::create(text, {});
}

}  // namespace

Result<std::unique_ptr<Stage>> MatchStage::create(const config::MatchStageConfig& config,
                                                  StageBuild& build) {
  auto selector = logql::parse_selector(config.selector);
  if (!selector.has_value()) return fail(selector.error());
  auto stage = std::make_unique<MatchStage>();
  for (logql::LabelMatcher& matcher : selector->matchers) {
    // By itself first, or "a)(b" would pass.
    auto checked = regex_of(matcher.comparison, matcher.text);
    if (!checked.has_value()) return fail(checked.error());
    auto regex = regex_of(matcher.comparison, "^(?:" + matcher.text + ")$");
    if (!regex.has_value()) return fail(regex.error());
    const auto label = build.names.label(matcher.name);
    stage->labels_.push_back({.label = label,
                              .matcher = std::move(matcher),
                              .regex = std::move(*regex),
                              .last_text = {},
                              .last_answer = std::nullopt});
  }
  for (logql::LineFilter& filter : selector->filters) {
    auto regex = regex_of(filter.comparison, filter.text);
    if (!regex.has_value()) return fail(regex.error());
    stage->lines_.push_back({.filter = std::move(filter), .regex = std::move(*regex)});
  }
  stage->action_ = config.action;
  stage->drop_reason_ = config.drop_counter_reason;
  return std::unique_ptr<Stage>(std::move(stage));
}

Verdict MatchStage::run(Entry& entry, StageContext& context) {
  if (!selects(entry, context)) return Verdict::kSkip;
  if (action_ == MatchAction::kKeep) {
    context.copy_labels_to_extracted();
    return Verdict::kKeep;
  }
  // Context was sent before.
  if (entry.role != EntryRole::kContext) ++dropped_;
  return Verdict::kDrop;
}

bool MatchStage::selects(const Entry& entry, const StageContext& context) {
  for (LabelTest& test : labels_) {
    if (!label_holds(test, context)) return false;
  }
  return std::all_of(lines_.begin(), lines_.end(),
                     [&entry](const LineTest& test) { return line_holds(test, entry.line); });
}

bool MatchStage::label_holds(LabelTest& test, const StageContext& context) {
  const std::string_view* const label = context.label(test.label);
  const std::string_view text = label == nullptr ? std::string_view() : *label;
  bool found = false;
  if (test.regex == nullptr) {
    found = text == test.matcher.text;
  } else if (test.last_answer.has_value() && test.last_text == text) {
    found = *test.last_answer;
  } else {
    found = test.regex->matches(text);
    test.last_text = text;
    test.last_answer = found;
  }
  return found != is_negative(test.matcher.comparison);
}

bool MatchStage::line_holds(const LineTest& test, std::string_view line) {
  const bool found = test.regex == nullptr ? line.find(test.filter.text) != std::string_view::npos
                                           : test.regex->matches(line);
  return found != is_negative(test.filter.comparison);
}

void MatchStage::explain(const Entry& entry, StageContext& context, Explanation& explanation) {
  if (action_ != MatchAction::kKeep) explanation.drop_reason = drop_reason_;
  for (LabelTest& test : labels_) {
    const std::string_view* const label = context.label(test.label);
    explanation.reasons.push_back(fmt::format(
        "{}{}{} {}: the label is {}", test.matcher.name, label_operator(test.matcher.comparison),
        in_quotes(test.matcher.text), label_holds(test, context) ? "holds" : "does not hold",
        label == nullptr ? "not there" : in_quotes(*label)));
  }
  for (const LineTest& test : lines_) {
    explanation.reasons.push_back(fmt::format(
        "{} {} {} for the line", line_operator(test.filter.comparison), in_quotes(test.filter.text),
        line_holds(test, entry.line) ? "holds" : "does not hold"));
  }
}

void MatchStage::publish(JobState& job) {
  if (dropped_ == 0) return;
  job.count_dropped(drop_reason_, dropped_);
  dropped_ = 0;
}

}  // namespace tailrace::pipeline
