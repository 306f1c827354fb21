// Everything that a configuration means, built completely before anything running is touched.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/file_system.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/text_output.h"
#include "config/config.h"
#include "config/source_location.h"
#include "daemon/job_sources.h"
#include "daemon/listeners.h"
#include "daemon/worker_plan.h"
#include "discovery/discoverer.h"
#include "pipeline/job_state.h"
#include "pipeline/pipeline.h"
#include "tailer/file_set.h"

namespace tailrace::daemon {

// A built configuration: a plan per worker and the targets whose files are followed.
//
// Ownership: plans are handed to the workers; the rest stays with the engine until the next reload.
struct Topology {
  // What building needs besides the configuration. All outlive what is built.
  struct World {
    const Clock& clock;
    FileSystem& file_system;
    Log& log;
    Metrics& metrics;
    std::string host_name;
    std::string working_directory;
    // One per worker: what its pipelines are built with.
    std::vector<pipeline::PipelineWorld> workers;
    // Set: entries are printed here instead of being sent.
    TextOutput print;
    // Null: the configuration is only looked at. No socket is opened, nothing is discovered.
    Listeners* listeners = nullptr;
    const discovery::DiscoveryWorld* discovery = nullptr;
  };

  std::shared_ptr<const config::Config> config;
  std::vector<std::unique_ptr<WorkerPlan>> plans;
  // Of every job in the order of the configuration, and what they find just now.
  std::vector<std::unique_ptr<JobSources>> sources;
  std::vector<JobSources::Found> found;
  // What the workers of a job share; kept over a reload while the job is equal.
  std::map<std::string, std::shared_ptr<pipeline::JobState>> jobs;
  // What all workers share; kept over a reload while its limits are equal. Null: no limit.
  SharedLineRate line_rate;

  // Of all jobs, one after the other.
  std::vector<tailer::FileTarget> targets() const;
  std::vector<InputPlan> inputs() const;
  std::vector<JobTargets> discovered() const;
  const JobSources* find_sources(std::string_view job) const;

  struct Built;
  // Compiles regular expressions, layouts and relabel rules of `config`. Jobs and clients that
  // equal those of `before` (may be null) keep their pipelines and shippers.
  static Built build(std::shared_ptr<const config::Config> config, const World& world,
                     const Topology* before);
};

// All problems of a build, warnings too; `topology` is only whole when no error is among them.
struct Topology::Built {
  Topology topology;
  std::vector<config::Diagnostic> diagnostics;
  bool ok = false;
};

// Keys of clients in the outbox: name, else URL, user and tenant, numbered among equals (house 6).
std::vector<std::string> client_keys(const std::vector<config::ClientConfig>& clients);

}  // namespace tailrace::daemon
