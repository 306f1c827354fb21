// Where the API server is, and who we are to it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "config/client_config.h"
#include "config/kubernetes_sd_config.h"
#include "discovery/discoverer.h"

namespace tailrace::discovery {

struct KubernetesAccess {
  std::string server;  // "https://10.0.0.1:443", without a slash at the end.
  config::HttpClientConfig http;
  // Of the pod that we run in, or the kubeconfig's context; empty: none.
  std::string own_namespace;
};

// By api_server, by the kubeconfig, or as a pod: KUBERNETES_SERVICE_HOST and _PORT, with token,
// authority and namespace from /var/run/secrets/kubernetes.io/serviceaccount. The token's file is
// read again when it changes.
// Errors: kInvalid for what no waiting mends, a kubeconfig that needs a plugin; others may be gone
//   when it is tried again.
Result<KubernetesAccess> find_kubernetes_access(const config::KubernetesSdConfig& config,
                                                const DiscoveryWorld& world);

// The current context of a kubeconfig. `folder`: where it lies, for relative paths in it.
// Errors: kInvalid as above; kCorrupt for what is no kubeconfig.
// (https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/)
Result<KubernetesAccess> parse_kubeconfig(std::string_view text, const std::string& folder);

}  // namespace tailrace::discovery
