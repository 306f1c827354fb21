// Service discovery by Docker; its faults are in tests/cases/config/bad/docker_sd.yaml.
#include <gtest/gtest.h>

#include "tests/config/loading.h"

namespace tailrace::config {
namespace {

template <typename T>
T discovery(const std::string& key, const std::string& entry) {
  const Config config = valid("clients: [{url: http://a}]\nscrape_configs: [{job_name: a, " + key +
                              ": [" + entry + "]}]");
  return std::get<T>(config.scrape_configs[0].discoveries.at(0));
}

TEST(ParseDockerSd, has_promtails_defaults) {
  const auto docker = discovery<DockerSdConfig>("docker_sd_configs", "{host: unix:///a}");
  EXPECT_EQ(docker.host, "unix:///a");
  EXPECT_EQ(docker.port, 80);
  EXPECT_EQ(docker.host_networking_host, "localhost");
  EXPECT_TRUE(docker.match_first_network);
  EXPECT_EQ(docker.refresh_interval, std::chrono::seconds(60));
  EXPECT_FALSE(docker.include_own_container);
}

TEST(ParseDockerSd, reads_filters_and_credentials) {
  const auto docker = discovery<DockerSdConfig>(
      "docker_sd_configs",
      "{host: https://a, filters: [{name: label, values: [x, y]}], refresh_interval: 1m30s, "
      "basic_auth: {username: u, password: p}, tls_config: {ca_file: /ca}}");
  EXPECT_EQ(docker.filters, (std::vector<DockerFilter>{{"label", {"x", "y"}}}));
  EXPECT_EQ(docker.refresh_interval, std::chrono::seconds(90));
  EXPECT_EQ(docker.http.basic_auth->password, "p");
  EXPECT_EQ(docker.http.tls.ca_file, "/ca");
}

TEST(ParseDockerSd, reads_roles_of_a_swarm) {
  using Role = DockerSwarmSdConfig::Role;
  for (const auto& [text, role] : {std::pair<std::string, Role>{"services", Role::kServices},
                                   {"tasks", Role::kTasks},
                                   {"nodes", Role::kNodes}}) {
    EXPECT_EQ(discovery<DockerSwarmSdConfig>("dockerswarm_sd_configs",
                                             "{host: http://a, role: " + text + "}")
                  .role,
              role);
  }
}

}  // namespace
}  // namespace tailrace::config
