// Role service: every label, one target for each port.
#include <gtest/gtest.h>

#include "tests/discovery/kubernetes_build.h"

namespace tailrace::discovery {
namespace {

TEST(KubernetesService, every_port_is_a_target) {
  KubernetesCache cache;
  put_object(cache, KubernetesKind::kService, kWebService);
  const auto targets = targets_of(cache, KubernetesKind::kService);
  ASSERT_EQ(targets.size(), 1U);
  EXPECT_EQ(targets[0], (Target{.labels = {{"__address__", "web.shop.svc:80"},
                                           {"__meta_kubernetes_namespace", "shop"},
                                           {"__meta_kubernetes_service_name", "web"},
                                           {"__meta_kubernetes_service_label_tier", "front"},
                                           {"__meta_kubernetes_service_labelpresent_tier", "true"},
                                           {"__meta_kubernetes_service_type", "ClusterIP"},
                                           {"__meta_kubernetes_service_cluster_ip", "10.96.0.7"},
                                           {"__meta_kubernetes_service_port_name", "http"},
                                           {"__meta_kubernetes_service_port_number", "80"},
                                           {"__meta_kubernetes_service_port_protocol", "TCP"}},
                                .found_by = "kubernetes_sd_configs[0] svc/shop/web"}));
}

TEST(KubernetesService, its_type_says_which_address_it_has) {
  const auto labels_of = [](const std::string& spec) {
    KubernetesCache cache;
    put_object(cache, KubernetesKind::kService,
               R"({"metadata": {"name": "a", "namespace": "b"}, "spec": {"clusterIP": "10.0.0.1",
                   "externalName": "e.example.com", "loadBalancerIP": "1.2.3.4",
                   "ports": [{"port": 1}], )" +
                   spec + "}}");
    return some_labels(targets_of(cache, KubernetesKind::kService).at(0),
                       {"service_cluster", "service_ext", "service_load"});
  };
  EXPECT_EQ(labels_of(R"("type": "ExternalName")"),
            (LabelMap{{"service_external_name", "e.example.com"}}));
  EXPECT_EQ(labels_of(R"("type": "LoadBalancer")"),
            (LabelMap{{"service_cluster_ip", "10.0.0.1"}, {"service_loadbalancer_ip", "1.2.3.4"}}));
  EXPECT_EQ(labels_of(R"("type": "NodePort")"), (LabelMap{{"service_cluster_ip", "10.0.0.1"}}));
}

}  // namespace
}  // namespace tailrace::discovery
