// Targets from Consul's catalog.
#include "discovery/consul_discovery.h"

#include <algorithm>
#include <charconv>

#include "discovery/consul_server.h"
#include "http/response_text.h"

namespace tailrace::discovery {
namespace {

// The server waits up to a sixteenth longer than it was asked to.
constexpr std::chrono::seconds kAnswerTimeout{10};
// How long to wait between a blocking query's answer and the next one at least.
constexpr std::chrono::milliseconds kAskEvery{1000};

std::uint64_t index_of(const std::string& header) {
  std::uint64_t index = 0;
  std::from_chars(header.data(), header.data() + header.size(), index);
  return index;
}

}  // namespace

ConsulDiscovery::ConsulDiscovery(config::ConsulSdConfig config, std::string name,
                                 const DiscoveryWorld& world)
    : config_(std::move(config)),
      name_(std::move(name)),
      world_(world),
      random_(random_seed(name_, world)),
      url_(consul_server(config_).url),
      asker_(consul_server(config_).http, world, consul_server(config_).unix_socket),
      self_(new_watch("agent/self")),
      catalog_(new_watch("catalog/services")),
      datacenter_(config_.datacenter) {
  self_.url = url_ + "/agent/self";
  self_.blocking = false;
  std::vector<std::pair<std::string_view, std::string>> parameters;
  if (!config_.filter.empty()) parameters.emplace_back("filter", config_.filter);
  catalog_.url = url_of("/catalog/services", std::move(parameters));
  if (needs_catalog()) return;
  for (const std::string& service : config_.services)
    watch_service(service);
}

ConsulDiscovery::Watch ConsulDiscovery::new_watch(const std::string& what) const {
  return Watch(Retry(name_ + " " + what, world_, random_));
}

std::string ConsulDiscovery::url_of(
    const std::string& path,
    std::vector<std::pair<std::string_view, std::string>> parameters) const {
  if (!config_.datacenter.empty()) parameters.emplace_back("dc", config_.datacenter);
  if (!config_.namespace_name.empty()) parameters.emplace_back("ns", config_.namespace_name);
  if (!config_.partition.empty()) parameters.emplace_back("partition", config_.partition);
  for (const auto& [key, value] : config_.node_meta)
    parameters.emplace_back("node-meta", key + ":" + value);
  if (config_.allow_stale) parameters.emplace_back("stale", "");
  return url_ + path + query_of(parameters);
}

void ConsulDiscovery::watch_service(const std::string& service) {
  Watch watch = new_watch("health/service/" + service);
  std::vector<std::pair<std::string_view, std::string>> parameters;
  for (const std::string& tag : config_.tags)
    parameters.emplace_back("tag", tag);
  watch.url = url_of("/health/service/" + query_escaped(service), std::move(parameters));
  watch.blocking = services_.size() < kBlockingMax;
  services_.emplace(service, Service{.watch = std::move(watch), .instances = {}});
}

void ConsulDiscovery::ask(Watch& watch, SteadyTime now) {
  std::string url = watch.url;
  std::chrono::nanoseconds timeout = kAnswerTimeout;
  if (watch.blocking && watch.index != 0) {
    const auto wait = std::chrono::duration_cast<std::chrono::milliseconds>(kWait);
    url += url.find('?') == std::string::npos ? '?' : '&';
    url += "index=" + std::to_string(watch.index) + "&wait=" + std::to_string(wait.count()) + "ms";
    timeout += kWait + kWait / 16;
  }
  http::Request request = get_request(std::move(url));
  request.timeout = timeout;
  request.body_bytes_max = kAnswerBytesMax;
  request.wanted_header = "X-Consul-Index";
  const auto tag = asker_.ask(std::move(request));
  watch.asked_at = now;
  if (!tag) {
    watch.due = watch.retry.failed(tag.error().message, now);
  } else if (*tag) {
    watch.asked = **tag;
    watch.due = SteadyTime::max();
  } else {
    watch.due = now + std::chrono::milliseconds(100);  // A token is on its way.
  }
}

std::optional<std::string> ConsulDiscovery::take(Watch& watch, const http::Response& response,
                                                 SteadyTime now) {
  watch.asked.reset();
  if (response.status != 200) {
    watch.due = watch.retry.failed(http::describe(response), now, response.retry_after);
    return std::nullopt;
  }
  const std::uint64_t index = index_of(response.wanted_header);
  const bool same = watch.knows && watch.blocking && index != 0 && index == watch.index;
  // An index that goes backwards, after a restore of the server, begins anew
  // (https://developer.hashicorp.com/consul/api-docs/features/blocking).
  watch.index = index < watch.index ? 0 : index;
  // Without an index the server does not block, so we wait.
  watch.due = watch.blocking && index != 0 ? std::max(now, watch.asked_at + kAskEvery)
                                           : now + config_.refresh_interval;
  watch.retry.worked();
  if (same) return std::nullopt;
  return response.body;
}

bool ConsulDiscovery::take_services(const ConsulServices& services) {
  bool changed = false;
  const auto wanted = [&](const std::string& name, const std::vector<std::string>& tags) {
    const bool named =
        config_.services.empty() ||
        std::find(config_.services.begin(), config_.services.end(), name) != config_.services.end();
    return named && has_all_tags(tags, config_.tags);
  };
  for (auto service = services_.begin(); service != services_.end();) {
    const auto found = services.find(service->first);
    if (found != services.end() && wanted(found->first, found->second)) {
      ++service;
      continue;
    }
    if (service->second.watch.asked) asker_.cancel(*service->second.watch.asked);
    service = services_.erase(service);
    changed = true;
  }
  for (const auto& [name, tags] : services) {
    if (wanted(name, tags) && !services_.contains(name)) watch_service(name);
  }
  return changed;
}

bool ConsulDiscovery::dispatch(const http::Completion& completion, SteadyTime now) {
  const auto refuse = [&](Watch& watch, const Error& error) {
    watch.index = 0;
    watch.due = watch.retry.failed("the answer of " + watch.url + " is " + error.message, now);
    return false;
  };
  if (self_.asked == completion.tag) {
    const auto text = take(self_, completion.response, now);
    if (!text) return false;
    const auto agent = parse_consul_self(*text);
    if (!agent) return refuse(self_, agent.error());
    datacenter_ = agent->datacenter;
    return true;
  }
  if (catalog_.asked == completion.tag) {
    const auto text = take(catalog_, completion.response, now);
    if (!text) return false;
    const auto services = parse_consul_services(*text);
    if (!services) return refuse(catalog_, services.error());
    const bool first = !std::exchange(catalog_.knows, true);
    return take_services(*services) || first;
  }
  for (auto& [name, service] : services_) {
    if (service.watch.asked != completion.tag) continue;
    const auto text = take(service.watch, completion.response, now);
    if (!text) return false;
    auto instances = parse_consul_health(*text);
    if (!instances) return refuse(service.watch, instances.error());
    const bool first = !std::exchange(service.watch.knows, true);
    if (*instances == service.instances) return first;
    service.instances = std::move(*instances);
    return true;
  }
  return false;
}

bool ConsulDiscovery::poll(SteadyTime now) {
  bool changed = false;
  for (const http::Completion& completion : asker_.take_completions())
    changed = dispatch(completion, now) || changed;
  const auto ask_if_due = [&](Watch& watch) {
    if (!watch.asked && watch.due <= now) ask(watch, now);
  };
  if (datacenter_.empty()) {
    ask_if_due(self_);
  } else {
    if (needs_catalog()) ask_if_due(catalog_);
    for (auto& [name, service] : services_)
      ask_if_due(service.watch);
  }
  if (changed) rebuild();
  return changed;
}

void ConsulDiscovery::rebuild() {
  targets_.clear();
  const ConsulLabels how{.prefix = "__meta_consul_",
                         .datacenter = datacenter_,
                         .tag_separator = config_.tag_separator};
  for (const auto& [name, service] : services_) {
    for (const ConsulInstance& instance : service.instances) {
      Target& target = targets_.emplace_back();
      target.labels = consul_labels(instance, how);
      target.found_by = name_ + " " + name + " on " + instance.node;
    }
  }
}

SteadyTime ConsulDiscovery::next_deadline() const {
  if (datacenter_.empty()) return self_.due;
  SteadyTime next = needs_catalog() ? catalog_.due : SteadyTime::max();
  for (const auto& [name, service] : services_)
    next = std::min(next, service.watch.due);
  return next;
}

bool ConsulDiscovery::knows() const {
  return !datacenter_.empty() && (!needs_catalog() || catalog_.knows) &&
         std::all_of(services_.begin(), services_.end(),
                     [](const auto& service) { return service.second.watch.knows; });
}

std::string ConsulDiscovery::trouble() const {
  if (!self_.retry.trouble().empty()) return self_.retry.trouble();
  if (!catalog_.retry.trouble().empty()) return catalog_.retry.trouble();
  for (const auto& [name, service] : services_) {
    if (!service.watch.retry.trouble().empty()) return service.watch.retry.trouble();
  }
  return {};
}

}  // namespace tailrace::discovery
