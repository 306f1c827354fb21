// Lists and events of a daemon, and which of its containers are targets.
#include "discovery/docker_discovery.h"

#include <algorithm>
#include <utility>

#include "discovery/docker_json.h"
#include "discovery/own_container.h"
#include "model/label_set.h"

namespace tailrace::discovery {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Requests by number (DockerApi).
constexpr std::uint32_t kDockerListNumber = 1;
constexpr std::uint32_t kDockerNetworksNumber = 2;
constexpr std::uint32_t kDockerEventsNumber = 3;
constexpr Backoff::Options kDockerDaemonRetry{.min = milliseconds(250), .max = seconds(30)};
// A host that starts many containers at once is not asked for each.
constexpr milliseconds kDockerBetweenLists{500};
constexpr std::size_t kDockerEventBytesMax = 1U << 20U;

// What may change targets; health checks and the like come every few seconds.
std::string docker_events_path() {
  return "/events?filters=" + docker_filters({{"type", {"container", "network"}},
                                              {"event",
                                               {"start", "die", "destroy", "rename", "connect",
                                                "disconnect", "pause", "unpause"}}});
}

bool has_docker_filter(const config::DockerSdConfig& config, std::string_view name) {
  return std::any_of(config.filters.begin(), config.filters.end(),
                     [&](const config::DockerFilter& filter) { return filter.name == name; });
}

}  // namespace

Result<std::unique_ptr<Discoverer>> DockerDiscovery::create(const config::DockerSdConfig& config,
                                                            std::string name,
                                                            const DiscoveryWorld& world) {
  auto endpoint = docker_endpoint(config.host, config.http);
  if (!endpoint) return fail(endpoint.error().code, name + ": host " + endpoint.error().message);
  return std::make_unique<DockerDiscovery>(config, std::move(name), std::move(*endpoint), world);
}

DockerDiscovery::DockerDiscovery(const config::DockerSdConfig& config, std::string name,
                                 DockerEndpoint endpoint, const DiscoveryWorld& world)
    : config_(config),
      name_(std::move(name)),
      world_(world),
      own_container_(config.include_own_container
                         ? std::string()
                         : find_own_container(world.file_system, world.host_name)),
      asks_for_still_(has_docker_filter(config, "status")),
      api_(std::move(endpoint), {world.clock, world.file_system, world.transport}),
      random_(hash_text(name_, 0)),
      list_backoff_(kDockerDaemonRetry, random_),
      events_backoff_(kDockerDaemonRetry, random_) {}

bool DockerDiscovery::poll(SteadyTime now) {
  bool changed = false;
  for (const http::Completion& completion : api_.take_completions()) {
    if (completion.tag == kDockerEventsNumber) {
      on_events_end(completion.response, now);
    } else {
      on_list(static_cast<std::uint32_t>(completion.tag), completion.response, now);
      if (lists_open_ == 0 && !list_failed_) changed = take_lists(now);
    }
  }
  if (events_open_) {
    const http::StreamPart part = api_.take_stream(kDockerEventsNumber);
    if (part.status == 200) on_events(part.bytes, now);
  }
  if (forget_gone(now)) changed = true;
  if (!api_.waiting()) {
    if (!events_open_ && events_at_ <= now) ask_for_events(now);
    if (lists_open_ == 0 && list_at_ <= now) ask_for_lists(now);
  }
  return changed;
}

SteadyTime DockerDiscovery::next_deadline() const {
  SteadyTime next = SteadyTime::max();
  if (!api_.waiting() && lists_open_ == 0) next = std::min(next, list_at_);
  if (!api_.waiting() && !events_open_) next = std::min(next, events_at_);
  for (const auto& [id, known] : known_) {
    if (known.gone_at != SteadyTime::max()) next = std::min(next, known.gone_at + kGoneFor);
  }
  return next;
}

void DockerDiscovery::ask_for_lists(SteadyTime now) {
  listed_at_ = now;
  list_again_ = false;
  list_failed_ = false;
  const std::string containers =
      "/containers/json?all=1&filters=" + docker_filters(config_.filters);
  // The second is only asked when the first could be.
  for (const auto& [number, path] :
       {std::pair<std::uint32_t, std::string>{kDockerListNumber, containers},
        {kDockerNetworksNumber, "/networks"}}) {
    const auto sent = api_.get(number, path, http::Request::Answer::kWhole);
    if (!sent) {
      list_failed(sent.error().message, now);
      return;
    }
    if (*sent == DockerApi::Sent::kLater) {
      if (lists_open_ > 0) list_failed("the credentials ran out", now);
      return;
    }
    ++lists_open_;
  }
}

void DockerDiscovery::on_list(std::uint32_t number, const http::Response& response,
                              SteadyTime now) {
  --lists_open_;
  if (std::string failure = docker_failure(response); !failure.empty()) {
    if (!list_failed_) list_failed(std::move(failure), now);
    return;
  }
  lists_[number - kDockerListNumber] = response.body;
}

void DockerDiscovery::list_failed(std::string why, SteadyTime now) {
  list_failed_ = true;
  world_.log.warn("containers cannot be listed; trying again",
                  {{"discovery", name_}, {"host", config_.host}, {"error", why}});
  trouble_ = name_ + ": " + why;
  list_at_ = now + list_backoff_.next();
}

bool DockerDiscovery::take_lists(SteadyTime now) {
  const auto containers = parse_docker_containers(lists_[0]);
  const auto networks = parse_docker_networks(lists_[1], "__meta_docker_network_");
  if (!containers || !networks) {
    list_failed((!containers ? containers.error() : networks.error()).message, now);
    return false;
  }
  for (auto& [id, known] : known_) {
    if (known.gone_at == SteadyTime::max()) known.gone_at = now;
  }
  for (const DockerContainer& container : *containers)
    see(container, *networks);
  started_.clear();
  knows_ = true;
  trouble_.clear();
  list_backoff_.reset();
  list_at_ = list_again_ ? listed_at_ + kDockerBetweenLists : now + config_.refresh_interval;
  return publish();
}

void DockerDiscovery::see(const DockerContainer& container, const DockerNetworks& networks) {
  // What was created and never started has no log.
  if (is_own(container.id) || container.state == "created") return;
  const auto [at, fresh] = known_.try_emplace(container.id);
  Known& known = at->second;
  known.gone_at = SteadyTime::max();
  const bool running = container.is_running();
  const bool left = fresh && !knows_ && !running && !asks_for_still_;
  if (fresh) {
    known.run = left ? 0 : 1;
  } else if ((running && !known.running) || started_.contains(container.id)) {
    ++known.run;
  }
  known.running = running;
  known.targets = docker_targets(container, networks, config_);
  for (Target& target : known.targets) {
    target.found_by = name_ + " " + container.name;
    target.labels.emplace(kDockerEntryLabel, name_);
    target.labels.emplace(kDockerRunLabel,
                          known.run == 0 ? std::string(kDockerStill) : std::to_string(known.run));
  }
}

bool DockerDiscovery::forget_gone(SteadyTime now) {
  const std::size_t forgotten = std::erase_if(known_, [now](const auto& one) {
    return one.second.gone_at != SteadyTime::max() && one.second.gone_at + kGoneFor <= now;
  });
  return forgotten > 0 && publish();
}

bool DockerDiscovery::publish() {
  std::vector<Target> targets;
  for (const auto& [id, known] : known_)
    targets.insert(targets.end(), known.targets.begin(), known.targets.end());
  if (targets == targets_) return false;
  targets_ = std::move(targets);
  return true;
}

bool DockerDiscovery::is_own(const std::string& id) const {
  return !own_container_.empty() && id.starts_with(own_container_);
}

void DockerDiscovery::ask_for_events(SteadyTime now) {
  event_.clear();
  events_stand_ = false;
  const auto sent =
      api_.get(kDockerEventsNumber, docker_events_path(), http::Request::Answer::kStream);
  if (!sent) {
    events_at_ = now + events_backoff_.next();
  } else if (*sent == DockerApi::Sent::kYes) {
    events_open_ = true;
  }
}

void DockerDiscovery::on_events(std::string_view bytes, SteadyTime now) {
  bool something = !std::exchange(events_stand_, true);  // Before it stood, some were missed.
  while (!bytes.empty()) {
    const std::size_t newline = bytes.find('\n');
    event_.append(bytes.substr(0, newline));
    if (event_.size() > kDockerEventBytesMax) event_.clear();
    if (newline == std::string_view::npos) break;
    on_event(event_);
    event_.clear();
    something = true;
    bytes.remove_prefix(newline + 1);
  }
  if (!something) return;
  list_again_ = true;
  list_at_ = std::min(list_at_, std::max(now, listed_at_ + kDockerBetweenLists));
}

void DockerDiscovery::on_event(std::string_view line) {
  simdjson::dom::parser parser;
  simdjson::dom::element event;
  if (parser.parse(line.data(), line.size()).get(event) != simdjson::SUCCESS) return;
  if (docker_text(event, "/Type") != "container" || docker_text(event, "/Action") != "start")
    return;
  started_.insert(docker_text(event, "/Actor/ID"));
}

void DockerDiscovery::on_events_end(const http::Response& response, SteadyTime now) {
  events_open_ = false;
  if (events_stand_) events_backoff_.reset();
  events_at_ = now + events_backoff_.next();
  const std::string failure = docker_failure(response);
  world_.log.debug("the stream of Docker's events has ended; trying again",
                   {{"discovery", name_}, {"error", failure}});
}

}  // namespace tailrace::discovery
