// Every stage at work, as data: for the benchmark and the allocation test.
#pragma once

#include <string>
#include <vector>

#include "config/stage_config.h"

namespace tailrace::testing {

enum class ExampleLine {
  kLogfmt,    // ts=... level=... id=... ms=... ip=... msg="..."
  kJson,      // The same as an object, with an object and a list within.
  kAccess,    // The same, to be taken apart by a regular expression.
  kCri,       // Every third one is a partial line.
  kDocker,    // As its json-file driver writes them.
  kEvents,    // Every sixth one begins an event, the others are traces.
  kColoured,  // With ANSI sequences.
  kMessage,   // The body of a Windows event.
};

struct StageExample {
  std::string name;    // The stage first: "template_functions".
  std::string stages;  // YAML: the items of pipeline_stages.
  ExampleLine line = ExampleLine::kLogfmt;
  // What a line allocates where RE2 itself is the matcher; every other stage allocates nothing.
  double re2_allocations = 0;
};

std::vector<StageExample> stage_examples();

// All stages of an example, parsed.
std::vector<config::StageConfig> parse_stages(const StageExample& example);

// Line `i`; each is different.
std::string example_line(ExampleLine kind, int i);

}  // namespace tailrace::testing
