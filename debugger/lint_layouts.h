// Time layouts that are valid, as any text is, but read no time that anybody writes.
#pragma once

#include <optional>
#include <string_view>

#include "debugger/lint_report.h"

namespace tailrace::debugger {

// What is wrong with `format` of a timestamp stage, if anything: the first that applies.
std::optional<Finding> judge_layout(std::string_view format);

}  // namespace tailrace::debugger
