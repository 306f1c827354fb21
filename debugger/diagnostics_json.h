// Diagnostics for programs: one JSON object.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "config/source_location.h"

namespace tailrace::debugger {

// docs/how-to/check.md has the keys. The configuration is valid when no diagnostic is an error. No
// secrets: passwords in URLs are masked. Ends with a line end.
std::string diagnostics_json(std::span<const config::Diagnostic> diagnostics,
                             std::string_view file_name);

}  // namespace tailrace::debugger
