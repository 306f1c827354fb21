// Collects what is wrong, or odd, in a configuration file.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "config/key_recorder.h"
#include "config/source_location.h"
#include "config/yaml_document.h"

namespace tailrace::config {

// Gathers diagnostics in the order in which they are found. After kDiagnosticsMax it only counts.
// It goes to every parser, and so takes a recorder along for who wants to know their keys.
//
// Ownership: borrows the recorder, which may be null.
class Report {
 public:
  static constexpr std::size_t kDiagnosticsMax = 200;

  explicit Report(KeyRecorder* recorder = nullptr) : recorder_(recorder) {}

  void error(SourceLocation location, std::string message) {
    ++errors_;
    add({Diagnostic::Severity::kError, std::move(location), std::move(message)});
  }
  void error(const YamlNode& at, std::string path, std::string message) {
    error(SourceLocation{std::move(path), at.line, at.column}, std::move(message));
  }
  void warning(SourceLocation location, std::string message) {
    add({Diagnostic::Severity::kWarning, std::move(location), std::move(message)});
  }
  void warning(const YamlNode& at, std::string path, std::string message) {
    warning(SourceLocation{std::move(path), at.line, at.column}, std::move(message));
  }

  bool has_errors() const { return errors_ != 0; }
  bool is_full() const { return diagnostics_.size() >= kDiagnosticsMax; }
  std::size_t error_count() const { return errors_; }
  KeyRecorder* recorder() const { return recorder_; }
  std::vector<Diagnostic> take() { return std::move(diagnostics_); }

 private:
  void add(Diagnostic diagnostic) {
    if (!is_full()) diagnostics_.push_back(std::move(diagnostic));
  }

  KeyRecorder* recorder_;
  std::vector<Diagnostic> diagnostics_;
  std::size_t errors_ = 0;
};

}  // namespace tailrace::config
