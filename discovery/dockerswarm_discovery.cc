// Asks a manager of the swarm for its lists.
#include "discovery/dockerswarm_discovery.h"

#include <algorithm>
#include <utility>

#include "discovery/dockerswarm_listing.h"
#include "model/label_set.h"

namespace tailrace::discovery {
namespace {

constexpr Backoff::Options kSwarmRetry{.min = std::chrono::milliseconds(500),
                                       .max = std::chrono::seconds(30)};

// The first is the role's own, which the filters are for.
std::vector<std::string> swarm_paths(config::DockerSwarmSdConfig::Role role) {
  using Role = config::DockerSwarmSdConfig::Role;
  switch (role) {
    case Role::kServices:
      return {"/services", "/networks"};
    case Role::kTasks:
      return {"/tasks", "/services", "/nodes", "/networks"};
    case Role::kNodes:
      break;
  }
  return {"/nodes"};
}

}  // namespace

Result<std::unique_ptr<Discoverer>> DockerSwarmDiscovery::create(
    const config::DockerSwarmSdConfig& config, std::string name, const DiscoveryWorld& world) {
  auto endpoint = docker_endpoint(config.host, config.http);
  if (!endpoint) return fail(endpoint.error().code, name + ": host " + endpoint.error().message);
  return std::make_unique<DockerSwarmDiscovery>(config, std::move(name), std::move(*endpoint),
                                                world);
}

DockerSwarmDiscovery::DockerSwarmDiscovery(const config::DockerSwarmSdConfig& config,
                                           std::string name, DockerEndpoint endpoint,
                                           const DiscoveryWorld& world)
    : config_(config),
      name_(std::move(name)),
      world_(world),
      api_(std::move(endpoint), {world.clock, world.file_system, world.transport}),
      random_(hash_text(name_, 0)),
      backoff_(kSwarmRetry, random_) {
  for (std::string& path : swarm_paths(config_.role))
    lists_.push_back({.path = std::move(path), .body = {}});
}

bool DockerSwarmDiscovery::poll(SteadyTime now) {
  bool changed = false;
  for (http::Completion& completion : api_.take_completions()) {
    --open_;
    if (std::string failure = docker_failure(completion.response); !failure.empty()) {
      if (!failed_) fail_later(std::move(failure), now);
    } else {
      lists_[completion.tag].body = std::move(completion.response.body);
    }
    if (open_ == 0 && !failed_) changed = take(now);
  }
  if (open_ == 0 && next_ <= now && !api_.waiting()) ask(now);
  return changed;
}

SteadyTime DockerSwarmDiscovery::next_deadline() const {
  return open_ == 0 && !api_.waiting() ? next_ : SteadyTime::max();
}

void DockerSwarmDiscovery::ask(SteadyTime now) {
  failed_ = false;
  for (std::size_t i = 0; i < lists_.size(); ++i) {
    std::string path = lists_[i].path;
    if (i == 0) path += "?filters=" + docker_filters(config_.filters);
    const auto sent = api_.get(static_cast<std::uint32_t>(i), path, http::Request::Answer::kWhole);
    if (!sent) {
      fail_later(sent.error().message, now);
      return;
    }
    if (*sent == DockerApi::Sent::kLater) {
      if (open_ > 0) fail_later("the credentials ran out", now);
      return;
    }
    ++open_;
  }
}

std::string_view DockerSwarmDiscovery::body(std::string_view path) const {
  for (const List& list : lists_) {
    if (list.path == path) return list.body;
  }
  return {};
}

bool DockerSwarmDiscovery::take(SteadyTime now) {
  auto targets = dockerswarm_targets({.services = body("/services"),
                                      .tasks = body("/tasks"),
                                      .nodes = body("/nodes"),
                                      .networks = body("/networks")},
                                     config_);
  if (!targets) {
    fail_later(targets.error().message, now);
    return false;
  }
  for (Target& target : *targets)
    target.found_by = name_ + " " + target.labels["__address__"];
  // The API lists in no promised order.
  std::sort(targets->begin(), targets->end(),
            [](const Target& a, const Target& b) { return a.labels < b.labels; });
  const bool changed = *targets != targets_;
  targets_ = std::move(*targets);
  knows_ = true;
  trouble_.clear();
  backoff_.reset();
  next_ = now + config_.refresh_interval;
  return changed;
}

void DockerSwarmDiscovery::fail_later(std::string why, SteadyTime now) {
  failed_ = true;
  world_.log.warn("a swarm cannot be listed; trying again",
                  {{"discovery", name_}, {"host", config_.host}, {"error", why}});
  trouble_ = name_ + ": " + why;
  next_ = now + backoff_.next();
}

}  // namespace tailrace::discovery
