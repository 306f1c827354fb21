// Entries of `kubernetes_sd_configs` as plain data.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/client_config.h"

namespace tailrace::config {

enum class KubernetesRole : std::uint8_t {
  kPod,
  kNode,
  kService,
  kEndpoints,
  kEndpointSlice,
  kIngress
};

// What of one kind of object is looked at: texts of the API's labelSelector and fieldSelector.
struct KubernetesSelector {
  KubernetesRole role = KubernetesRole::kPod;
  std::string label;
  std::string field;
  friend bool operator==(const KubernetesSelector&, const KubernetesSelector&) = default;
};

// docs/compatibility.md, kubernetes_sd_configs.
struct KubernetesSdConfig {
  KubernetesRole role = KubernetesRole::kPod;
  std::string api_server;       // Empty: that of the kubeconfig, else that of the pod we run in.
  std::string kubeconfig_file;  // Empty: none.
  bool own_namespace = false;
  std::vector<std::string> namespaces;  // With own_namespace: besides it. Neither: all.
  std::vector<KubernetesSelector> selectors;
  bool attach_node_metadata = false;
  HttpClientConfig http;  // Only with api_server.
  friend bool operator==(const KubernetesSdConfig&, const KubernetesSdConfig&) = default;
};

// "pod", "endpointslice", ...: as in the file.
std::string_view kubernetes_role_text(KubernetesRole role);

}  // namespace tailrace::config
