// Collects what the lints have to say.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/places.h"
#include "config/source_location.h"

namespace tailrace::debugger {

// What a lint found, before its place is known to matter.
struct Finding {
  std::string_view code;  // docs/how-to/check.md.
  std::string message;
  std::string hint = {};
};

class LintReport {
 public:
  explicit LintReport(const config::Places& places) : places_(places) {}

  void add(config::SourceLocation place, Finding finding) {
    found_.push_back({config::Diagnostic::Severity::kWarning, std::move(place),
                      std::move(finding.message), std::string(finding.code),
                      std::move(finding.hint)});
  }
  const config::Places& places() const { return places_; }
  std::vector<config::Diagnostic> take() { return std::move(found_); }

 private:
  const config::Places& places_;
  std::vector<config::Diagnostic> found_;
};

}  // namespace tailrace::debugger
