// Where one job's lines come from: what its configuration says, and what discovery finds while the
// program runs.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/file_system.h"
#include "base/log.h"
#include "base/metrics.h"
#include "config/config.h"
#include "config/source_location.h"
#include "daemon/build_inputs.h"
#include "daemon/input_plan.h"
#include "daemon/leaving_targets.h"
#include "daemon/listeners.h"
#include "discovery/discoverer.h"
#include "discovery/relabel.h"
#include "discovery/target_filter.h"
#include "tailer/file_set.h"

namespace tailrace::daemon {

// What was discovered for a job, and what became of it.
struct JobTargets {
  std::string job;
  discovery::FilteredTargets found;
};

// Discovers, relabels and filters the targets of one job, and plans its inputs.
//
// Ownership: owns the relabelling rules; shares its discoverers with the JobSources that a reload
//   replaces it by. (A shared_ptr: both exist until the reload is taken.)
// Threading: confined to the main thread.
class JobSources {
 public:
  struct World {
    const Clock& clock;
    FileSystem& file_system;
    Log& log;
    Metrics& metrics;
    std::string host_name;
    std::string working_directory;
    Listeners* listeners = nullptr;                        // Null: no socket is opened.
    const discovery::DiscoveryWorld* discovery = nullptr;  // Null: nothing is discovered.
  };

  // What there is to read just now.
  struct Found {
    JobTargets targets;
    std::vector<tailer::FileTarget> files;
    std::vector<InputPlan> inputs;
    std::map<std::string, std::uint64_t> failed;  // Targets left out, by Promtail's reason.
    std::vector<config::Diagnostic> diagnostics;  // What is wrong with targets as they are now.
  };

  // Opens sockets, compiles rules, makes discoverers or takes them over from `before` (may be
  // null). Faults go to `diagnostics`; then the result is null.
  static std::unique_ptr<JobSources> create(std::shared_ptr<const config::Config> config,
                                            const config::ScrapeConfig& job, const World& world,
                                            const JobSources* before,
                                            std::vector<config::Diagnostic>& diagnostics);

  // True: find() gives something else than before.
  bool poll(SteadyTime now);
  SteadyTime next_deadline() const;
  Found find();
  // Why discovery has no news, a text for each; empty: all is well.
  std::vector<std::string> troubles() const;

  const std::string& job() const { return job_.job_name; }

  // For create() only.
  JobSources(std::shared_ptr<const config::Config> config, const config::ScrapeConfig& job,
             const World& world, discovery::Relabeler relabeler);

 private:
  struct Discovery {
    config::DiscoveryConfig config;
    // Shared with the JobSources that a reload replaces; both exist until the reload is taken.
    std::shared_ptr<discovery::Discoverer> discoverer;
  };

  void discover(const JobSources* before, std::vector<config::Diagnostic>& diagnostics);
  void plan_inputs(std::vector<config::Diagnostic>& diagnostics);
  InputBuild input_build(std::vector<InputPlan>& plans,
                         std::vector<config::Diagnostic>& diagnostics) const;
  void find_files(Found& found);
  void find_containers(Found& found) const;
  std::optional<tailer::FileTarget> file_target(const discovery::FileTarget& target,
                                                Found& found) const;

  const std::shared_ptr<const config::Config> config_;  // What job_ is a part of.
  const config::ScrapeConfig& job_;
  World world_;
  discovery::Relabeler relabeler_;
  std::shared_ptr<const tailer::FileReadOptions> file_options_;
  std::vector<Discovery> discoveries_;
  mutable Listeners pretended_{Listeners::Use::kPretend};
  LeavingTargets leaving_;
  std::vector<InputPlan> inputs_;  // Those of the configuration.
};

}  // namespace tailrace::daemon
