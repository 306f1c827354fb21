// `tailrace diff`: the same lines through two configurations, and what would change.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/text_output.h"
#include "daemon/verb_files.h"

namespace tailrace::daemon {

struct DiffOptions {
  std::string old_file;
  std::string new_file;
  bool expand_env = false;
  std::string job;                 // Empty: all that both have.
  std::vector<std::string> lines;  // Files of lines; "-" for standard input.
  std::string time;                // When the lines are read; empty: now.
  std::string labels;              // "a=b,c=d": of the target, over those of the job.
  std::string format = "text";     // "text", "json"
  std::string limit = "50";        // Lines shown per job.
  bool help = false;
};

// Errors: kInvalid, with the words for the user.
Result<DiffOptions> parse_diff_options(std::span<const char* const> arguments);
std::string diff_help_text();

// The exit status: 0 when nothing changes, 1 when something does, 2 when
// something cannot be read or built, which is said on standard error.
int run_diff(const DiffOptions& options, const Clock& clock, const VerbOutput& out,
             const Environment& environment);

}  // namespace tailrace::daemon
