// Compiles a pattern with RE2, with as much memory as it takes.
#pragma once

#include <memory>
#include <string>

#include <re2/re2.h>

#include "base/result.h"

namespace tailrace::pipeline {

// Errors: kInvalid with RE2's words; kExhausted when the pattern is too large even so.
Result<std::unique_ptr<re2::RE2>> compile_re2(const std::string& pattern);

}  // namespace tailrace::pipeline
