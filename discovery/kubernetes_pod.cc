// Role pod: one target for each port of each container, or one for a container without ports.
#include "discovery/kubernetes_targets.h"
#include "discovery/label_name.h"

namespace tailrace::discovery {

void add_pod_labels(LabelMap& labels, const KubernetesObject& object) {
  const auto& pod = std::get<KubernetesPod>(object.body);
  add_meta_labels(labels, "pod", object.meta);
  set_kubernetes_label(labels, "namespace", object.meta.namespace_name);
  set_kubernetes_label(labels, "pod_ip", pod.ip);
  set_kubernetes_label(labels, "pod_ready", pod.ready);
  set_kubernetes_label(labels, "pod_phase", pod.phase);
  set_kubernetes_label(labels, "pod_node_name", pod.node_name);
  set_kubernetes_label(labels, "pod_host_ip", pod.host_ip);
  set_kubernetes_label(labels, "pod_uid", object.meta.uid);
  set_kubernetes_label(labels, "pod_controller_kind", object.meta.controller_kind);
  set_kubernetes_label(labels, "pod_controller_name", object.meta.controller_name);
}

void add_container_labels(LabelMap& labels, const KubernetesContainer& container, ContainerId id) {
  set_kubernetes_label(labels, "pod_container_name", container.name);
  set_kubernetes_label(labels, "pod_container_image", container.image);
  set_kubernetes_label(labels, "pod_container_init", container.init ? "true" : "false");
  if (id == ContainerId::kYes) set_kubernetes_label(labels, "pod_container_id", container.id);
}

void add_container_port_labels(LabelMap& labels, const KubernetesPort& port) {
  set_kubernetes_label(labels, "pod_container_port_name", port.name);
  set_kubernetes_label(labels, "pod_container_port_number", port.number);
  set_kubernetes_label(labels, "pod_container_port_protocol", port.protocol);
}

void append_pod_targets(const KubernetesObject& object, const KubernetesBuild& build) {
  const auto& pod = std::get<KubernetesPod>(object.body);
  if (pod.ip.empty()) return;  // It begins, or was evicted.
  LabelMap group;
  add_node_labels(group, pod.node_name, build);
  add_pod_labels(group, object);
  const std::string found_by = kubernetes_found_by(build, "pod", object.meta);
  for (const KubernetesContainer& container : pod.containers) {
    LabelMap labels = group;
    add_container_labels(labels, container, ContainerId::kYes);
    if (container.ports.empty()) {
      labels["__address__"] = pod.ip;
      build.targets.push_back({.labels = std::move(labels), .found_by = found_by});
      continue;
    }
    for (const KubernetesPort& port : container.ports) {
      Target& target = build.targets.emplace_back();
      target.labels = labels;
      add_container_port_labels(target.labels, port);
      target.labels["__address__"] = host_and_port(pod.ip, port.number);
      target.found_by = found_by;
    }
  }
}

}  // namespace tailrace::discovery
