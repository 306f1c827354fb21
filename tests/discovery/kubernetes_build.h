// Objects of the Kubernetes API as JSON, and the targets that they make.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "discovery/kubernetes_json.h"
#include "discovery/kubernetes_targets.h"

namespace tailrace::discovery {

// Puts objects, written as the API writes them, into a cache.
inline void put_object(KubernetesCache& cache, KubernetesKind kind, const std::string& json) {
  auto event = parse_kubernetes_event(kind, R"({"type": "ADDED", "object": )" + json + "}");
  ASSERT_TRUE(event.has_value()) << event.error().message << "\n" << json;
  cache.put(kind, std::move(event->object), {});
}

enum class AttachNode { kNo, kYes };
inline std::vector<Target> targets_of(const KubernetesCache& cache, KubernetesKind role,
                                      AttachNode attach = AttachNode::kNo) {
  std::vector<Target> targets;
  const KubernetesBuild build{.cache = cache,
                              .attach_node = attach == AttachNode::kYes,
                              .found_by = "kubernetes_sd_configs[0]",
                              .targets = targets};
  for (const auto& [key, kept] : cache.all(role))
    append_kubernetes_targets(role, kept.object, build);
  return targets;
}

// Only what begins with one of the prefixes, without "__meta_kubernetes_".
inline LabelMap some_labels(const Target& target, const std::vector<std::string>& prefixes) {
  LabelMap some;
  for (const auto& [name, value] : target.labels) {
    const std::string rest =
        name.starts_with(kKubernetesPrefix) ? name.substr(kKubernetesPrefix.size()) : name;
    for (const std::string& prefix : prefixes) {
      if (rest.starts_with(prefix)) some[rest] = value;
    }
  }
  return some;
}

// A pod with two containers and an init container, after the example of
// https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/
inline constexpr const char* kWebPod = R"({
  "metadata": {"name": "web-1", "namespace": "shop", "uid": "7f5b2a", "resourceVersion": "11",
    "labels": {"app.kubernetes.io/name": "web"}, "annotations": {"note": ""},
    "ownerReferences": [{"kind": "Other", "name": "no"},
                        {"kind": "ReplicaSet", "name": "web-6d4", "controller": true}]},
  "spec": {"nodeName": "node-1",
    "containers": [
      {"name": "app", "image": "web:1", "ports": [
        {"name": "http", "containerPort": 8080, "protocol": "TCP"},
        {"name": "admin", "containerPort": 9090, "protocol": "TCP"}]},
      {"name": "side", "image": "side:2"}],
    "initContainers": [{"name": "setup", "image": "setup:3"}]},
  "status": {"phase": "Running", "podIP": "10.1.0.5", "hostIP": "192.168.0.1",
    "conditions": [{"type": "Initialized", "status": "False"}, {"type": "Ready", "status": "True"}],
    "containerStatuses": [{"name": "side", "containerID": "containerd://b"},
                          {"name": "app", "containerID": "containerd://a"}],
    "initContainerStatuses": [{"name": "setup", "containerID": "containerd://c"}]}})";

inline constexpr const char* kNode1 = R"({
  "metadata": {"name": "node-1", "labels": {"zone": "a"}, "annotations": {"x/y": "z"}},
  "spec": {"providerID": "aws:///i-1"},
  "status": {"addresses": [{"type": "Hostname", "address": "node-1"},
                           {"type": "InternalIP", "address": "192.168.0.1"},
                           {"type": "InternalIP", "address": "fd00::1"}],
             "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}}}})";

inline constexpr const char* kWebService = R"({
  "metadata": {"name": "web", "namespace": "shop", "labels": {"tier": "front"}},
  "spec": {"type": "ClusterIP", "clusterIP": "10.96.0.7",
           "ports": [{"name": "http", "protocol": "TCP", "port": 80, "targetPort": "http"}]}})";

}  // namespace tailrace::discovery
