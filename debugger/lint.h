// What a valid configuration probably does not mean to say: the warnings of -check-syntax.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/file_system.h"
#include "config/config.h"
#include "config/places.h"
#include "config/source_location.h"

namespace tailrace::debugger {

// A pattern of files that a job follows, with what it finds now.
struct LintTarget {
  std::string job;
  std::string pattern;      // __path__
  config::LabelMap labels;  // Without `filename`.
  std::vector<std::string> files;
};

struct LintWorld {
  FileSystem& file_system;
  const Clock& clock;
  const config::Places& places;     // Of the text that the configuration was read from.
  std::vector<LintTarget> targets;  // Of all jobs.
};

// Every warning has a code with a row in docs/how-to/check.md. A lint says nothing where it is not
// certain, but for label names, which are a guess. `config` can be built.
//
// They are in no order.
std::vector<config::Diagnostic> lint(const config::Config& config, const LintWorld& world);

}  // namespace tailrace::debugger
