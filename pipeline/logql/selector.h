// The selectors of `match`: which label sets and lines are meant.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tailrace::pipeline::logql {

enum class Comparison { kEqual, kNotEqual, kMatches, kNotMatches };

constexpr bool is_negative(Comparison comparison) {
  return comparison == Comparison::kNotEqual || comparison == Comparison::kNotMatches;
}
constexpr bool is_regex(Comparison comparison) {
  return comparison == Comparison::kMatches || comparison == Comparison::kNotMatches;
}

// `name="text"` and the like. The regular expression of a label is anchored at both ends.
struct LabelMatcher {
  std::string name;
  Comparison comparison = Comparison::kEqual;
  std::string text;
};

// `|= "text"` and the like: kEqual means "contains", kNotEqual "does not contain". The regular
// expression of a line is not anchored.
struct LineFilter {
  Comparison comparison = Comparison::kEqual;
  std::string text;
};

// All of it must hold.
struct Selector {
  std::vector<LabelMatcher> matchers;
  std::vector<LineFilter> filters;
};

// Whether a selector may be `{}`, or have no braces at all.
enum class NoMatchers { kRefused, kAllowed };

// Parses `{name="text", ...} |= "text" ...` (docs/formats/selector.md). Regular expressions are
// not looked at.
//
// Errors: kInvalid with the column and what was expected there.
Result<Selector> parse_selector(std::string_view text,
                                NoMatchers no_matchers = NoMatchers::kRefused);

}  // namespace tailrace::pipeline::logql
