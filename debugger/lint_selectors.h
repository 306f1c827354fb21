// What selectors and conditions of `match` and `drop` can be said to do without a line.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "config/stage_config.h"
#include "debugger/lint_facts.h"
#include "debugger/lint_report.h"

namespace tailrace::debugger {

// Why the selector selects nothing, if that is certain.
std::optional<Finding> judge_selector(std::string_view selector, const LintFacts& facts);

// It selects every entry, whatever its line is.
bool selects_all(std::string_view selector, const LintFacts& facts);

enum class Lines { kSingle, kMaybeJoined };  // By multiline: "." does not match the line ends.

// It drops every entry, but for empty lines at most.
bool drops_all(const config::DropStageConfig& stage, Lines lines);

// Of a group of a regular expression: its texts are all in the expression, as (GET|POST).
bool lists_its_texts(std::string_view expression, std::string_view group);

}  // namespace tailrace::debugger
