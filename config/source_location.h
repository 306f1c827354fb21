// Where something stands in a configuration file.
#pragma once

#include <string>

namespace tailrace::config {

struct SourceLocation {
  std::string path;  // "scrape_configs[2].pipeline_stages[0].regex"
  int line = 0;      // From 1; 0: not from a file.
  int column = 0;    // From 1.
};

// One problem, as it is shown: `file:line:column: path: message`, the source line, a caret.
struct Diagnostic {
  enum class Severity { kError, kWarning };
  Severity severity = Severity::kError;
  SourceLocation location;
  std::string message;
};

}  // namespace tailrace::config
