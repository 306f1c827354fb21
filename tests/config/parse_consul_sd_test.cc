// consul_sd_configs and consulagent_sd_configs: defaults and every key.
#include <variant>

#include <gtest/gtest.h>

#include "tests/config/loading.h"

namespace tailrace::config {
namespace {

using namespace std::chrono_literals;

template <typename T>
T valid_consul(const std::string& keys) {
  const ScrapeConfig job = valid_job(keys);
  EXPECT_EQ(job.discoveries.size(), 1U);
  return job.discoveries.empty() ? T{} : std::get<T>(job.discoveries[0]);
}

TEST(ParseConsulSd, has_the_defaults_of_promtail) {
  const auto consul = valid_consul<ConsulSdConfig>("consul_sd_configs: [{}]");
  EXPECT_EQ(consul, ConsulSdConfig{});
  EXPECT_EQ(consul.server, "localhost:8500");
  EXPECT_EQ(consul.tag_separator, ",");
  EXPECT_TRUE(consul.allow_stale);
  EXPECT_EQ(consul.refresh_interval, 30s);
}

TEST(ParseConsulSd, reads_every_key) {
  ConsulSdConfig expected;
  expected.server = "c:1";
  expected.scheme = "https";
  expected.path_prefix = "/p";
  expected.token = "t";
  expected.datacenter = "d";
  expected.namespace_name = "n";
  expected.partition = "q";
  expected.services = {"s"};
  expected.tags = {"a", "b"};
  expected.node_meta = {{"k", "v"}};
  expected.filter = "f";
  expected.tag_separator = ";";
  expected.allow_stale = false;
  expected.refresh_interval = 1s;
  EXPECT_EQ(valid_consul<ConsulSdConfig>(
                "consul_sd_configs: [{server: 'c:1', scheme: https, path_prefix: /p, token: t, "
                "datacenter: d, namespace: n, partition: q, services: [s], tags: [a, b], "
                "node_meta: {k: v}, filter: f, tag_separator: ';', allow_stale: no, "
                "refresh_interval: 1s}]"),
            expected);
}

TEST(ParseConsulSd, a_user_name_is_basic_authentication) {
  const auto consul =
      valid_consul<ConsulSdConfig>("consul_sd_configs: [{username: u, password: p}]");
  EXPECT_EQ(consul.http.basic_auth, (BasicAuthConfig{"u", "", "p", ""}));
}

TEST(ParseConsulAgentSd, reads_every_key) {
  ConsulAgentSdConfig expected;
  EXPECT_EQ(valid_consul<ConsulAgentSdConfig>("consulagent_sd_configs: [{}]"), expected);
  expected.server = "c:1";
  expected.scheme = "https";
  expected.token = "t";
  expected.datacenter = "d";
  expected.services = {"s"};
  expected.tags = {"a"};
  expected.node_meta = {{"k", "v"}};
  expected.tag_separator = ";";
  expected.refresh_interval = 1s;
  expected.http.tls.insecure_skip_verify = true;
  EXPECT_EQ(valid_consul<ConsulAgentSdConfig>(
                "consulagent_sd_configs: [{server: 'c:1', scheme: https, token: t, datacenter: d, "
                "services: [s], tags: [a], node_meta: {k: v}, tag_separator: ';', allow_stale: no, "
                "refresh_interval: 1s, tls_config: {insecure_skip_verify: true}}]"),
            expected);
}

}  // namespace
}  // namespace tailrace::config
