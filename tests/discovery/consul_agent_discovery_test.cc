// consulagent_sd_configs against a scripted agent
// (https://developer.hashicorp.com/consul/api-docs/agent/service).
#include "discovery/consul_agent_discovery.h"

#include <gtest/gtest.h>

#include "tests/discovery/discovery_rig.h"

namespace tailrace::discovery {
namespace {

using namespace std::chrono_literals;
using Reply = testing::ScriptedTransport::Reply;

struct AgentRig : DiscoveryRig {
  std::string services = R"({"w1": {"Service": "web", "Tags": ["a", "b"]},
                             "d1": {"Service": "db", "Tags": []}})";
  std::map<std::string, Reply> health = {
      {"web", {.status = 200, .body = R"([{"AggregatedStatus": "passing",
        "Service": {"ID": "w1", "Service": "web", "Port": 80, "Tags": ["a", "b"]}}])"}},
      {"db", {.status = 503, .body = R"([{"AggregatedStatus": "critical",
        "Service": {"ID": "d1", "Service": "db", "Address": "10.9.9.9", "Port": 1}}])"}}};
  Reply self = {.status = 200, .body = R"({"Config": {"Datacenter": "dc1", "NodeName": "n"},
                            "Member": {"Addr": "10.0.0.1"}, "Meta": {"rack": "r1"}})"};

  AgentRig() {
    transport.answer_with([this](const testing::ScriptedTransport::Sent& sent) -> Reply {
      if (sent.url.ends_with("/v1/agent/self")) return self;
      if (sent.url.ends_with("/v1/agent/services")) return {.status = 200, .body = services};
      const auto found = health.find(sent.url.substr(sent.url.find_last_of('/') + 1));
      return found == health.end() ? Reply{.status = 404, .body = "[]"} : found->second;
    });
  }
};

TEST(ConsulAgentDiscovery, finds_the_services_of_the_agent) {
  AgentRig rig;
  ConsulAgentDiscovery discovery({}, "consulagent_sd_configs[0]", rig.world);
  EXPECT_TRUE(rig.poll(discovery));
  EXPECT_TRUE(discovery.knows());
  EXPECT_EQ(addresses(discovery), "10.9.9.9:1 10.0.0.1:80");
  EXPECT_EQ(values_of(discovery, "__meta_consulagent_health"), "critical passing");
  EXPECT_EQ(values_of(discovery, "__meta_consulagent_dc"), "dc1 dc1");
  EXPECT_EQ(values_of(discovery, "__meta_consulagent_tags"), ",, ,a,b,");
  EXPECT_EQ(discovery.targets()[1].found_by, "consulagent_sd_configs[0] web w1");
  EXPECT_EQ(discovery.next_deadline(), rig.clock.steady_now() + 30s);
}

TEST(ConsulAgentDiscovery, services_tags_and_node_meta_select) {
  AgentRig rig;
  config::ConsulAgentSdConfig config;
  config.services = {"web"};
  ConsulAgentDiscovery named(config, "x", rig.world);
  rig.poll(named);
  EXPECT_EQ(addresses(named), "10.0.0.1:80");
  config.services.clear();
  config.tags = {"b", "a"};
  config.datacenter = "elsewhere";
  ConsulAgentDiscovery tagged(config, "x", rig.world);
  rig.poll(tagged);
  EXPECT_EQ(addresses(tagged), "10.0.0.1:80");
  EXPECT_EQ(values_of(tagged, "__meta_consulagent_dc"), "elsewhere");
  config.node_meta = {{"rack", "r2"}};
  ConsulAgentDiscovery elsewhere(config, "x", rig.world);
  rig.poll(elsewhere);
  EXPECT_TRUE(elsewhere.knows());
  EXPECT_TRUE(elsewhere.targets().empty());
}

TEST(ConsulAgentDiscovery, a_round_that_fails_leaves_the_targets) {
  AgentRig rig;
  ConsulAgentDiscovery discovery({}, "x", rig.world);
  rig.poll(discovery);
  rig.health["web"] = {.status = 500, .body = "broken"};
  EXPECT_FALSE(rig.advance(discovery, 1min));
  EXPECT_EQ(addresses(discovery), "10.9.9.9:1 10.0.0.1:80");
  EXPECT_NE(discovery.trouble(), "");
  rig.health["web"] = {.status = 503, .body = "service unavailable"};  // Not the agent's words.
  EXPECT_FALSE(rig.advance(discovery, 1min));
  EXPECT_NE(discovery.trouble(), "");
  rig.health.erase("web");  // It is gone between the two questions.
  EXPECT_TRUE(rig.advance(discovery, 1min));
  EXPECT_EQ(addresses(discovery), "10.9.9.9:1");
  EXPECT_EQ(discovery.trouble(), "");
  rig.self = {.status = 0, .error = "connection refused"};
  EXPECT_FALSE(rig.advance(discovery, 1min));
  EXPECT_EQ(discovery.trouble(), "connection refused");
  EXPECT_EQ(addresses(discovery), "10.9.9.9:1");
}

}  // namespace
}  // namespace tailrace::discovery
