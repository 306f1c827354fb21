// Role endpoints: one target for each port of each address, and for the other ports of their pods.
#include "discovery/kubernetes_targets.h"
#include "discovery/label_name.h"

namespace tailrace::discovery {

void append_endpoints_targets(const KubernetesObject& object, const KubernetesBuild& build) {
  LabelMap group;
  add_meta_labels(group, "endpoints", object.meta);
  add_service_labels(group, object.meta.namespace_name, object.meta.name, build);
  set_kubernetes_label(group, "namespace", object.meta.namespace_name);
  const std::string found_by = kubernetes_found_by(build, "endpoints", object.meta);
  CoveredPorts covered;
  for (const KubernetesSubset& subset : std::get<KubernetesEndpoints>(object.body).subsets) {
    for (const KubernetesPort& port : subset.ports) {
      for (const KubernetesEndpoint& endpoint : subset.endpoints) {
        EndpointTarget target{.endpoint = endpoint, .port = port, .labels = group};
        LabelMap& labels = target.labels;
        set_kubernetes_label(labels, "endpoint_port_name", port.name);
        set_kubernetes_label(labels, "endpoint_port_protocol", port.protocol);
        set_kubernetes_label(labels, "endpoint_ready",
                             endpoint.ready.value_or(false) ? "true" : "false");
        set_kubernetes_label(labels, "endpoint_hostname", endpoint.hostname);
        set_kubernetes_label(labels, "endpoint_node_name", endpoint.node_name);
        if (endpoint.target) {
          set_kubernetes_label(labels, "endpoint_address_target_kind", endpoint.target->kind);
          set_kubernetes_label(labels, "endpoint_address_target_name", endpoint.target->name);
        }
        complete_endpoint_target(target, covered, build);
        labels["__address__"] = host_and_port(endpoint.addresses.at(0), port.number);
        build.targets.push_back({.labels = std::move(labels), .found_by = found_by});
      }
    }
  }
  append_uncovered_ports(covered, group, found_by, build.targets);
}

}  // namespace tailrace::discovery
