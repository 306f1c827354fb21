// kubernetes_sd_configs: defaults and every key.
#include <variant>

#include <gtest/gtest.h>

#include "tests/config/loading.h"

namespace tailrace::config {
namespace {

KubernetesSdConfig valid_kubernetes(const std::string& keys) {
  const ScrapeConfig job = valid_job("kubernetes_sd_configs: [{" + keys + "}]");
  EXPECT_EQ(job.discoveries.size(), 1U);
  return job.discoveries.empty() ? KubernetesSdConfig{}
                                 : std::get<KubernetesSdConfig>(job.discoveries[0]);
}

TEST(ParseKubernetesSd, needs_a_role_alone) {
  EXPECT_EQ(valid_kubernetes("role: pod"), KubernetesSdConfig{});
}

TEST(ParseKubernetesSd, knows_every_role) {
  for (const auto role :
       {KubernetesRole::kPod, KubernetesRole::kNode, KubernetesRole::kService,
        KubernetesRole::kEndpoints, KubernetesRole::kEndpointSlice, KubernetesRole::kIngress}) {
    EXPECT_EQ(valid_kubernetes("role: " + std::string(kubernetes_role_text(role))).role, role);
  }
}

TEST(ParseKubernetesSd, reads_every_key) {
  KubernetesSdConfig expected;
  expected.role = KubernetesRole::kEndpoints;
  expected.api_server = "https://k:6443";
  expected.own_namespace = true;
  expected.namespaces = {"a", "b"};
  expected.selectors = {{KubernetesRole::kPod, "app=a", "spec.nodeName=n"},
                        {KubernetesRole::kNode, "c", ""}};
  expected.attach_node_metadata = true;
  expected.http.authorization = AuthorizationConfig{"Bearer", "", "/token"};
  expected.http.tls.ca_file = "/ca";
  EXPECT_EQ(
      valid_kubernetes("role: endpoints, api_server: 'https://k:6443', namespaces: {own_namespace: "
                       "true, names: [a, b]}, selectors: [{role: pod, label: app=a, field: "
                       "spec.nodeName=n}, {role: node, label: c}], attach_metadata: {node: true}, "
                       "bearer_token_file: /token, tls_config: {ca_file: /ca}"),
      expected);
  EXPECT_EQ(valid_kubernetes("role: pod, kubeconfig_file: /k").kubeconfig_file, "/k");
}

}  // namespace
}  // namespace tailrace::config
