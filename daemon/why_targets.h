// Which jobs of a configuration mean a file, and where the others lose it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "config/config.h"
#include "daemon/why_report.h"

namespace tailrace::daemon {

// A job's target that names the file and follows it.
struct WhyTarget {
  const config::ScrapeConfig* job = nullptr;
  std::map<std::string, std::string> labels;  // Without filename.
};

// One job with what was found of it. At most one target follows the file per entry.
struct WhyCandidate {
  JobFindings way;
  std::vector<WhyTarget> target;  // None: the way has ended.
};

struct WhyTargets {
  std::vector<WhyCandidate> candidates;  // Jobs that name the file, or did before relabelling.
  std::vector<std::string> near_misses;  // Sentences on jobs that nearly do.
};

struct WhyPlace {
  std::string path;       // Absolute and clean.
  std::string real_path;  // Behind links; empty: the same.
  std::string host_name;
  std::string working_directory;
};

// Goes through discovery, relabelling, __host__, __path__ and __path_exclude__ as the daemon does,
// and says which step drops the file.
WhyTargets find_why_targets(const config::Config& config, const WhyPlace& place);

}  // namespace tailrace::daemon
