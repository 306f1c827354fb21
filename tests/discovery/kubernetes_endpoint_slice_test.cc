// Role endpointslice: every label, and what the pods behind them add.
#include <gtest/gtest.h>

#include "tests/discovery/kubernetes_build.h"

namespace tailrace::discovery {
namespace {

// https://kubernetes.io/docs/reference/kubernetes-api/service-resources/endpoint-slice-v1/
constexpr const char* kWebSlice = R"({
  "metadata": {"name": "web-abc", "namespace": "shop",
               "labels": {"kubernetes.io/service-name": "web"}},
  "addressType": "IPv4",
  "ports": [{"name": "http", "port": 8080, "protocol": "TCP", "appProtocol": "h2c"}],
  "endpoints": [
    {"addresses": ["10.1.0.5"], "nodeName": "node-1", "zone": "a", "hostname": "web-1-host",
     "conditions": {"ready": true, "serving": true, "terminating": false},
     "deprecatedTopology": {"kubernetes.io/hostname": "node-1"},
     "targetRef": {"kind": "Pod", "namespace": "shop", "name": "web-1"}},
    {"addresses": ["10.1.0.8", "10.1.0.9"], "conditions": {"ready": false},
     "targetRef": {"kind": "Node", "name": "node-1"}}]})";

TEST(KubernetesEndpointSlice, addresses_have_their_pod_and_their_service) {
  KubernetesCache cache;
  put_object(cache, KubernetesKind::kEndpointSlice, kWebSlice);
  put_object(cache, KubernetesKind::kService, kWebService);
  put_object(cache, KubernetesKind::kPod, kWebPod);
  put_object(cache, KubernetesKind::kNode, kNode1);
  const auto targets = targets_of(cache, KubernetesKind::kEndpointSlice, AttachNode::kYes);
  ASSERT_EQ(targets.size(), 4U);
  EXPECT_EQ(targets[0].found_by, "kubernetes_sd_configs[0] endpointslice/shop/web-abc");
  EXPECT_EQ(some_labels(targets[0], {"__address__", "endpointslice_", "namespace", "service_name",
                                     "pod_name", "pod_container_name", "node_name"}),
            (LabelMap{{"__address__", "10.1.0.5:8080"},
                      {"namespace", "shop"},
                      {"endpointslice_name", "web-abc"},
                      {"endpointslice_label_kubernetes_io_service_name", "web"},
                      {"endpointslice_labelpresent_kubernetes_io_service_name", "true"},
                      {"endpointslice_address_type", "IPv4"},
                      {"endpointslice_port", "8080"},
                      {"endpointslice_port_name", "http"},
                      {"endpointslice_port_protocol", "TCP"},
                      {"endpointslice_port_app_protocol", "h2c"},
                      {"endpointslice_endpoint_conditions_ready", "true"},
                      {"endpointslice_endpoint_conditions_serving", "true"},
                      {"endpointslice_endpoint_conditions_terminating", "false"},
                      {"endpointslice_endpoint_hostname", "web-1-host"},
                      {"endpointslice_endpoint_node_name", "node-1"},
                      {"endpointslice_endpoint_zone", "a"},
                      {"endpointslice_endpoint_topology_kubernetes_io_hostname", "node-1"},
                      {"endpointslice_endpoint_topology_present_kubernetes_io_hostname", "true"},
                      {"endpointslice_address_target_kind", "Pod"},
                      {"endpointslice_address_target_name", "web-1"},
                      {"service_name", "web"},
                      {"pod_name", "web-1"},
                      {"pod_container_name", "app"},
                      {"node_name", "node-1"}}));
  EXPECT_EQ(some_labels(targets[2], {"__address__", "endpointslice_endpoint", "node_name"}),
            (LabelMap{{"__address__", "10.1.0.9:8080"},
                      {"endpointslice_endpoint_conditions_ready", "false"},
                      {"node_name", "node-1"}}));
  EXPECT_EQ(targets[3].labels.at("__address__"), "10.1.0.5:9090");
}

TEST(KubernetesEndpointSlice, a_port_may_have_no_number) {
  KubernetesCache cache;
  put_object(cache, KubernetesKind::kEndpointSlice,
             R"({"metadata": {"name": "a", "namespace": "b"}, "addressType": "FQDN",
                 "ports": [{"name": "x"}], "endpoints": [{"addresses": ["e.example.com"]}]})");
  const auto targets = targets_of(cache, KubernetesKind::kEndpointSlice);
  ASSERT_EQ(targets.size(), 1U);
  EXPECT_EQ(targets[0].labels.at("__address__"), "e.example.com");
}

}  // namespace
}  // namespace tailrace::discovery
