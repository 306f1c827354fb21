// From the text of a template to its tree.
#pragma once

#include <string_view>

#include "base/result.h"
#include "pipeline/go_template/syntax.h"

namespace tailrace::pipeline::go_template {

// How deep actions and parentheses may be nested.
inline constexpr int kNestingMax = 200;

// Errors: kInvalid with line and what is wrong; functions that do not exist, or that are not
// supported here, by their name.
Result<TemplateSet> parse_template(std::string_view text);

}  // namespace tailrace::pipeline::go_template
