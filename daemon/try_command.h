// `tailrace try`: what a job's stages do to some lines, without a server, a file to follow or Loki.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/text_output.h"
#include "daemon/verb_files.h"

namespace tailrace::daemon {

struct TryOptions {
  std::string config_file;
  bool expand_env = false;
  std::string job;                  // Of the configuration; empty: its only one.
  std::string stages;               // YAML instead of a job.
  std::string labels;               // "a=b,c=d": of the target, over those of the job.
  std::string time;                 // When the lines are read; empty: now.
  std::vector<std::string> lines;   // -line, in order.
  std::vector<std::string> inputs;  // Files, "-" for standard input.
  std::string format = "text";      // "text", "json"
  bool inspect = true;              // Say what each stage does.
  bool help = false;
};

// Errors: kInvalid, with the words for the user.
Result<TryOptions> parse_try_options(std::span<const char* const> arguments);
std::string try_help_text();

// Entries are printed as lines come. The exit status: 0, or 2 when something cannot be read or
// built, which is said on standard error.
int run_try(const TryOptions& options, const Clock& clock, const VerbOutput& out,
            const Environment& environment);

}  // namespace tailrace::daemon
