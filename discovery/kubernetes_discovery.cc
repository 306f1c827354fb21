// Targets from the API of a Kubernetes cluster.
#include "discovery/kubernetes_discovery.h"

#include <algorithm>

#include "discovery/kubernetes_targets.h"

namespace tailrace::discovery {
namespace {

// Of the time, at most one part in so many is spent on making targets.
constexpr int kRebuildShare = 20;

}  // namespace

KubernetesDiscovery::KubernetesDiscovery(config::KubernetesSdConfig config, std::string name,
                                         const DiscoveryWorld& world)
    : config_(std::move(config)),
      name_(std::move(name)),
      world_(world),
      random_(random_seed(name_, world)),
      retry_(name_, world, random_) {}

Result<std::unique_ptr<Discoverer>> KubernetesDiscovery::create(config::KubernetesSdConfig config,
                                                                std::string name,
                                                                const DiscoveryWorld& world) {
  if (!config.kubeconfig_file.empty()) {
    const auto access = find_kubernetes_access(config, world);
    // One that is not there, or broken, may be mended while we run.
    if (!access && access.error().code == Error::kInvalid) return fail(access.error());
  }
  return std::make_unique<KubernetesDiscovery>(std::move(config), std::move(name), world);
}

std::vector<KubernetesKind> KubernetesDiscovery::kinds() const {
  std::vector<KubernetesKind> kinds = {config_.role};
  const bool by_endpoint =
      config_.role == KubernetesKind::kEndpoints || config_.role == KubernetesKind::kEndpointSlice;
  if (by_endpoint) {
    kinds.push_back(KubernetesKind::kService);
    kinds.push_back(KubernetesKind::kPod);
  }
  if (config_.attach_node_metadata && (by_endpoint || config_.role == KubernetesKind::kPod)) {
    kinds.push_back(KubernetesKind::kNode);
  }
  return kinds;
}

config::KubernetesSelector KubernetesDiscovery::selector_of(KubernetesKind kind) const {
  config::KubernetesSelector selector;
  for (const config::KubernetesSelector& configured : config_.selectors) {
    if (configured.role == kind) selector = configured;
  }
  if (config_.role == KubernetesKind::kPod && kind == KubernetesKind::kPod) {
    if (!selector.field.empty()) selector.field += ',';
    selector.field += "spec.nodeName=" + world_.host_name;
  }
  return selector;
}

void KubernetesDiscovery::add_watches(const KubernetesAccess& access,
                                      const std::string& namespace_name) {
  for (const KubernetesKind kind : kinds()) {
    // Nodes belong to no namespace: one watch is enough.
    const auto same = [&](const auto& watch) { return watch->kind() == kind; };
    if (kind == KubernetesKind::kNode && std::any_of(watches_.begin(), watches_.end(), same)) {
      continue;
    }
    const config::KubernetesSelector selector = selector_of(kind);
    KubernetesWatch::Options options;
    options.name = name_;
    options.kind = kind;
    options.server = access.server;
    options.namespace_name = namespace_name;
    options.label_selector = selector.label;
    options.field_selector = selector.field;
    options.number = static_cast<int>(watches_.size());
    watches_.push_back(
        std::make_unique<KubernetesWatch>(std::move(options), world_, *asker_, random_, cache_));
  }
}

void KubernetesDiscovery::connect(SteadyTime now) {
  const auto access = find_kubernetes_access(config_, world_);
  if (!access) {
    connect_at_ = retry_.failed(access.error().message, now);
    return;
  }
  std::vector<std::string> namespaces = config_.namespaces;
  if (config_.own_namespace) {
    if (access->own_namespace.empty()) {
      connect_at_ = retry_.failed("own_namespace: it is not known in which namespace we are", now);
      return;
    }
    if (std::find(namespaces.begin(), namespaces.end(), access->own_namespace) ==
        namespaces.end()) {
      namespaces.push_back(access->own_namespace);
    }
  }
  if (namespaces.empty() || config_.role == KubernetesKind::kNode) namespaces = {""};
  retry_.worked();
  asker_.emplace(access->http, world_);
  for (const std::string& namespace_name : namespaces)
    add_watches(*access, namespace_name);
}

bool KubernetesDiscovery::poll(SteadyTime now) {
  if (!asker_) {
    if (connect_at_ > now) return false;
    connect(now);
    if (!asker_) return false;
  }
  for (const http::Completion& completion : asker_->take_completions()) {
    for (const auto& watch : watches_) {
      if (watch->take(completion, now)) break;
    }
  }
  for (const auto& watch : watches_)
    watch->poll(now);
  stale_ = cache_.take_changed() || stale_;
  const bool complete = std::all_of(watches_.begin(), watches_.end(),
                                    [](const auto& watch) { return watch->knows(); });
  if (!complete) return false;
  if (knows_ && (!stale_ || now < rebuild_at_)) return false;
  const bool first = !std::exchange(knows_, true);
  return rebuild(now) || first;
}

// True: they are others now.
bool KubernetesDiscovery::rebuild(SteadyTime now) {
  const SteadyTime begin = world_.clock.steady_now();
  stale_ = false;
  std::vector<Target> targets;
  const KubernetesBuild build{.cache = cache_,
                              .attach_node = config_.attach_node_metadata,
                              .found_by = name_,
                              .targets = targets};
  for (const auto& [key, kept] : cache_.all(config_.role))
    append_kubernetes_targets(config_.role, kept.object, build);
  const auto took = world_.clock.steady_now() - begin;
  rebuild_at_ = now + std::max<std::chrono::nanoseconds>(kRebuildEvery, took * kRebuildShare);
  if (targets == targets_) return false;
  targets_ = std::move(targets);
  return true;
}

SteadyTime KubernetesDiscovery::next_deadline() const {
  if (!asker_) return connect_at_;
  SteadyTime next = stale_ && knows_ ? rebuild_at_ : SteadyTime::max();
  for (const auto& watch : watches_)
    next = std::min(next, watch->next_deadline());
  return next;
}

std::string KubernetesDiscovery::trouble() const {
  if (!retry_.trouble().empty()) return retry_.trouble();
  for (const auto& watch : watches_) {
    if (!watch->trouble().empty()) return watch->trouble();
  }
  return {};
}

}  // namespace tailrace::discovery
