// Role service: one target for each port of each service.
#include "discovery/kubernetes_targets.h"
#include "discovery/label_name.h"

namespace tailrace::discovery {

void append_service_targets(const KubernetesObject& object, const KubernetesBuild& build) {
  const auto& service = std::get<KubernetesService>(object.body);
  LabelMap group;
  add_meta_labels(group, "service", object.meta);
  set_kubernetes_label(group, "namespace", object.meta.namespace_name);
  set_kubernetes_label(group, "service_type", service.type);
  if (service.type == "ExternalName") {
    set_kubernetes_label(group, "service_external_name", service.external_name);
  } else {
    set_kubernetes_label(group, "service_cluster_ip", service.cluster_ip);
  }
  if (service.type == "LoadBalancer") {
    set_kubernetes_label(group, "service_loadbalancer_ip", service.load_balancer_ip);
  }
  const std::string found_by = kubernetes_found_by(build, "svc", object.meta);
  const std::string host = object.meta.name + "." + object.meta.namespace_name + ".svc";
  for (const KubernetesPort& port : service.ports) {
    Target& target = build.targets.emplace_back();
    target.labels = group;
    set_kubernetes_label(target.labels, "service_port_name", port.name);
    set_kubernetes_label(target.labels, "service_port_number", port.number);
    set_kubernetes_label(target.labels, "service_port_protocol", port.protocol);
    target.labels["__address__"] = host_and_port(host, port.number);
    target.found_by = found_by;
  }
}

}  // namespace tailrace::discovery
