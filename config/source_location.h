// Where something stands in a configuration file.
#pragma once

#include <string>

namespace tailrace::config {

struct SourceLocation {
  std::string path;  // "scrape_configs[2].pipeline_stages[0].regex"
  int line = 0;      // From 1; 0: not from a file.
  int column = 0;    // From 1.
};

// One problem, as it is shown: `file:line:column: path: message`, the source line, a caret; of a
// warning the code, and the hint where there is one.
struct Diagnostic {
  enum class Severity { kError, kWarning };
  Severity severity = Severity::kError;
  SourceLocation location;
  std::string message;
  std::string code = {};  // Stable, for programs: "unused-group" (docs/how-to/check.md); or empty.
  std::string hint = {};  // What to do, for people; or empty.
};

}  // namespace tailrace::config
