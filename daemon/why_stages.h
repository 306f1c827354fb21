// What the stages of a job do with one line, seen by running them again.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "config/scrape_config.h"
#include "daemon/why_line.h"
#include "daemon/why_report.h"
#include "debugger/entry_trace.h"

namespace tailrace::daemon {

struct StagesAsked {
  const config::ScrapeConfig& job;
  std::map<std::string, std::string> labels;  // Of the target, filename included.
  const FoundLine& found;
  WallTime read_at;  // When the line is taken to have been read.
  std::function<std::optional<std::string>(std::string_view)> environment;
};

struct StagesAnswer {
  enum class Fate { kLeft, kDropped, kNotKnown };
  std::vector<Finding> findings;
  Fate fate = Fate::kNotKnown;
  debugger::EntrySnapshot entry;  // kLeft.
  bool own_time = false;          // A stage set the entry's time.
  std::size_t lines = 1;          // In the entry: more than one when a stage joined them.
};

// Runs the lines before, the line, and those behind it. What chance or a rate decides (`sampling`,
// `limit`) is let through and reported as possible.
StagesAnswer run_stages(const StagesAsked& asked);

// Whether a selector like {app="x"} |= "text" means the entry.
// Errors: kInvalid when it is none.
Result<bool> selector_means(const std::string& selector,
                            const std::map<std::string, std::string>& labels,
                            const std::string& line);

// When the labels of a valid selector mean the entry: the first line filter that does not mean its
// line, such as |= "text".
std::optional<std::string> failing_line_filter(const std::string& selector,
                                               const std::map<std::string, std::string>& labels,
                                               const std::string& line);

}  // namespace tailrace::daemon
