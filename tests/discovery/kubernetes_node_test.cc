// Role node: every label.
#include <gtest/gtest.h>

#include "tests/discovery/kubernetes_build.h"

namespace tailrace::discovery {
namespace {

TEST(KubernetesNode, is_a_target_at_its_kubelet) {
  KubernetesCache cache;
  put_object(cache, KubernetesKind::kNode, kNode1);
  const auto targets = targets_of(cache, KubernetesKind::kNode);
  ASSERT_EQ(targets.size(), 1U);
  EXPECT_EQ(targets[0],
            (Target{.labels = {{"__address__", "192.168.0.1:10250"},
                               {"instance", "node-1"},
                               {"__meta_kubernetes_node_name", "node-1"},
                               {"__meta_kubernetes_node_provider_id", "aws:///i-1"},
                               {"__meta_kubernetes_node_label_zone", "a"},
                               {"__meta_kubernetes_node_labelpresent_zone", "true"},
                               {"__meta_kubernetes_node_annotation_x_y", "z"},
                               {"__meta_kubernetes_node_annotationpresent_x_y", "true"},
                               {"__meta_kubernetes_node_address_Hostname", "node-1"},
                               {"__meta_kubernetes_node_address_InternalIP", "192.168.0.1"}},
                    .found_by = "kubernetes_sd_configs[0] node/node-1"}));
}

TEST(KubernetesNode, its_address_is_the_first_of_the_best_type) {
  for (
      const auto& [addresses, expected] : std::vector<std::pair<std::string, std::string>>{
          {R"({"type": "ExternalIP", "address": "1.1.1.1"}, {"type": "InternalDNS", "address": "d"})",
           "d:0"},
          {R"({"type": "Hostname", "address": "h"}, {"type": "ExternalDNS", "address": "e"})",
           "e:0"},
          {R"({"type": "InternalIP", "address": "fd00::2"})", "[fd00::2]:0"}}) {
    KubernetesCache cache;
    put_object(cache, KubernetesKind::kNode,
               R"({"metadata": {"name": "n"}, "status": {"addresses": [)" + addresses + "]}}");
    const auto targets = targets_of(cache, KubernetesKind::kNode);
    ASSERT_EQ(targets.size(), 1U);
    EXPECT_EQ(targets[0].labels.at("__address__"), expected);
  }
  KubernetesCache cache;
  put_object(cache, KubernetesKind::kNode, R"({"metadata": {"name": "n"}})");
  EXPECT_TRUE(targets_of(cache, KubernetesKind::kNode).empty());
}

}  // namespace
}  // namespace tailrace::discovery
