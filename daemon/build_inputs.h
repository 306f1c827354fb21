// From the inputs of a job's configuration to plans for them.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/file_system.h"
#include "base/log.h"
#include "base/metrics.h"
#include "config/config.h"
#include "config/scrape_config.h"
#include "daemon/input_plan.h"
#include "daemon/listeners.h"
#include "discovery/relabel.h"
#include "discovery/target.h"

namespace tailrace::daemon {

// What building an input needs besides its own block.
struct InputBuild {
  const config::Config& config;
  const config::ScrapeConfig& job;
  Listeners& listeners;  // Sockets are opened here, so that a reload can fail.
  const Clock& clock;
  FileSystem& file_system;
  Log& log;
  Metrics& metrics;
  std::string host_name;
  // The value of an environment variable.
  std::function<std::optional<std::string>(std::string_view)> environment;
  // Compiles the job's relabel_configs; their faults are among the diagnostics already.
  std::function<discovery::Relabeler()> relabeler;
  // The job's number of inputs so far, for names.
  std::vector<InputPlan>& plans;
  std::vector<config::Diagnostic>& diagnostics;

  void error(const config::SourceLocation& at, std::string message) const {
    diagnostics.push_back({config::Diagnostic::Severity::kError, at, std::move(message)});
  }
};

// All inputs of the job. Discovered ones (docker) are not among them.
void build_inputs(const InputBuild& build);

// The containers that docker_sd_configs of a job found, relabelled: one input each. What a rule
// drops is in `dropped`.
void build_docker_inputs(const InputBuild& build, const std::vector<discovery::Target>& targets,
                         std::vector<discovery::DroppedTarget>& dropped);

// One function per kind, each in a file of its own below daemon/inputs/.
void add_input(const config::JournalConfig& journal, const InputBuild& build);
void add_input(const config::SyslogConfig& syslog, const InputBuild& build);
void add_input(const config::GelfConfig& gelf, const InputBuild& build);
void add_input(const config::LokiPushApiConfig& push, const InputBuild& build);
void add_input(const config::HerokuDrainConfig& heroku, const InputBuild& build);
void add_input(const config::OtlpReceiverConfig& otlp, const InputBuild& build);
void add_input(const config::GcplogConfig& gcplog, const InputBuild& build);
void add_input(const config::KafkaConfig& kafka, const InputBuild& build);
void add_input(const config::AzureEventHubsConfig& hubs, const InputBuild& build);
void add_input(const config::CloudflareConfig& cloudflare, const InputBuild& build);
void add_input(const config::WindowsEventsConfig& events, const InputBuild& build);

}  // namespace tailrace::daemon
