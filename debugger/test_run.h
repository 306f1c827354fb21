// Runs tests of pipelines and says what was otherwise than expected.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "config/source_location.h"
#include "debugger/pipeline_test.h"
#include "debugger/trial.h"

namespace tailrace::debugger {

// One way in which a test went otherwise. Texts may have several lines.
struct Difference {
  std::string what;                     // "entry 2, labels"
  std::optional<std::string> expected;  // Unset: it should not be there.
  std::optional<std::string> observed;  // Unset: it is not there.
};

struct TestResult {
  std::string name;
  config::SourceLocation location;
  WallTime end{};                               // When its last line was read.
  WallTime begin{};                             // When its first line was read.
  std::vector<Difference> differences;          // Empty: it passed.
  std::vector<config::Diagnostic> diagnostics;  // Its own stages cannot be built.
  std::vector<EntrySnapshot> entries;
  std::vector<std::string> metrics;
  bool passed() const { return differences.empty() && diagnostics.empty(); }
};

using Environment = std::function<std::optional<std::string>(std::string_view)>;

// `config`: where jobs are looked up; nullptr: there is none.
// `observer`: who watches the stages; nullptr: nobody.
TestResult run_test(const PipelineTest& test, const config::Config* config,
                    const Environment& environment, pipeline::StageObserver* observer = nullptr);

// The test file with what was observed instead of what was expected. `results` are of all its
// tests. Comments are lost.
std::string record_tests(std::string_view text, std::span<const TestResult> results);

// As a test file writes it: 2026-01-02T03:04:05.6Z.
std::string timestamp_text(const Timestamp& time);

}  // namespace tailrace::debugger
