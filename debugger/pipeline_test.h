// Tests of pipelines, kept as YAML beside the configuration: what the file says.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "config/fields.h"
#include "config/scrape_config.h"
#include "config/source_location.h"
#include "config/stage_config.h"

namespace tailrace::debugger {

// An entry that should leave the pipeline. What is not set is not compared.
struct ExpectedEntry {
  std::optional<std::string> line;
  std::optional<config::LabelMap> labels;  // All of them.
  std::optional<std::string> timestamp;    // As the report shows it, or "read": when it was read.
  std::optional<config::TextPairs> metadata;
  std::optional<std::string> tenant;
  config::SourceLocation location;
};

// A line of input, or time that passes before the next.
using TestStep = std::variant<std::string, std::chrono::nanoseconds>;

struct PipelineTest {
  std::string name;
  std::string job;  // Of the configuration; empty: `stages`.
  std::vector<config::StageConfig> stages;
  config::LabelMap labels;  // Of the target.
  WallTime begin{};         // When the first line is read.
  std::vector<TestStep> steps;
  // Unset: not compared.
  std::optional<std::vector<ExpectedEntry>> entries;
  std::optional<std::vector<std::string>> metrics;  // Samples that must be there.
  config::SourceLocation location;
};

struct TestFile {
  std::string config;  // A path as it is written; empty: none.
  std::vector<PipelineTest> tests;
};

// Reads a test file (docs/how-to/test.md). All faults are reported; then nothing is returned.
std::optional<TestFile> parse_test_file(std::string_view text,
                                        std::vector<config::Diagnostic>& diagnostics);

// When tests begin that do not say: 2026-01-01T00:00:00Z.
inline constexpr WallTime kTestBegin = wall_time_from_unix(1'767'225'600'000'000'000);

}  // namespace tailrace::debugger
