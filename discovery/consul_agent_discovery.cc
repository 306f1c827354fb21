// Targets from the local Consul agent alone.
#include "discovery/consul_agent_discovery.h"

#include <algorithm>

#include "discovery/consul_server.h"
#include "http/response_text.h"

namespace tailrace::discovery {
namespace {

// The status of the answer is the service's own: 429 is warning, 503 critical
// (https://developer.hashicorp.com/consul/api-docs/agent/service).
bool is_health_status(int status) {
  return status == 200 || status == 429 || status == 503;
}

}  // namespace

ConsulAgentDiscovery::ConsulAgentDiscovery(config::ConsulAgentSdConfig config, std::string name,
                                           const DiscoveryWorld& world)
    : config_(std::move(config)),
      name_(std::move(name)),
      random_(random_seed(name_, world)),
      retry_(name_, world, random_),
      url_(consul_server(config_).url),
      asker_(consul_server(config_).http, world, consul_server(config_).unix_socket) {}

void ConsulAgentDiscovery::ask(SteadyTime now) {
  std::string path = "/agent/self";
  if (step_ == Step::kSelf) {
    began_ = now;
  } else if (step_ == Step::kServices) {
    path = "/agent/services";
  } else {
    path = "/agent/health/service/name/" + query_escaped(services_left_.back());
  }
  http::Request request = get_request(url_ + path);
  request.body_bytes_max = kAnswerBytesMax;
  const auto tag = asker_.ask(std::move(request));
  if (!tag) {
    due_ = retry_.failed(tag.error().message, now);
  } else if (*tag) {
    asked_ = **tag;
  } else {
    due_ = now + std::chrono::milliseconds(100);  // A token is on its way.
  }
}

Status ConsulAgentDiscovery::take(const http::Response& response) {
  if (step_ == Step::kHealth) {
    const std::string service = services_left_.back();
    services_left_.pop_back();
    if (response.status == 404) return {};  // It went between the two questions.
    if (!is_health_status(response.status)) return fail(Error::kOther, http::describe(response));
    auto instances = parse_consul_agent_health(response.body, agent_);
    if (!instances) {
      return fail(Error::kInvalid, response.status == 200 ? "the health of " + service + " is " +
                                                                instances.error().message
                                                          : http::describe(response));
    }
    for (ConsulInstance& instance : *instances) {
      if (has_all_tags(instance.tags, config_.tags)) instances_.push_back(std::move(instance));
    }
    return {};
  }
  if (response.status != 200) return fail(Error::kOther, http::describe(response));
  if (step_ == Step::kSelf) {
    auto agent = parse_consul_self(response.body);
    if (!agent) return fail(Error::kInvalid, "/v1/agent/self is " + agent.error().message);
    agent_ = std::move(*agent);
    step_ = Step::kServices;
    return {};
  }
  const auto services = parse_consul_agent_services(response.body);
  if (!services) return fail(Error::kInvalid, "/v1/agent/services is " + services.error().message);
  const bool ours =
      std::all_of(config_.node_meta.begin(), config_.node_meta.end(), [&](const auto& wanted) {
        const auto found = agent_.meta.find(wanted.first);
        return found != agent_.meta.end() && found->second == wanted.second;
      });
  services_left_.clear();
  instances_.clear();
  for (const auto& [name, tags] : *services) {
    const bool named =
        config_.services.empty() ||
        std::find(config_.services.begin(), config_.services.end(), name) != config_.services.end();
    if (ours && named && has_all_tags(tags, config_.tags)) services_left_.push_back(name);
  }
  step_ = Step::kHealth;
  return {};
}

bool ConsulAgentDiscovery::finish_round(SteadyTime now) {
  step_ = Step::kSelf;
  due_ = std::max(now, began_ + config_.refresh_interval);
  retry_.worked();
  std::vector<Target> targets;
  const ConsulLabels how{
      .prefix = "__meta_consulagent_",
      .datacenter = config_.datacenter.empty() ? agent_.datacenter : config_.datacenter,
      .tag_separator = config_.tag_separator};
  std::sort(instances_.begin(), instances_.end(),
            [](const ConsulInstance& a, const ConsulInstance& b) {
              return std::tie(a.service, a.id) < std::tie(b.service, b.id);
            });
  for (const ConsulInstance& instance : instances_) {
    Target& target = targets.emplace_back();
    target.labels = consul_labels(instance, how);
    target.found_by = name_ + " " + instance.service + " " + instance.id;
  }
  const bool first = !std::exchange(knows_, true);
  if (targets == targets_) return first;
  targets_ = std::move(targets);
  return true;
}

bool ConsulAgentDiscovery::poll(SteadyTime now) {
  bool changed = false;
  for (const http::Completion& completion : asker_.take_completions()) {
    if (completion.tag != asked_) continue;
    asked_.reset();
    const Status taken = take(completion.response);
    if (!taken) {
      step_ = Step::kSelf;
      due_ = retry_.failed(taken.error().message, now, completion.response.retry_after);
    } else if (step_ == Step::kHealth && services_left_.empty()) {
      changed = finish_round(now) || changed;
    } else {
      due_ = now;
    }
  }
  if (!asked_ && due_ <= now) ask(now);
  return changed;
}

}  // namespace tailrace::discovery
