// What the same lines become in two pipelines, and where that differs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/text_output.h"
#include "debugger/desk.h"

namespace tailrace::debugger {

// One thing that is otherwise: "labels", "line", "timestamp", "structured_metadata", "tenant",
// "entries" (dropped, joined with other lines), or a metric's series.
struct PipelineDifference {
  std::string what;
  std::string was;  // Empty: it was not there.
  std::string now;  // Empty: it is gone.
};

struct LineDifference {
  std::uint64_t line = 0;  // From 0.
  std::string text;        // As it came in.
  std::vector<PipelineDifference> differences;
};

struct PipelineComparison {
  std::size_t lines = 0;
  std::vector<LineDifference> lines_changed;
  std::vector<PipelineDifference> metrics_changed;
  std::size_t kept_was = 0;  // Entries.
  std::size_t kept_now = 0;
  std::size_t streams_was = 0;
  std::size_t streams_now = 0;
  bool same() const { return lines_changed.empty() && metrics_changed.empty(); }
};

// Both results are of the same lines.
PipelineComparison compare(const DeskResult& was, const DeskResult& now,
                           const std::vector<std::string>& lines);

// At most `lines_max` lines are shown; of the rest the number.
std::string comparison_text(const PipelineComparison& comparison, std::size_t lines_max,
                            TextOutput::Colours colours);
// An object without line ends.
std::string comparison_json(const std::string& job, const PipelineComparison& comparison);

}  // namespace tailrace::debugger
