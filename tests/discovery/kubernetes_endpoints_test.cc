// Role endpoints: every label, and what the pods behind them add.
#include <gtest/gtest.h>

#include "tests/discovery/kubernetes_build.h"

namespace tailrace::discovery {
namespace {

// https://kubernetes.io/docs/reference/kubernetes-api/service-resources/endpoints-v1/
constexpr const char* kWebEndpoints = R"({
  "metadata": {"name": "web", "namespace": "shop", "labels": {"e": "1"}},
  "subsets": [{
    "addresses": [{"ip": "10.1.0.5", "nodeName": "node-1",
                   "targetRef": {"kind": "Pod", "namespace": "shop", "name": "web-1"}}],
    "notReadyAddresses": [{"ip": "10.1.0.9", "hostname": "other"}],
    "ports": [{"name": "http", "port": 8080, "protocol": "TCP"}]}]})";

TEST(KubernetesEndpoints, addresses_have_their_pod_and_their_service) {
  KubernetesCache cache;
  put_object(cache, KubernetesKind::kEndpoints, kWebEndpoints);
  put_object(cache, KubernetesKind::kService, kWebService);
  put_object(cache, KubernetesKind::kPod, kWebPod);
  put_object(cache, KubernetesKind::kNode, kNode1);
  const auto targets = targets_of(cache, KubernetesKind::kEndpoints, AttachNode::kYes);
  ASSERT_EQ(targets.size(), 3U);
  EXPECT_EQ(targets[0].found_by, "kubernetes_sd_configs[0] endpoints/shop/web");
  EXPECT_EQ(some_labels(targets[0], {"__address__", "endpoint", "namespace", "service_", "pod_name",
                                     "pod_uid", "pod_container", "node_name"}),
            (LabelMap{{"__address__", "10.1.0.5:8080"},
                      {"namespace", "shop"},
                      {"endpoints_name", "web"},
                      {"endpoints_label_e", "1"},
                      {"endpoints_labelpresent_e", "true"},
                      {"endpoint_ready", "true"},
                      {"endpoint_node_name", "node-1"},
                      {"endpoint_port_name", "http"},
                      {"endpoint_port_protocol", "TCP"},
                      {"endpoint_address_target_kind", "Pod"},
                      {"endpoint_address_target_name", "web-1"},
                      {"service_name", "web"},
                      {"service_label_tier", "front"},
                      {"service_labelpresent_tier", "true"},
                      {"pod_name", "web-1"},
                      {"pod_uid", "7f5b2a"},
                      {"pod_container_name", "app"},
                      {"pod_container_image", "web:1"},
                      {"pod_container_init", "false"},
                      {"pod_container_port_name", "http"},
                      {"pod_container_port_number", "8080"},
                      {"pod_container_port_protocol", "TCP"},
                      {"node_name", "node-1"}}));
  EXPECT_EQ(some_labels(targets[1], {"__address__", "endpoint_", "pod_"}),
            (LabelMap{{"__address__", "10.1.0.9:8080"},
                      {"endpoint_ready", "false"},
                      {"endpoint_hostname", "other"},
                      {"endpoint_port_name", "http"},
                      {"endpoint_port_protocol", "TCP"}}));
  // The pod's other port, which no endpoint covers.
  EXPECT_EQ(some_labels(targets[2],
                        {"__address__", "endpoint_", "service_name", "pod_container_port_name"}),
            (LabelMap{{"__address__", "10.1.0.5:9090"},
                      {"service_name", "web"},
                      {"pod_container_port_name", "admin"}}));
}

TEST(KubernetesEndpoints, do_without_pods_and_services_that_are_not_known) {
  KubernetesCache cache;
  put_object(cache, KubernetesKind::kEndpoints, kWebEndpoints);
  const auto targets = targets_of(cache, KubernetesKind::kEndpoints);
  ASSERT_EQ(targets.size(), 2U);
  EXPECT_TRUE(some_labels(targets[0], {"pod_", "service_", "node_"}).empty());
}

}  // namespace
}  // namespace tailrace::discovery
