// "Why is this line not in Loki?": the way of one line, looked at step by step.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/file_system.h"
#include "base/log.h"
#include "config/config.h"
#include "daemon/why_facts.h"
#include "daemon/why_line.h"
#include "daemon/why_report.h"

namespace tailrace::daemon {

// What is looked at. Nothing here is changed.
struct WhyInput {
  enum class Program {
    kStopped,   // Nobody listens: what is on disk is all there is.
    kNotAsked,  // It may run: what is on disk may be behind it.
  };
  LineWanted wanted;  // Its path absolute and clean.
  const config::Config& config;
  std::string config_yaml;  // dump_config() of it, to compare with what runs.
  FileSystem& file_system;
  Log& log;
  WallTime now{};
  std::string host_name;
  std::string working_directory;
  std::function<std::optional<std::string>(std::string_view)> environment;
  std::optional<WhyFacts> facts;        // Nothing: the program was not asked, ...
  std::string no_facts;                 // ... because of this; ...
  Program program = Program::kStopped;  // ... then what that means.
  std::optional<std::string> tenant;    // Where it was looked for.
  std::optional<std::string> selector;  // What it was looked for with.
};

// Blocks on the file system; reads positions.yaml and, when no program runs, the outbox.
WhyReport walk_why(const WhyInput& input);

}  // namespace tailrace::daemon
