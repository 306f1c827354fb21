// What selectors and conditions of `match` and `drop` can be said to do without a line.
#include "debugger/lint_selectors.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "pipeline/logql/selector.h"
#include "pipeline/matching/regex_matcher.h"

namespace tailrace::debugger {
namespace {

using pipeline::RegexMatcher;
namespace logql = pipeline::logql;
using pipeline::logql::LabelMatcher;
using pipeline::logql::LineFilter;

bool holds(const LabelMatcher& matcher, std::string_view text) {
  bool found = text == matcher.text;
  if (is_regex(matcher.comparison)) {
    const auto regex = RegexMatcher::create("^(?:" + matcher.text + ")$", {});
    found = regex && (*regex)->matches(text);
  }
  return found != is_negative(matcher.comparison);
}

bool may_hold(const LabelMatcher& matcher, const PossibleTexts& label) {
  return label.any || std::any_of(label.texts.begin(), label.texts.end(),
                                  [&](const std::string& text) { return holds(matcher, text); });
}

bool holds_always(const LabelMatcher& matcher, const PossibleTexts& label) {
  if (matcher.comparison == logql::Comparison::kMatches && matcher.text == ".*") return true;
  return !label.any && std::all_of(label.texts.begin(), label.texts.end(),
                                   [&](const std::string& text) { return holds(matcher, text); });
}

bool holds_always(const LineFilter& filter) {
  if (filter.comparison == logql::Comparison::kEqual) return filter.text.empty();
  return filter.comparison == logql::Comparison::kMatches &&
         (filter.text.empty() || filter.text == ".*");
}

std::string_view sign(logql::Comparison comparison) {
  switch (comparison) {
    case logql::Comparison::kEqual:
      return "=";
    case logql::Comparison::kNotEqual:
      return "!=";
    case logql::Comparison::kMatches:
      return "=~";
    case logql::Comparison::kNotMatches:
      return "!~";
  }
  return "";
}

std::string listed(const PossibleTexts& label) {
  constexpr std::size_t kShownMax = 5;
  std::string list;
  std::size_t shown = 0;
  for (const std::string& text : label.texts) {
    if (shown++ == kShownMax) return list + ", ...";
    list += fmt::format("{}{}", list.empty() ? "" : ", ",
                        text.empty() ? "not set" : fmt::format("\"{}\"", text));
  }
  return list;
}

}  // namespace

std::optional<Finding> judge_selector(std::string_view selector, const LintFacts& facts) {
  const auto parsed = pipeline::logql::parse_selector(selector);
  if (!parsed) return std::nullopt;
  for (const LabelMatcher& matcher : parsed->matchers) {
    const PossibleTexts label = facts.label(matcher.name);
    if (may_hold(matcher, label)) continue;
    return Finding{
        "selector-never-matches",
        fmt::format("the selector matches nothing: {}{}\"{}\", and here the label \"{}\" "
                    "can only be: {}",
                    matcher.name, sign(matcher.comparison), matcher.text, matcher.name,
                    listed(label)),
        "a selector sees labels, not extracted values: set them by a labels stage before"};
  }
  return std::nullopt;
}

bool selects_all(std::string_view selector, const LintFacts& facts) {
  const auto parsed = pipeline::logql::parse_selector(selector);
  return parsed &&
         std::all_of(parsed->matchers.begin(), parsed->matchers.end(),
                     [&facts](const LabelMatcher& matcher) {
                       return holds_always(matcher, facts.label(matcher.name));
                     }) &&
         std::all_of(parsed->filters.begin(), parsed->filters.end(),
                     [](const LineFilter& filter) { return holds_always(filter); });
}

bool drops_all(const config::DropStageConfig& stage, Lines lines) {
  constexpr auto kEverything = std::to_array<std::string_view>(
      {"", "^", "$", ".*", "^.*", ".*$", "(.*)", ".+", "^.+", ".+$", "(.+)", ".", "^."});
  constexpr auto kEveryLine = std::to_array<std::string_view>({"^.*$", "^.+$", "^(.*)$"});
  if (stage.sources || stage.value || stage.older_than) return false;
  if (stage.longer_than.value_or(0) > 0) return false;
  if (!stage.expression) return stage.longer_than.has_value();
  const auto is_in = [&](const auto& list) {
    return std::find(list.begin(), list.end(), *stage.expression) != list.end();
  };
  return is_in(kEverything) || (lines == Lines::kSingle && is_in(kEveryLine));
}

bool lists_its_texts(std::string_view expression, std::string_view group) {
  const std::size_t name = expression.find(fmt::format("<{}>", group));
  if (name == std::string_view::npos) return false;
  const std::string_view body = expression.substr(name + group.size() + 2);
  // Groups within it would need a parser; the usual list has none.
  const std::string_view inside = body.substr(0, body.find(')'));
  return !inside.empty() && inside.find_first_of("\\.*+?[{(") == std::string_view::npos;
}

}  // namespace tailrace::debugger
