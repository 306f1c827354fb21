// Role endpointslice: one target for each port of each address, and for the other ports of their
// pods.
#include "discovery/kubernetes_targets.h"
#include "discovery/label_name.h"

namespace tailrace::discovery {
namespace {

std::string_view truth(bool value) {
  return value ? "true" : "false";
}

// What the endpoint itself says.
LabelMap endpoint_labels(const LabelMap& group, const KubernetesEndpoint& endpoint,
                         const KubernetesPort& port) {
  LabelMap labels = group;
  const auto set = [&](std::string_view name, const std::string& value) {
    set_kubernetes_label(labels, "endpointslice_" + std::string(name), value);
  };
  set("port", port.number);
  set("port_name", port.name);
  set("port_protocol", port.protocol);
  set("port_app_protocol", port.app_protocol);
  for (const auto& [name, condition] :
       {std::pair("ready", endpoint.ready), std::pair("serving", endpoint.serving),
        std::pair("terminating", endpoint.terminating)}) {
    if (condition) set(std::string("endpoint_conditions_") + name, std::string(truth(*condition)));
  }
  set("endpoint_hostname", endpoint.hostname);
  set("endpoint_node_name", endpoint.node_name);
  set("endpoint_zone", endpoint.zone);
  for (const auto& [key, value] : endpoint.topology) {
    set("endpoint_topology_" + key, value);
    set("endpoint_topology_present_" + key, "true");
  }
  if (endpoint.target) {
    set("address_target_kind", endpoint.target->kind);
    set("address_target_name", endpoint.target->name);
  }
  return labels;
}

}  // namespace

void append_endpoint_slice_targets(const KubernetesObject& object, const KubernetesBuild& build) {
  const auto& slice = std::get<KubernetesEndpointSlice>(object.body);
  LabelMap group;
  add_meta_labels(group, "endpointslice", object.meta);
  set_kubernetes_label(group, "endpointslice_address_type", slice.address_type);
  set_kubernetes_label(group, "namespace", object.meta.namespace_name);
  // A slice names its service by this label.
  const auto service = object.meta.labels.find("kubernetes.io/service-name");
  if (service != object.meta.labels.end()) {
    add_service_labels(group, object.meta.namespace_name, service->second, build);
  }
  const std::string found_by = kubernetes_found_by(build, "endpointslice", object.meta);
  CoveredPorts covered;
  for (const KubernetesPort& port : slice.subset.ports) {
    for (const KubernetesEndpoint& endpoint : slice.subset.endpoints) {
      for (const std::string& address : endpoint.addresses) {
        EndpointTarget target{
            .endpoint = endpoint, .port = port, .labels = endpoint_labels(group, endpoint, port)};
        complete_endpoint_target(target, covered, build);
        target.labels["__address__"] =
            port.number.empty() ? address : host_and_port(address, port.number);
        build.targets.push_back({.labels = std::move(target.labels), .found_by = found_by});
      }
    }
  }
  append_uncovered_ports(covered, group, found_by, build.targets);
}

}  // namespace tailrace::discovery
