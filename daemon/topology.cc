// Builds a configuration completely, or says everything that is wrong with it.
#include "daemon/topology.h"

#include <algorithm>
#include <set>
#include <utility>

#include "daemon/command_line.h"
#include "pipeline/build_pipeline.h"
#include "shippers/client_metrics.h"
#include "shippers/loki_shipper.h"
#include "shippers/print_shipper.h"

namespace tailrace::daemon {
namespace {

const config::ScrapeConfig* find_job(const config::Config& config, const std::string& name) {
  const auto found =
      std::find_if(config.scrape_configs.begin(), config.scrape_configs.end(),
                   [&name](const config::ScrapeConfig& job) { return job.job_name == name; });
  return found == config.scrape_configs.end() ? nullptr : &*found;
}

bool has_errors(const std::vector<config::Diagnostic>& diagnostics) {
  return std::any_of(diagnostics.begin(), diagnostics.end(), [](const config::Diagnostic& d) {
    return d.severity == config::Diagnostic::Severity::kError;
  });
}

ClientPlan plan_client(const config::Config& config, const config::ClientConfig& client,
                       const std::string& key, const Topology::World& world) {
  ClientPlan plan;
  plan.key = key;
  plan.config = client;
  plan.batch.client_key = key;
  plan.batch.batch_bytes = client.batch_bytes;
  plan.batch.batch_wait = client.batch_wait;
  plan.batch.tenant = client.tenant_id;
  plan.batch.line_bytes_max = config.limits.max_line_size;
  plan.batch.truncate_lines = config.limits.max_line_size_truncate;
  plan.batch.streams_max = config.limits.max_streams;
  plan.share_bytes =
      client.outbox_bytes.value_or(config.tailrace.outbox_bytes) / world.workers.size();
  plan.when_full = client.when_full.value_or(config.tailrace.when_full);
  plan.host = shippers::url_host(client.url);
  if (world.print) {
    // A dry run shows entries as they leave the pipeline (docs/compatibility.md, dry-run).
    plan.batch.line_bytes_max = 0;
    plan.batch.streams_max = 0;
    plan.make_shipper = [print = world.print](http::Transport&, shippers::ClientMetrics&) {
      return std::make_unique<shippers::PrintShipper>(print);
    };
    return plan;
  }
  plan.batch.external_labels = client.external_labels;
  plan.make_shipper = [client, &clock = world.clock, &file_system = world.file_system,
                       &log = world.log](http::Transport& transport,
                                         shippers::ClientMetrics& metrics) {
    const auto seed = static_cast<std::uint64_t>(unix_nanoseconds(clock.wall_now()));
    return std::make_unique<shippers::LokiShipper>(
        client, shippers::LokiShipper::World{transport, clock, file_system, metrics, log, seed,
                                             "tailrace/" + std::string(version())});
  };
  return plan;
}

void build_job(const config::ScrapeConfig& job, const Topology::World& world,
               const Topology* before, Topology::Built& built) {
  Topology& topology = built.topology;
  const config::ScrapeConfig* const old =
      before == nullptr ? nullptr : find_job(*before->config, job.job_name);
  const bool unchanged = old != nullptr && old->pipeline_stages == job.pipeline_stages;
  topology.jobs[job.job_name] =
      unchanged ? before->jobs.at(job.job_name)
                : std::make_shared<pipeline::JobState>(world.metrics, world.clock);
  for (std::size_t number = 0; number < world.workers.size(); ++number) {
    JobPlan plan;
    plan.name = job.job_name;
    if (!unchanged) {
      std::vector<config::Diagnostic> diagnostics;
      pipeline::PipelineWorld pipeline_world = world.workers[number];
      pipeline_world.job = job.job_name;
      Result<std::unique_ptr<pipeline::Pipeline>> pipeline = pipeline::build_pipeline(
          job.pipeline_stages, pipeline_world, *topology.jobs[job.job_name], diagnostics);
      // Every worker's pipeline has the same problems: they are told once.
      if (number == 0) {
        built.diagnostics.insert(built.diagnostics.end(), diagnostics.begin(), diagnostics.end());
      }
      if (!pipeline) break;  // The job's other faults are told as well.
      plan.pipeline = std::move(*pipeline);
    }
    topology.plans[number]->jobs.push_back(std::move(plan));
  }
  const JobSources::World sources_world{world.clock,     world.file_system, world.log,
                                        world.metrics,   world.host_name,   world.working_directory,
                                        world.listeners, world.discovery};
  std::unique_ptr<JobSources> sources = JobSources::create(
      topology.config, job, sources_world,
      before == nullptr ? nullptr : before->find_sources(job.job_name), built.diagnostics);
  if (sources == nullptr) return;
  topology.sources.push_back(std::move(sources));
  topology.found.push_back(topology.sources.back()->find());
  const std::vector<config::Diagnostic>& faults = topology.found.back().diagnostics;
  built.diagnostics.insert(built.diagnostics.end(), faults.begin(), faults.end());
}

SharedLineRate make_line_rate(const config::LimitsConfig& limits, const Topology::World& world,
                              const Topology* before) {
  if (!limits.readline_rate_enabled) return nullptr;
  if (before != nullptr && before->line_rate != nullptr) {
    const config::LimitsConfig& old = before->config->limits;
    if (old.readline_rate == limits.readline_rate && old.readline_burst == limits.readline_burst &&
        old.readline_rate_drop == limits.readline_rate_drop) {
      return before->line_rate;
    }
  }
  return std::make_shared<LineRate>(limits, world.clock, world.metrics);
}

}  // namespace

std::vector<std::string> client_keys(const std::vector<config::ClientConfig>& clients) {
  std::vector<std::string> keys;
  for (const config::ClientConfig& client : clients) {
    std::string key = client.name;
    if (key.empty()) {
      key = client.url;
      if (client.http.basic_auth && !client.http.basic_auth->username.empty()) {
        key += " user=" + client.http.basic_auth->username;
      }
      if (!client.tenant_id.empty()) key += " tenant=" + client.tenant_id;
    }
    const std::string name = key;
    for (int number = 2; std::find(keys.begin(), keys.end(), key) != keys.end(); ++number) {
      key = name + "#" + std::to_string(number);
    }
    keys.push_back(std::move(key));
  }
  return keys;
}

std::vector<tailer::FileTarget> Topology::targets() const {
  std::vector<tailer::FileTarget> targets;
  for (const JobSources::Found& job : found)
    targets.insert(targets.end(), job.files.begin(), job.files.end());
  return targets;
}

std::vector<InputPlan> Topology::inputs() const {
  std::vector<InputPlan> inputs;
  for (const JobSources::Found& job : found)
    inputs.insert(inputs.end(), job.inputs.begin(), job.inputs.end());
  return inputs;
}

std::vector<JobTargets> Topology::discovered() const {
  std::vector<JobTargets> discovered;
  for (const JobSources::Found& job : found)
    discovered.push_back(job.targets);
  return discovered;
}

const JobSources* Topology::find_sources(std::string_view job) const {
  const auto same = std::find_if(sources.begin(), sources.end(),
                                 [job](const auto& one) { return one->job() == job; });
  return same == sources.end() ? nullptr : same->get();
}

Topology::Built Topology::build(std::shared_ptr<const config::Config> config, const World& world,
                                const Topology* before) {
  Built built;
  Topology& topology = built.topology;
  topology.config = std::move(config);
  topology.line_rate = make_line_rate(topology.config->limits, world, before);
  for (std::size_t number = 0; number < world.workers.size(); ++number) {
    auto plan = std::make_unique<WorkerPlan>();
    plan->sync_period = topology.config->positions.sync_period;
    plan->worker_count = static_cast<std::uint32_t>(world.workers.size());
    plan->line_rate = topology.line_rate;
    topology.plans.push_back(std::move(plan));
  }
  const std::vector<std::string> keys = client_keys(topology.config->clients);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (world.print && i > 0) break;  // Every client would print the same.
    for (const auto& plan : topology.plans) {
      plan->clients.push_back(
          plan_client(*topology.config, topology.config->clients[i], keys[i], world));
    }
  }
  for (const config::ScrapeConfig& job : topology.config->scrape_configs) {
    build_job(job, world, before, built);
  }
  built.ok = !has_errors(built.diagnostics);
  return built;
}

}  // namespace tailrace::daemon
