// Role ingress: every label, one target for each path.
#include <gtest/gtest.h>

#include "tests/discovery/kubernetes_build.h"

namespace tailrace::discovery {
namespace {

// https://kubernetes.io/docs/reference/kubernetes-api/service-resources/ingress-v1/
TEST(KubernetesIngress, every_path_is_a_target) {
  KubernetesCache cache;
  put_object(cache, KubernetesKind::kIngress, R"({
    "metadata": {"name": "front", "namespace": "shop"},
    "spec": {"ingressClassName": "nginx", "tls": [{"hosts": ["*.shop.example", "b.example"]}],
      "rules": [{"host": "a.shop.example", "http": {"paths": [{"path": "/x"}, {"path": ""}]}},
                {"host": "b.example"}, {"host": "x.y.shop.example"},
                {"http": {"paths": [{"path": "/any"}]}}]}})");
  const auto targets = targets_of(cache, KubernetesKind::kIngress);
  ASSERT_EQ(targets.size(), 5U);
  EXPECT_EQ(targets[0], (Target{.labels = {{"__address__", "a.shop.example"},
                                           {"__meta_kubernetes_namespace", "shop"},
                                           {"__meta_kubernetes_ingress_name", "front"},
                                           {"__meta_kubernetes_ingress_class_name", "nginx"},
                                           {"__meta_kubernetes_ingress_scheme", "https"},
                                           {"__meta_kubernetes_ingress_host", "a.shop.example"},
                                           {"__meta_kubernetes_ingress_path", "/x"}},
                                .found_by = "kubernetes_sd_configs[0] ingress/shop/front"}));
  std::string schemes;
  std::string paths;
  for (const Target& target : targets) {
    schemes += target.labels.at("__meta_kubernetes_ingress_scheme") + " ";
    paths += target.labels.at("__meta_kubernetes_ingress_path") + " ";
  }
  EXPECT_EQ(schemes, "https https https http http ");
  EXPECT_EQ(paths, "/x / / / /any ");
}

}  // namespace
}  // namespace tailrace::discovery
