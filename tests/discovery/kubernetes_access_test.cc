// Credentials: in the cluster, by a kubeconfig, by api_server.
#include "discovery/kubernetes_access.h"

#include <gtest/gtest.h>

#include "tests/discovery/discovery_rig.h"

namespace tailrace::discovery {
namespace {

constexpr const char* kAccount = "/var/run/secrets/kubernetes.io/serviceaccount/";

TEST(KubernetesAccess, a_pod_has_everything_in_its_place) {
  DiscoveryRig rig;
  rig.environment = {{"KUBERNETES_SERVICE_HOST", "fd00::1"}, {"KUBERNETES_SERVICE_PORT", "443"}};
  rig.files.overwrite(std::string(kAccount) + "token", "secret\n");
  rig.files.overwrite(std::string(kAccount) + "ca.crt", "PEM");
  rig.files.overwrite(std::string(kAccount) + "namespace", "monitoring");
  const auto access = find_kubernetes_access({}, rig.world);
  ASSERT_TRUE(access.has_value()) << access.error().message;
  EXPECT_EQ(access->server, "https://[fd00::1]:443");
  EXPECT_EQ(access->http.authorization,
            (config::AuthorizationConfig{"Bearer", "", std::string(kAccount) + "token"}));
  EXPECT_EQ(access->http.tls.ca_file, std::string(kAccount) + "ca.crt");
  EXPECT_EQ(access->own_namespace, "monitoring");
}

TEST(KubernetesAccess, outside_of_a_cluster_it_says_what_is_missing) {
  DiscoveryRig rig;
  const auto nowhere = find_kubernetes_access({}, rig.world);
  ASSERT_FALSE(nowhere.has_value());
  EXPECT_NE(nowhere.error().message.find("KUBERNETES_SERVICE_HOST"), std::string::npos);
  rig.environment = {{"KUBERNETES_SERVICE_HOST", "h"}, {"KUBERNETES_SERVICE_PORT", "1"}};
  const auto no_token = find_kubernetes_access({}, rig.world);
  ASSERT_FALSE(no_token.has_value());
  EXPECT_NE(no_token.error().message.find("serviceaccount/token"), std::string::npos);
}

TEST(KubernetesAccess, api_server_has_the_options_of_its_entry) {
  DiscoveryRig rig;
  config::KubernetesSdConfig config;
  config.api_server = "https://k:6443/";
  config.http.authorization = config::AuthorizationConfig{"Bearer", "t", ""};
  const auto access = find_kubernetes_access(config, rig.world);
  ASSERT_TRUE(access.has_value());
  EXPECT_EQ(access->server, "https://k:6443");
  EXPECT_EQ(access->http, config.http);
}

// https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/
std::string kubeconfig(const std::string& cluster, const std::string& user) {
  return "apiVersion: v1\nkind: Config\ncurrent-context: two\n"
         "clusters:\n- {name: other, cluster: {server: https://no}}\n- name: c\n  cluster: {" +
         cluster +
         "}\n"
         "contexts:\n- {name: one, context: {cluster: other, user: u}}\n"
         "- {name: two, context: {cluster: c, user: u, namespace: shop}}\n"
         "users:\n- name: u\n  user: {" +
         user + "}\n";
}

TEST(KubernetesAccess, a_kubeconfig_names_cluster_and_user) {
  DiscoveryRig rig;
  rig.files.overwrite(
      "/root/.kube/config",
      kubeconfig("server: https://k:6443, certificate-authority: ca.pem, tls-server-name: n",
                 "client-certificate-data: Q0VSVA==, client-key-data: S0VZLQ=="));
  config::KubernetesSdConfig config;
  config.kubeconfig_file = "/root/.kube/config";
  const auto access = find_kubernetes_access(config, rig.world);
  ASSERT_TRUE(access.has_value()) << access.error().message;
  EXPECT_EQ(access->server, "https://k:6443");
  EXPECT_EQ(access->own_namespace, "shop");
  EXPECT_EQ(access->http.tls.ca_file, "/root/.kube/ca.pem");
  EXPECT_EQ(access->http.tls.server_name, "n");
  EXPECT_EQ(access->http.tls.cert, "CERT");
  EXPECT_EQ(access->http.tls.key, "KEY-");
  EXPECT_FALSE(access->http.authorization.has_value());
}

TEST(KubernetesAccess, a_kubeconfig_may_have_a_token_or_a_password) {
  const auto http_of = [](const std::string& user) {
    const auto access = parse_kubeconfig(
        kubeconfig("server: http://k, insecure-skip-tls-verify: true, proxy-url: http://p", user),
        "/f");
    EXPECT_TRUE(access.has_value());
    return access.has_value() ? access->http : config::HttpClientConfig{};
  };
  EXPECT_EQ(http_of("token: t").authorization, (config::AuthorizationConfig{"Bearer", "t", ""}));
  EXPECT_EQ(http_of("token: t, tokenFile: tok").authorization,
            (config::AuthorizationConfig{"Bearer", "", "/f/tok"}));
  EXPECT_EQ(http_of("username: u, password: p").basic_auth,
            (config::BasicAuthConfig{"u", "", "p", ""}));
  EXPECT_TRUE(http_of("").tls.insecure_skip_verify);
  EXPECT_EQ(http_of("").proxy.url, "http://p");
}

TEST(KubernetesAccess, plugins_are_refused_by_name) {
  for (const std::string plugin : {"exec", "auth-provider"}) {
    const auto access =
        parse_kubeconfig(kubeconfig("server: http://k", plugin + ": {command: aws}"), "");
    ASSERT_FALSE(access.has_value());
    EXPECT_EQ(access.error().code, Error::kInvalid);
    EXPECT_NE(access.error().message.find("`" + plugin + "` is not supported"), std::string::npos);
  }
}

TEST(KubernetesAccess, a_kubeconfig_that_is_none_is_told_so) {
  for (const auto& [text, reason] : std::vector<std::pair<std::string, std::string>>{
           {"", "current-context"},
           {"a: [", "line 1"},
           {"current-context: x", "no context \"x\""},
           {"current-context: x\ncontexts: [{name: x, context: {cluster: y}}]", "has no server"},
           {kubeconfig("server: http://k, certificate-authority-data: '%%%'", ""),
            "is not base64"}}) {
    const auto access = parse_kubeconfig(text, "");
    ASSERT_FALSE(access.has_value()) << text;
    EXPECT_EQ(access.error().code, Error::kCorrupt);
    EXPECT_NE(access.error().message.find(reason), std::string::npos) << access.error().message;
  }
}

}  // namespace
}  // namespace tailrace::discovery
