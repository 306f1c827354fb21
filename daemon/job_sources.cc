// From a job's configuration and its discoverers to files and inputs.
#include "daemon/job_sources.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <variant>

#include "daemon/build_inputs.h"
#include "discovery/static_discovery.h"
#include "tailer/path_glob.h"
#include "tailer/text_decoder.h"

namespace tailrace::daemon {
namespace {

using config::Diagnostic;

// Lines as they are read; docs/compatibility.md, limits: Promtail has none.
constexpr std::uint64_t kFileLineBytesMax = 1U << 20U;

// The keys of the kinds, in the order of the variant.
constexpr std::array<std::string_view, std::variant_size_v<config::DiscoveryConfig>> kKeys = {
    "file_sd_configs",        "http_sd_configs",        "dns_sd_configs",
    "consul_sd_configs",      "consulagent_sd_configs", "kubernetes_sd_configs",
    "dockerswarm_sd_configs", "docker_sd_configs"};

bool finds_containers(const config::DiscoveryConfig& config) {
  return std::holds_alternative<config::DockerSdConfig>(config);
}

Diagnostic error_at(const config::SourceLocation& at, std::string message) {
  return {Diagnostic::Severity::kError, at, std::move(message)};
}

}  // namespace

JobSources::JobSources(std::shared_ptr<const config::Config> config,
                       const config::ScrapeConfig& job, const World& world,
                       discovery::Relabeler relabeler)
    : config_(std::move(config)), job_(job), world_(world), relabeler_(std::move(relabeler)) {
  auto options = std::make_shared<tailer::FileReadOptions>();
  options->line_bytes_max = kFileLineBytesMax;
  options->encoding = job.encoding;
  options->decompression = job.decompression;
  options->files = job.files;
  file_options_ = std::move(options);
}

std::unique_ptr<JobSources> JobSources::create(std::shared_ptr<const config::Config> config,
                                               const config::ScrapeConfig& job, const World& world,
                                               const JobSources* before,
                                               std::vector<Diagnostic>& diagnostics) {
  Result<discovery::Relabeler> relabeler =
      discovery::Relabeler::compile(job.relabel_configs, diagnostics);
  if (!relabeler) return nullptr;  // Its errors are among the diagnostics.
  if (const Status known = tailer::TextDecoder::check(job.encoding);
      !job.encoding.empty() && !known) {
    diagnostics.push_back(error_at(job.encoding_location, known.error().message));
  }
  auto sources = std::make_unique<JobSources>(std::move(config), job, world, std::move(*relabeler));
  sources->discover(before, diagnostics);
  sources->plan_inputs(diagnostics);
  return sources;
}

void JobSources::discover(const JobSources* before, std::vector<Diagnostic>& diagnostics) {
  if (before != nullptr) leaving_ = before->leaving_.after_reload();
  std::array<int, kKeys.size()> numbers{};
  for (const config::DiscoveryConfig& config : job_.discoveries) {
    Discovery& discovery = discoveries_.emplace_back(config, nullptr);
    const std::size_t kind = config.index();
    const int number = numbers[kind]++;
    if (world_.discovery == nullptr) continue;
    if (before != nullptr) {
      // An equal one goes on, with what it knows. Of two that are equal each has its own.
      const auto same = std::find_if(
          before->discoveries_.begin(), before->discoveries_.end(), [&](const Discovery& old) {
            return old.config == config && std::none_of(discoveries_.begin(), discoveries_.end(),
                                                        [&](const Discovery& one) {
                                                          return one.discoverer == old.discoverer;
                                                        });
          });
      if (same != before->discoveries_.end()) discovery.discoverer = same->discoverer;
    }
    if (discovery.discoverer != nullptr) continue;
    std::string name = std::string(kKeys[kind]) + "[" + std::to_string(number) + "]";
    auto made = discovery::make_discoverer(config, std::move(name), *world_.discovery);
    if (made) {
      discovery.discoverer = std::move(*made);
    } else {
      diagnostics.push_back(error_at(job_.location, made.error().message));
    }
  }
}

InputBuild JobSources::input_build(std::vector<InputPlan>& plans,
                                   std::vector<Diagnostic>& diagnostics) const {
  Listeners& listeners = world_.listeners == nullptr ? pretended_ : *world_.listeners;
  return {*config_,
          job_,
          listeners,
          world_.clock,
          world_.file_system,
          world_.log,
          world_.metrics,
          world_.host_name,
          [this](std::string_view name) -> std::optional<std::string> {
            if (world_.discovery == nullptr || !world_.discovery->environment) return std::nullopt;
            return world_.discovery->environment(name);
          },
          [this] {
            // Compiled before without a fault.
            std::vector<Diagnostic> none;
            return std::move(*discovery::Relabeler::compile(job_.relabel_configs, none));
          },
          plans,
          diagnostics};
}

void JobSources::plan_inputs(std::vector<Diagnostic>& diagnostics) {
  build_inputs(input_build(inputs_, diagnostics));
}

bool JobSources::poll(SteadyTime now) {
  bool changed = false;
  for (const Discovery& discovery : discoveries_) {
    if (discovery.discoverer != nullptr && discovery.discoverer->poll(now)) changed = true;
  }
  if (leaving_.expire(now)) changed = true;
  return changed;
}

SteadyTime JobSources::next_deadline() const {
  SteadyTime deadline = leaving_.next_deadline();
  for (const Discovery& discovery : discoveries_) {
    if (discovery.discoverer == nullptr) continue;
    deadline = std::min(deadline, discovery.discoverer->next_deadline());
  }
  return deadline;
}

std::vector<std::string> JobSources::troubles() const {
  std::vector<std::string> troubles;
  for (const Discovery& discovery : discoveries_) {
    if (discovery.discoverer == nullptr) continue;
    if (std::string trouble = discovery.discoverer->trouble(); !trouble.empty()) {
      troubles.push_back(std::move(trouble));
    }
  }
  return troubles;
}

JobSources::Found JobSources::find() {
  Found found;
  found.inputs = inputs_;
  find_files(found);
  find_containers(found);
  for (const discovery::DroppedTarget& dropped : found.targets.found.dropped) {
    ++found.failed[std::string(discovery::drop_reason_text(dropped.reason))];
  }
  return found;
}

void JobSources::find_files(Found& found) {
  std::vector<discovery::Target> targets = discovery::static_targets(job_);
  for (const Discovery& discovery : discoveries_) {
    if (discovery.discoverer == nullptr || finds_containers(discovery.config)) continue;
    const std::vector<discovery::Target>& more = discovery.discoverer->targets();
    targets.insert(targets.end(), more.begin(), more.end());
  }
  found.targets = {job_.job_name, discovery::filter_targets(targets, relabeler_,
                                                            {job_.job_name, world_.host_name})};
  discovery::FilteredTargets& filtered = found.targets.found;
  std::vector<discovery::FileTarget> good;
  std::vector<discovery::Target> origins;
  for (std::size_t i = 0; i < filtered.targets.size(); ++i) {
    std::optional<tailer::FileTarget> file = file_target(filtered.targets[i], found);
    if (file) {
      found.files.push_back(std::move(*file));
      good.push_back(std::move(filtered.targets[i]));
      origins.push_back(std::move(filtered.origins[i]));
    } else {
      filtered.dropped.push_back({job_.job_name, std::move(filtered.origins[i].labels),
                                  std::move(filtered.origins[i].found_by),
                                  discovery::DropReason::kError});
    }
  }
  filtered.targets = std::move(good);
  filtered.origins = std::move(origins);
  if (discoveries_.empty()) return;
  leaving_.update(filtered, world_.clock.steady_now());
  for (const discovery::FileTarget& target : leaving_.targets()) {
    if (auto file = file_target(target, found)) found.files.push_back(std::move(*file));
  }
}

std::optional<tailer::FileTarget> JobSources::file_target(const discovery::FileTarget& target,
                                                          Found& found) const {
  const tailer::PathGlob::Options options{world_.working_directory};
  Result<tailer::PathGlob> path = tailer::PathGlob::parse(target.path, options);
  if (!path) {
    found.diagnostics.push_back(
        error_at(job_.location, "__path__ " + target.path + ": " + path.error().message));
    return std::nullopt;
  }
  tailer::FileTarget file{target.job, std::move(*path), std::nullopt, target.labels, file_options_};
  if (target.exclude.empty()) return file;
  Result<tailer::PathGlob> exclude = tailer::PathGlob::parse(target.exclude, options);
  if (!exclude) {
    found.diagnostics.push_back(error_at(
        job_.location, "__path_exclude__ " + target.exclude + ": " + exclude.error().message));
    return std::nullopt;
  }
  file.exclude = std::move(*exclude);
  return file;
}

void JobSources::find_containers(Found& found) const {
  std::vector<discovery::Target> containers;
  bool any = false;
  for (const Discovery& discovery : discoveries_) {
    if (!finds_containers(discovery.config)) continue;
    any = true;
    if (discovery.discoverer == nullptr) continue;
    const std::vector<discovery::Target>& more = discovery.discoverer->targets();
    containers.insert(containers.end(), more.begin(), more.end());
  }
  if (!any) return;
  build_docker_inputs(input_build(found.inputs, found.diagnostics), containers,
                      found.targets.found.dropped);
}

}  // namespace tailrace::daemon
