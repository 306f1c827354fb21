// Objects of the Kubernetes API, as far as targets are made of them
// (https://kubernetes.io/docs/reference/kubernetes-api/).
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "config/kubernetes_sd_config.h"
#include "discovery/target.h"

namespace tailrace::discovery {

// Kinds of objects have the names of the roles.
using KubernetesKind = config::KubernetesRole;

// ObjectMeta. A label that others give is a key and a value.
struct KubernetesMeta {
  std::string namespace_name, name, uid;
  LabelMap labels, annotations;
  std::string controller_kind, controller_name;  // The owner that controls it.
  friend bool operator==(const KubernetesMeta&, const KubernetesMeta&) = default;
};

struct KubernetesPort {
  std::string name, protocol, number, app_protocol;
  friend bool operator==(const KubernetesPort&, const KubernetesPort&) = default;
};

struct KubernetesContainer {
  std::string name, image, id;
  bool init = false;
  std::vector<KubernetesPort> ports;
  friend bool operator==(const KubernetesContainer&, const KubernetesContainer&) = default;
};

struct KubernetesPod {
  std::string ip, host_ip, node_name, phase;
  std::string ready = "unknown";                // Or true, false.
  std::vector<KubernetesContainer> containers;  // Init containers behind the others.
  friend bool operator==(const KubernetesPod&, const KubernetesPod&) = default;
};

struct KubernetesNode {
  std::string provider_id, kubelet_port;
  std::vector<std::pair<std::string, std::string>> addresses;  // Type and address.
  friend bool operator==(const KubernetesNode&, const KubernetesNode&) = default;
};

struct KubernetesService {
  std::string type, cluster_ip, external_name, load_balancer_ip;
  std::vector<KubernetesPort> ports;
  friend bool operator==(const KubernetesService&, const KubernetesService&) = default;
};

// What an address belongs to.
struct KubernetesReference {
  std::string kind, namespace_name, name;
  friend bool operator==(const KubernetesReference&, const KubernetesReference&) = default;
};

// An address of Endpoints or of an EndpointSlice.
struct KubernetesEndpoint {
  std::vector<std::string> addresses;
  std::string hostname, node_name, zone;
  std::optional<bool> ready, serving, terminating;
  std::optional<KubernetesReference> target;
  LabelMap topology;
  friend bool operator==(const KubernetesEndpoint&, const KubernetesEndpoint&) = default;
};

// Each of the addresses has each of the ports.
struct KubernetesSubset {
  std::vector<KubernetesEndpoint> endpoints;
  std::vector<KubernetesPort> ports;
  friend bool operator==(const KubernetesSubset&, const KubernetesSubset&) = default;
};

struct KubernetesEndpoints {
  std::vector<KubernetesSubset> subsets;
  friend bool operator==(const KubernetesEndpoints&, const KubernetesEndpoints&) = default;
};

struct KubernetesEndpointSlice {
  std::string address_type;
  KubernetesSubset subset;
  friend bool operator==(const KubernetesEndpointSlice&, const KubernetesEndpointSlice&) = default;
};

struct KubernetesIngress {
  struct Rule {
    std::string host;
    std::vector<std::string> paths;
    friend bool operator==(const Rule&, const Rule&) = default;
  };
  std::string class_name;
  std::vector<std::string> tls_hosts;
  std::vector<Rule> rules;
  friend bool operator==(const KubernetesIngress&, const KubernetesIngress&) = default;
};

// In the order of KubernetesKind.
using KubernetesBody =
    std::variant<KubernetesPod, KubernetesNode, KubernetesService, KubernetesEndpoints,
                 KubernetesEndpointSlice, KubernetesIngress>;

struct KubernetesObject {
  KubernetesMeta meta;
  KubernetesBody body;
  friend bool operator==(const KubernetesObject&, const KubernetesObject&) = default;
};

}  // namespace tailrace::discovery
