// Targets from the API of a Kubernetes cluster: kubernetes_sd_configs.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/kubernetes_sd_config.h"
#include "discovery/discoverer.h"
#include "discovery/http_asker.h"
#include "discovery/kubernetes_access.h"
#include "discovery/kubernetes_cache.h"
#include "discovery/kubernetes_watch.h"
#include "discovery/retry.h"

namespace tailrace::discovery {

// Watches what the role needs, in each of the namespaces, and makes targets of it. Role pod looks
// at the pods of this machine alone, as in Promtail: `spec.nodeName=$HOSTNAME` is added to its
// field selector.
//
// Errors: no cluster, no token, no kubeconfig: tried again without end.
// Time: after the first time, targets are made again at most every kRebuildEvery, and less often
//   where making them takes long.
class KubernetesDiscovery final : public Discoverer {
 public:
  static constexpr std::chrono::milliseconds kRebuildEvery{500};

  // Errors: kInvalid when the kubeconfig is there and needs what is not supported.
  static Result<std::unique_ptr<Discoverer>> create(config::KubernetesSdConfig config,
                                                    std::string name, const DiscoveryWorld& world);
  // For create() only.
  KubernetesDiscovery(config::KubernetesSdConfig config, std::string name,
                      const DiscoveryWorld& world);

  bool poll(SteadyTime now) override;
  SteadyTime next_deadline() const override;
  const std::vector<Target>& targets() const override { return targets_; }
  bool knows() const override { return knows_; }
  std::string trouble() const override;

 private:
  void connect(SteadyTime now);
  void add_watches(const KubernetesAccess& access, const std::string& namespace_name);
  // What the kind is selected by, the node of role pod included.
  config::KubernetesSelector selector_of(KubernetesKind kind) const;
  std::vector<KubernetesKind> kinds() const;
  bool rebuild(SteadyTime now);

  const config::KubernetesSdConfig config_;
  const std::string name_;
  const DiscoveryWorld& world_;
  Random random_;
  Retry retry_;  // Of finding the API server.
  SteadyTime connect_at_{};
  KubernetesCache cache_;
  std::optional<HttpAsker> asker_;  // Nothing: we do not know yet whom to ask.
  std::vector<std::unique_ptr<KubernetesWatch>> watches_;
  std::vector<Target> targets_;
  bool stale_ = false;  // The cache has changed since targets_ were made.
  SteadyTime rebuild_at_{};
  bool knows_ = false;
};

}  // namespace tailrace::discovery
