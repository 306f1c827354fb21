// From the file's position to Loki's answer: the second half of the way of a line.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daemon/why_stages.h"
#include "daemon/why_walk.h"

namespace tailrace::daemon {

// One line on its way through one job.
struct WhyLine {
  const WhyInput& input;
  const config::ScrapeConfig& job;
  const FoundLine& found;
  std::uint64_t position = 0;  // Where it begins, as the job counts.
};

// The sources of the job that are this file, newest first.
std::vector<const WhySource*> sources_of(const WhyLine& line);

// Whether the line was read, with what the running program knows; false: the way ends here.
bool judge_position(const WhyLine& line, std::vector<Finding>& findings);
// The same with what is on disk, when no program runs. Ends the way.
void judge_state_on_disk(const WhyLine& line, std::vector<Finding>& findings);
// Batches, clients, tenants and answers. Ends the way.
void judge_delivery(const WhyLine& line, const StagesAnswer& stages,
                    std::vector<Finding>& findings);

// The cut that the line is in, as far as it is known.
const CutRecord* cut_of(const WhyLine& line);

// How the entry is found in Loki: its stream for each client.
struct WhyStream {
  std::string client;  // Its key.
  std::string tenant;
  std::map<std::string, std::string> labels;
};
std::vector<WhyStream> streams_of(const config::Config& config,
                                  const debugger::EntrySnapshot& entry);

}  // namespace tailrace::daemon
