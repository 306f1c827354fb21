// A selector's tests, sorted by when they can be made.
#include "pipeline/selection.h"

#include <algorithm>
#include <utility>

#include "pipeline/logql/selector.h"
#include "pipeline/matching/regex_matcher.h"

namespace tailrace::pipeline {
namespace {

using logql::Comparison;

}  // namespace

struct Selection::Tests {
  struct Test {
    std::string name;  // Of the label; of a line filter empty.
    Comparison comparison = Comparison::kEqual;
    std::string text;
    std::unique_ptr<RegexMatcher> regex;  // Null: texts are compared.
  };
  std::vector<Test> labels;
  std::vector<Test> lines;

  static bool label_holds(const Test& test, std::string_view value) {
    const bool found = test.regex == nullptr ? value == test.text : test.regex->matches(value);
    return found != is_negative(test.comparison);
  }
  static bool line_holds(const Test& test, std::string_view line) {
    const bool found = test.regex == nullptr ? line.find(test.text) != std::string_view::npos
                                             : test.regex->matches(line);
    return found != is_negative(test.comparison);
  }
};

Result<std::unique_ptr<Selection>> Selection::create(std::string_view selector) {
  auto parsed = logql::parse_selector(selector, logql::NoMatchers::kAllowed);
  if (!parsed) return fail(parsed.error());
  auto tests = std::make_unique<Tests>();
  for (logql::LabelMatcher& matcher : parsed->matchers) {
    Tests::Test test{std::move(matcher.name), matcher.comparison, std::move(matcher.text), nullptr};
    if (is_regex(test.comparison)) {
      // By itself first, or "a)(b" would pass.
      auto checked = RegexMatcher::create(test.text, {});
      if (!checked) return fail(checked.error());
      auto regex = RegexMatcher::create("^(?:" + test.text + ")$", {});
      if (!regex) return fail(regex.error());
      test.regex = std::move(*regex);
    }
    tests->labels.push_back(std::move(test));
  }
  for (logql::LineFilter& filter : parsed->filters) {
    Tests::Test test{{}, filter.comparison, std::move(filter.text), nullptr};
    if (is_regex(test.comparison)) {
      auto regex = RegexMatcher::create(test.text, {});
      if (!regex) return fail(regex.error());
      test.regex = std::move(*regex);
    }
    tests->lines.push_back(std::move(test));
  }
  return std::make_unique<Selection>(std::move(tests));
}

Selection::Selection(std::unique_ptr<Tests> tests) : tests_(std::move(tests)) {}

Selection::~Selection() = default;

Selection::Answer Selection::begins(const LabelSet& labels, const StageContext& context) {
  if (labels.serial() != 0 && labels.serial() == last_serial_ && &context == last_context_) {
    return last_answer_;
  }
  last_answer_ = ask(labels, context);
  last_serial_ = labels.serial();
  last_context_ = &context;
  return last_answer_;
}

Selection::Answer Selection::ask(const LabelSet& labels, const StageContext& context) {
  const auto names = context.names().label_names();
  Answer answer = tests_->lines.empty() ? Answer::kYes : Answer::kLater;
  for (const Tests::Test& test : tests_->labels) {
    const std::string_view* const value = labels.find(test.name);
    if (value == nullptr && std::find(names.begin(), names.end(), test.name) != names.end()) {
      answer = Answer::kLater;  // A stage may set it.
    } else if (!Tests::label_holds(test, value == nullptr ? std::string_view() : *value)) {
      return Answer::kNo;
    }
  }
  return answer;
}

bool Selection::ends(const Labels& first, const Labels& labels, std::string_view line) {
  for (const Tests::Test& test : tests_->labels) {
    if (first.contains(test.name)) continue;
    const auto found = labels.find(test.name);
    if (!Tests::label_holds(test, found == labels.end() ? std::string_view() : found->second)) {
      return false;
    }
  }
  return std::all_of(tests_->lines.begin(), tests_->lines.end(),
                     [line](const Tests::Test& test) { return Tests::line_holds(test, line); });
}

std::optional<std::string> Selection::failing_filter(const Labels& labels,
                                                     std::string_view line) const {
  for (const Tests::Test& test : tests_->labels) {
    const auto found = labels.find(test.name);
    if (!Tests::label_holds(test, found == labels.end() ? std::string_view() : found->second)) {
      return std::nullopt;
    }
  }
  for (const Tests::Test& test : tests_->lines) {
    if (Tests::line_holds(test, line)) continue;
    std::string text = is_negative(test.comparison) ? "!" : "|";
    text += is_regex(test.comparison) ? "~ " : "= ";
    append_go_quoted(text, test.text);
    return text;
  }
  return std::nullopt;
}

}  // namespace tailrace::pipeline
