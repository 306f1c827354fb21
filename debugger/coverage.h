// What the tests of a configuration reached: stages, both ways of each match, both of each drop.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "config/stage_config.h"
#include "debugger/entry_trace.h"
#include "debugger/stage_outline.h"

namespace tailrace::debugger {

// Counts what traces go through, per job of one configuration.
//
// Ownership: borrows the stages given to add_job().
class Coverage {
 public:
  // Every job of the configuration, also one that no test is about.
  void add_job(const std::string& name, std::span<const config::StageConfig> stages);
  // A trace of a job that was not added is left out: its stages stand in the test.
  void add(const std::string& job, const EntryTrace& trace);

  // One line per thing that no test reached, `file:line: job x, stage 3 (drop): ...`, then how many
  // of all were.
  std::string text(const std::string& file_name) const;

 private:
  struct Stage {
    StageOutline outline;
    std::uint64_t entries = 0;
    std::uint64_t passed_by = 0;  // match: not selected.
    std::uint64_t dropped = 0;
  };

  std::map<std::string, std::vector<Stage>> jobs_;
};

}  // namespace tailrace::debugger
