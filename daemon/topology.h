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
#include "daemon/worker_plan.h"
#include "discovery/target_filter.h"
#include "pipeline/job_state.h"
#include "pipeline/pipeline.h"
#include "tailer/file_set.h"

namespace tailrace::daemon {

// What was discovered for a job, and what became of it.
struct JobTargets {
  std::string job;
  discovery::FilteredTargets found;
};

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
  };

  std::shared_ptr<const config::Config> config;
  std::vector<std::unique_ptr<WorkerPlan>> plans;
  std::vector<tailer::FileTarget> targets;
  // Of every job in the order of the configuration; their targets, one job after the other, are
  // those above.
  std::vector<JobTargets> discovered;
  std::map<std::string, std::uint64_t> targets_failed;  // By Promtail's reason.
  // What the workers of a job share; kept over a reload while the job is equal.
  std::map<std::string, std::shared_ptr<pipeline::JobState>> jobs;
  // What all workers share; kept over a reload while its limits are equal. Null: no limit.
  SharedLineRate line_rate;

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
