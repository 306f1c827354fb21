// From objects of the Kubernetes API to targets: one function per role.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "discovery/kubernetes_cache.h"
#include "discovery/target.h"

namespace tailrace::discovery {

// What making targets needs besides the object itself.
struct KubernetesBuild {
  const KubernetesCache& cache;
  bool attach_node = false;  // attach_metadata.node
  std::string found_by;      // "kubernetes_sd_configs[0]"
  std::vector<Target>& targets;
};

// Append the targets of one object, which is of that kind. The labels are those of
// docs/sources/service-discovery.md; their names and when they are there are Prometheus'
// (https://prometheus.io/docs/prometheus/latest/configuration/configuration/#kubernetes_sd_config).
void append_pod_targets(const KubernetesObject& object, const KubernetesBuild& build);
void append_node_targets(const KubernetesObject& object, const KubernetesBuild& build);
void append_service_targets(const KubernetesObject& object, const KubernetesBuild& build);
void append_endpoints_targets(const KubernetesObject& object, const KubernetesBuild& build);
void append_endpoint_slice_targets(const KubernetesObject& object, const KubernetesBuild& build);
void append_ingress_targets(const KubernetesObject& object, const KubernetesBuild& build);

// Those of the role.
void append_kubernetes_targets(KubernetesKind role, const KubernetesObject& object,
                               const KubernetesBuild& build);

// ---- Shared by the roles. ----

inline constexpr std::string_view kKubernetesPrefix = "__meta_kubernetes_";

// Sets a label of ours; an empty value is none.
void set_kubernetes_label(LabelMap& labels, std::string_view name, const std::string& value);
// Name, labels and annotations of an object, as `<role>_name`, `<role>_label_...`.
void add_meta_labels(LabelMap& labels, std::string_view role, const KubernetesMeta& meta);
// Everything of a pod but its containers, its namespace included.
void add_pod_labels(LabelMap& labels, const KubernetesObject& pod);
// Container, image and port. `id`: whether the container's id is among them.
enum class ContainerId { kNo, kYes };
void add_container_labels(LabelMap& labels, const KubernetesContainer& container, ContainerId id);
void add_container_port_labels(LabelMap& labels, const KubernetesPort& port);
// Of the node with this name, if it is known and wanted.
void add_node_labels(LabelMap& labels, const std::string& node_name, const KubernetesBuild& build);
// Of the service with this name, if it is known.
void add_service_labels(LabelMap& labels, const std::string& namespace_name,
                        const std::string& name, const KubernetesBuild& build);
// The pod that an endpoint is; nullptr: none, or not known.
const KubernetesObject* pod_of(const KubernetesEndpoint& endpoint, const KubernetesBuild& build);
// "kubernetes_sd_configs[0] pod/default/web-1"
std::string kubernetes_found_by(const KubernetesBuild& build, std::string_view what,
                                const KubernetesMeta& meta);

// A target of an address of endpoints, where `labels` is what the endpoint itself says.
struct EndpointTarget {
  const KubernetesEndpoint& endpoint;
  const KubernetesPort& port;
  LabelMap labels;
};
// Adds what the endpoint's pod says, and the node. `covered`: ports of pods that have a target now.
using CoveredPorts = std::map<const KubernetesObject*, std::vector<std::string>>;
void complete_endpoint_target(EndpointTarget& target, CoveredPorts& covered,
                              const KubernetesBuild& build);
// Targets for the other ports of the covered pods.
void append_uncovered_ports(const CoveredPorts& covered, const LabelMap& group,
                            const std::string& found_by, std::vector<Target>& targets);

}  // namespace tailrace::discovery
