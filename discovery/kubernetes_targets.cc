// What the roles share.
#include "discovery/kubernetes_targets.h"

#include <algorithm>

#include <fmt/format.h>

#include "discovery/label_name.h"

namespace tailrace::discovery {

void append_kubernetes_targets(KubernetesKind role, const KubernetesObject& object,
                               const KubernetesBuild& build) {
  switch (role) {
    case KubernetesKind::kPod:
      return append_pod_targets(object, build);
    case KubernetesKind::kNode:
      return append_node_targets(object, build);
    case KubernetesKind::kService:
      return append_service_targets(object, build);
    case KubernetesKind::kEndpoints:
      return append_endpoints_targets(object, build);
    case KubernetesKind::kEndpointSlice:
      return append_endpoint_slice_targets(object, build);
    case KubernetesKind::kIngress:
      return append_ingress_targets(object, build);
  }
}

void set_kubernetes_label(LabelMap& labels, std::string_view name, const std::string& value) {
  if (!value.empty()) labels.insert_or_assign(label_name(kKubernetesPrefix, name), value);
}

void add_meta_labels(LabelMap& labels, std::string_view role, const KubernetesMeta& meta) {
  const std::string prefix = std::string(kKubernetesPrefix) + std::string(role);
  labels.insert_or_assign(prefix + "_name", meta.name);
  for (const auto& [key, value] : meta.labels) {
    labels.insert_or_assign(label_name(prefix + "_label_", key), value);
    labels.insert_or_assign(label_name(prefix + "_labelpresent_", key), "true");
  }
  for (const auto& [key, value] : meta.annotations) {
    labels.insert_or_assign(label_name(prefix + "_annotation_", key), value);
    labels.insert_or_assign(label_name(prefix + "_annotationpresent_", key), "true");
  }
}

void add_node_labels(LabelMap& labels, const std::string& node_name, const KubernetesBuild& build) {
  if (!build.attach_node || node_name.empty()) return;
  const KubernetesObject* const node = build.cache.find(KubernetesKind::kNode, "", node_name);
  if (node != nullptr) add_meta_labels(labels, "node", node->meta);
}

void add_service_labels(LabelMap& labels, const std::string& namespace_name,
                        const std::string& name, const KubernetesBuild& build) {
  const KubernetesObject* const service =
      build.cache.find(KubernetesKind::kService, namespace_name, name);
  if (service != nullptr) add_meta_labels(labels, "service", service->meta);
}

const KubernetesObject* pod_of(const KubernetesEndpoint& endpoint, const KubernetesBuild& build) {
  if (!endpoint.target || endpoint.target->kind != "Pod") return nullptr;
  return build.cache.find(KubernetesKind::kPod, endpoint.target->namespace_name,
                          endpoint.target->name);
}

std::string kubernetes_found_by(const KubernetesBuild& build, std::string_view what,
                                const KubernetesMeta& meta) {
  if (meta.namespace_name.empty()) return fmt::format("{} {}/{}", build.found_by, what, meta.name);
  return fmt::format("{} {}/{}/{}", build.found_by, what, meta.namespace_name, meta.name);
}

void complete_endpoint_target(EndpointTarget& target, CoveredPorts& covered,
                              const KubernetesBuild& build) {
  const KubernetesEndpoint& endpoint = target.endpoint;
  const bool is_node = endpoint.target && endpoint.target->kind == "Node";
  add_node_labels(target.labels, is_node ? endpoint.target->name : endpoint.node_name, build);
  const KubernetesObject* const pod = pod_of(endpoint, build);
  if (pod == nullptr) return;
  add_pod_labels(target.labels, *pod);
  std::vector<std::string>& ports = covered[pod];
  for (const KubernetesContainer& container : std::get<KubernetesPod>(pod->body).containers) {
    for (const KubernetesPort& port : container.ports) {
      if (port.number != target.port.number) continue;
      add_container_labels(target.labels, container, ContainerId::kNo);
      add_container_port_labels(target.labels, port);
      ports.push_back(port.number);
      return;
    }
  }
}

void append_uncovered_ports(const CoveredPorts& covered, const LabelMap& group,
                            const std::string& found_by, std::vector<Target>& targets) {
  // In an order that does not hang on addresses in memory.
  std::vector<const KubernetesObject*> pods;
  for (const auto& [pod, ports] : covered)
    pods.push_back(pod);
  std::sort(pods.begin(), pods.end(), [](const KubernetesObject* a, const KubernetesObject* b) {
    return std::tie(a->meta.namespace_name, a->meta.name) <
           std::tie(b->meta.namespace_name, b->meta.name);
  });
  for (const KubernetesObject* const object : pods) {
    const auto& pod = std::get<KubernetesPod>(object->body);
    if (pod.ip.empty()) continue;
    const std::vector<std::string>& done = covered.at(object);
    for (const KubernetesContainer& container : pod.containers) {
      for (const KubernetesPort& port : container.ports) {
        if (std::find(done.begin(), done.end(), port.number) != done.end()) continue;
        Target& target = targets.emplace_back();
        target.labels = group;
        add_pod_labels(target.labels, *object);
        add_container_labels(target.labels, container, ContainerId::kNo);
        add_container_port_labels(target.labels, port);
        target.labels["__address__"] = host_and_port(pod.ip, port.number);
        target.found_by = found_by;
      }
    }
  }
}

}  // namespace tailrace::discovery
