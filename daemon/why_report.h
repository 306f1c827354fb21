// What `tailrace why` found out, step by step, and what follows from it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/text_output.h"

namespace tailrace::daemon {

// One step on the way of a line.
struct Finding {
  enum class Verdict {
    kOk,
    kCause,     // Here the line ends or waits.
    kPossible,  // Here it may have ended; nothing tells.
    kUnknown,   // This cannot be known.
    kAccepted,  // The end of the way.
  };
  std::string point;  // "discovery", "stages" ...
  Verdict verdict = Verdict::kOk;
  std::string text;  // A sentence or more.
};

std::string_view verdict_text(Finding::Verdict verdict);

// The way through one job.
struct JobFindings {
  std::string job;
  std::vector<Finding> findings;  // The way ends with the first cause.

  const Finding* first(Finding::Verdict verdict) const;
};

struct WhyReport {
  enum class Answer { kAccepted, kCause, kNotKnown };
  std::string path;
  std::optional<std::uint64_t> offset;  // Where the line begins.
  std::optional<std::string> line;
  std::vector<Finding> findings;  // Before any job.
  std::vector<JobFindings> jobs;  // Those that have something to do with the file.
  Answer answer = Answer::kNotKnown;
  std::string job;  // Whose way gave the answer; empty: none.
  Finding reason;   // The finding that is the answer.
};

// Accepted by one job is accepted. What is not known of one job is not known. Else the cause is
// that of the job with the longest way.
void conclude(WhyReport& report);

std::string why_text(const WhyReport& report, TextOutput::Colours colours);
std::string why_json(const WhyReport& report);
// 0 accepted, 1 a cause, 3 not known.
int why_exit_status(const WhyReport& report);

// 2026-01-02T03:04:05.123Z
std::string why_time(std::int64_t unix_ns);
// "3 minutes"; of less than a second: "0.2 seconds".
std::string why_duration(std::int64_t ns);

}  // namespace tailrace::daemon
