// Role pod: every label, one target for each port.
#include <gtest/gtest.h>

#include "tests/discovery/kubernetes_build.h"

namespace tailrace::discovery {
namespace {

TEST(KubernetesPod, every_port_of_every_container_is_a_target) {
  KubernetesCache cache;
  put_object(cache, KubernetesKind::kPod, kWebPod);
  const auto targets = targets_of(cache, KubernetesKind::kPod);
  ASSERT_EQ(targets.size(), 4U);
  const LabelMap pod{{"__meta_kubernetes_namespace", "shop"},
                     {"__meta_kubernetes_pod_name", "web-1"},
                     {"__meta_kubernetes_pod_ip", "10.1.0.5"},
                     {"__meta_kubernetes_pod_ready", "true"},
                     {"__meta_kubernetes_pod_phase", "Running"},
                     {"__meta_kubernetes_pod_node_name", "node-1"},
                     {"__meta_kubernetes_pod_host_ip", "192.168.0.1"},
                     {"__meta_kubernetes_pod_uid", "7f5b2a"},
                     {"__meta_kubernetes_pod_controller_kind", "ReplicaSet"},
                     {"__meta_kubernetes_pod_controller_name", "web-6d4"},
                     {"__meta_kubernetes_pod_label_app_kubernetes_io_name", "web"},
                     {"__meta_kubernetes_pod_labelpresent_app_kubernetes_io_name", "true"},
                     {"__meta_kubernetes_pod_annotation_note", ""},
                     {"__meta_kubernetes_pod_annotationpresent_note", "true"}};
  LabelMap first = pod;
  first.insert({{"__address__", "10.1.0.5:8080"},
                {"__meta_kubernetes_pod_container_name", "app"},
                {"__meta_kubernetes_pod_container_image", "web:1"},
                {"__meta_kubernetes_pod_container_id", "containerd://a"},
                {"__meta_kubernetes_pod_container_init", "false"},
                {"__meta_kubernetes_pod_container_port_name", "http"},
                {"__meta_kubernetes_pod_container_port_number", "8080"},
                {"__meta_kubernetes_pod_container_port_protocol", "TCP"}});
  EXPECT_EQ(targets[0],
            (Target{.labels = first, .found_by = "kubernetes_sd_configs[0] pod/shop/web-1"}));
  EXPECT_EQ(targets[1].labels.at("__address__"), "10.1.0.5:9090");
  LabelMap side = pod;
  side.insert({{"__address__", "10.1.0.5"},
               {"__meta_kubernetes_pod_container_name", "side"},
               {"__meta_kubernetes_pod_container_image", "side:2"},
               {"__meta_kubernetes_pod_container_id", "containerd://b"},
               {"__meta_kubernetes_pod_container_init", "false"}});
  EXPECT_EQ(targets[2].labels, side);
  EXPECT_EQ(some_labels(targets[3], {"pod_container"}),
            (LabelMap{{"pod_container_name", "setup"},
                      {"pod_container_image", "setup:3"},
                      {"pod_container_id", "containerd://c"},
                      {"pod_container_init", "true"}}));
}

TEST(KubernetesPod, a_pod_without_an_address_has_no_targets) {
  KubernetesCache cache;
  put_object(
      cache, KubernetesKind::kPod,
      R"({"metadata": {"name": "a", "namespace": "b"}, "spec": {"containers": [{"name": "c"}]},
                 "status": {"phase": "Pending"}})");
  EXPECT_TRUE(targets_of(cache, KubernetesKind::kPod).empty());
}

TEST(KubernetesPod, readiness_that_is_not_told_is_unknown) {
  KubernetesCache cache;
  put_object(
      cache, KubernetesKind::kPod,
      R"({"metadata": {"name": "a", "namespace": "b"}, "spec": {"containers": [{"name": "c"}]},
                 "status": {"podIP": "fd00::5"}})");
  const auto targets = targets_of(cache, KubernetesKind::kPod);
  ASSERT_EQ(targets.size(), 1U);
  EXPECT_EQ(targets[0].labels.at("__meta_kubernetes_pod_ready"), "unknown");
  EXPECT_EQ(targets[0].labels.at("__address__"), "fd00::5");
}

TEST(KubernetesPod, the_node_is_attached_when_it_is_wanted_and_known) {
  KubernetesCache cache;
  put_object(cache, KubernetesKind::kPod, kWebPod);
  EXPECT_TRUE(
      some_labels(targets_of(cache, KubernetesKind::kPod, AttachNode::kYes)[0], {"node_"}).empty());
  put_object(cache, KubernetesKind::kNode, kNode1);
  EXPECT_EQ(some_labels(targets_of(cache, KubernetesKind::kPod, AttachNode::kYes)[0], {"node_"}),
            (LabelMap{{"node_name", "node-1"},
                      {"node_label_zone", "a"},
                      {"node_labelpresent_zone", "true"},
                      {"node_annotation_x_y", "z"},
                      {"node_annotationpresent_x_y", "true"}}));
  EXPECT_TRUE(some_labels(targets_of(cache, KubernetesKind::kPod)[0], {"node_"}).empty());
}

}  // namespace
}  // namespace tailrace::discovery
