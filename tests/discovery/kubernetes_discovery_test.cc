// kubernetes_sd_configs: what is watched for which role, and who asks.
#include "discovery/kubernetes_discovery.h"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

#include "tests/discovery/api_server.h"

namespace tailrace::discovery {
namespace {

using namespace std::chrono_literals;
using config::KubernetesRole;

// The paths and selectors that were listed, sorted.
std::string listed(const ApiServer& server) {
  std::set<std::string> lists;
  for (const auto& sent : server.transport.sent()) {
    if (ApiServer::is_watch(sent)) continue;
    std::string url = sent.url.substr(sent.url.find('/', 8));
    lists.insert(url.substr(0, url.find("limit=") - 1));
  }
  std::string text;
  for (const std::string& list : lists)
    text += list + "\n";
  return text;
}

TEST(KubernetesDiscovery, watches_what_its_role_needs) {
  for (const auto& [role, expected] : std::vector<std::pair<KubernetesRole, std::string>>{
           {KubernetesRole::kNode, "/api/v1/nodes\n"},
           {KubernetesRole::kPod, "/api/v1/pods?fieldSelector=spec.nodeName%3Dthis-node\n"},
           {KubernetesRole::kService, "/api/v1/services\n"},
           {KubernetesRole::kEndpoints, "/api/v1/endpoints\n/api/v1/pods\n/api/v1/services\n"},
           {KubernetesRole::kEndpointSlice,
            "/api/v1/pods\n/api/v1/services\n/apis/discovery.k8s.io/v1/endpointslices\n"},
           {KubernetesRole::kIngress, "/apis/networking.k8s.io/v1/ingresses\n"}}) {
    ApiServer server;
    config::KubernetesSdConfig config = all_pods();
    config.role = role;
    KubernetesDiscovery discovery(config, "k8s", server.world);
    server.poll(discovery);
    EXPECT_EQ(listed(server), expected);
    EXPECT_TRUE(discovery.knows());
  }
}

TEST(KubernetesDiscovery, namespaces_and_selectors_are_asked_for) {
  ApiServer server;
  config::KubernetesSdConfig config = all_pods();
  config.namespaces = {"a", "b"};
  config.selectors = {{KubernetesRole::kPod, "app=x", "status.phase=Running"},
                      {KubernetesRole::kNode, "zone in (a,b)", ""}};
  config.attach_node_metadata = true;
  KubernetesDiscovery discovery(config, "k8s", server.world);
  server.poll(discovery);
  const std::string selector =
      "?labelSelector=app%3Dx&fieldSelector=status.phase%3DRunning%2Cspec.nodeName%3Dthis-node\n";
  EXPECT_EQ(listed(server), "/api/v1/namespaces/a/pods" + selector + "/api/v1/namespaces/b/pods" +
                                selector + "/api/v1/nodes?labelSelector=zone%20in%20%28a%2Cb%29\n");
}

TEST(KubernetesDiscovery, a_list_of_one_namespace_leaves_the_pods_of_the_other) {
  ApiServer server;
  server.objects["/api/v1/namespaces/a/services"] = {
      R"({"metadata": {"name": "s", "namespace": "a"}, "spec": {"ports": [{"port": 1}]}})"};
  server.objects["/api/v1/namespaces/b/services"] = {
      R"({"metadata": {"name": "s", "namespace": "b"}, "spec": {"ports": [{"port": 2}]}})"};
  config::KubernetesSdConfig config = all_pods();
  config.role = KubernetesRole::kService;
  config.namespaces = {"a", "b"};
  KubernetesDiscovery discovery(config, "k8s", server.world);
  server.poll(discovery);
  EXPECT_EQ(addresses(discovery), "s.a.svc:1 s.b.svc:2");
  server.advance(discovery, 1min);
  server.objects["/api/v1/namespaces/a/services"].clear();
  server.transport.stream(server.last_watch("namespaces/a/").tag,
                          ApiServer::event("ERROR", R"({"code": 410})"));
  server.poll(discovery);
  server.advance(discovery, 1s);
  EXPECT_EQ(addresses(discovery), "s.b.svc:2");
}

TEST(KubernetesDiscovery, the_own_namespace_is_that_of_the_pod) {
  ApiServer server;
  const std::string account = "/var/run/secrets/kubernetes.io/serviceaccount/";
  server.environment = {{"KUBERNETES_SERVICE_HOST", "k"}, {"KUBERNETES_SERVICE_PORT", "443"}};
  server.files.overwrite(account + "token", "one");
  config::KubernetesSdConfig config;
  config.role = KubernetesRole::kIngress;
  config.own_namespace = true;
  KubernetesDiscovery discovery(config, "k8s", server.world);
  server.poll(discovery);
  EXPECT_NE(discovery.trouble().find("own_namespace"), std::string::npos);
  server.files.overwrite(account + "namespace", "mine");
  server.advance(discovery, 3s);
  EXPECT_EQ(listed(server), "/apis/networking.k8s.io/v1/namespaces/mine/ingresses\n");
}

TEST(KubernetesDiscovery, without_a_cluster_it_tries_again_without_end) {
  ApiServer server;
  KubernetesDiscovery discovery({}, "k8s", server.world);
  for (int i = 0; i < 20; ++i) {
    server.advance(discovery, 1min);
    EXPECT_NE(discovery.trouble().find("not in a cluster"), std::string::npos);
    EXPECT_FALSE(discovery.knows());
    EXPECT_LE(discovery.next_deadline(), server.clock.steady_now() + 60s);
  }
  EXPECT_TRUE(server.transport.sent().empty());
  EXPECT_LT(server.logged.size(), 8U);  // At doubling intervals.
}

TEST(KubernetesDiscovery, a_token_that_is_rotated_is_read_again) {
  ApiServer server;
  const std::string token = "/var/run/secrets/kubernetes.io/serviceaccount/token";
  server.environment = {{"KUBERNETES_SERVICE_HOST", "k"}, {"KUBERNETES_SERVICE_PORT", "443"}};
  server.files.overwrite(token, "one");
  KubernetesDiscovery discovery({}, "k8s", server.world);
  server.poll(discovery);
  EXPECT_EQ(server.transport.sent().at(0).header("Authorization"), "Bearer one");
  server.advance(discovery, 1min);
  server.files.overwrite(token, "second");
  server.end_watch();
  server.poll(discovery);
  EXPECT_EQ(server.transport.sent().back().header("Authorization"), "Bearer second");
}

TEST(KubernetesDiscovery, many_changes_make_targets_at_most_twice_a_second) {
  ApiServer server;
  KubernetesDiscovery discovery(all_pods(), "k8s", server.world);
  server.poll(discovery);
  int changes = 0;
  for (int i = 0; i < 100; ++i) {
    server.send(ApiServer::event("ADDED", ApiServer::pod("p" + std::to_string(i), "200")));
    if (server.advance(discovery, 10ms)) ++changes;
  }
  EXPECT_LE(changes, 3);
  server.send(ApiServer::event("ADDED", ApiServer::pod("last", "200")));
  EXPECT_FALSE(server.poll(discovery));
  EXPECT_LE(discovery.next_deadline(), server.clock.steady_now() + 500ms);
  server.advance(discovery, 500ms);
  EXPECT_EQ(discovery.targets().size(), 101U);
}

TEST(KubernetesDiscovery, a_kubeconfig_with_a_plugin_is_refused_when_it_is_made) {
  ApiServer server;
  config::KubernetesSdConfig config;
  config.kubeconfig_file = "/kubeconfig";
  EXPECT_TRUE(KubernetesDiscovery::create(config, "k8s", server.world).has_value());
  server.files.overwrite(
      "/kubeconfig",
      "current-context: x\ncontexts: [{name: x, context: {cluster: c, user: u}}]\n"
      "clusters: [{name: c, cluster: {server: https://k}}]\n"
      "users: [{name: u, user: {exec: {command: aws}}}]\n");
  const auto made = KubernetesDiscovery::create(config, "k8s", server.world);
  ASSERT_FALSE(made.has_value());
  EXPECT_NE(made.error().message.find("/kubeconfig: `exec` is not supported"), std::string::npos);
}

}  // namespace
}  // namespace tailrace::discovery
