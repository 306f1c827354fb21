// What Consul answers. The texts follow the examples of
// https://developer.hashicorp.com/consul/api-docs (catalog, health, agent).
#include "discovery/consul_answers.h"

#include <gtest/gtest.h>

namespace tailrace::discovery {
namespace {

// /v1/health/service/:service
constexpr const char* kHealth = R"([{
  "Node": {"ID": "40e4a748", "Node": "foobar", "Address": "10.1.10.12", "Datacenter": "dc1",
           "TaggedAddresses": {"lan": "10.1.10.12", "wan-v4": "198.18.0.1"},
           "Meta": {"instance-type": "t2.medium"}},
  "Service": {"ID": "redis", "Service": "redis", "Tags": ["primary", "prod"],
              "Address": "10.1.10.13", "TaggedAddresses": {"lan": {"address": "10.1.10.12", "port": 8000}},
              "Meta": {"redis.version": "4.0"}, "Port": 8000, "Namespace": "default",
              "Partition": "part"},
  "Checks": [{"Node": "foobar", "CheckID": "service:redis", "Status": "passing"},
             {"Node": "foobar", "CheckID": "serfHealth", "Status": "warning"}]}])";

TEST(ConsulAnswers, an_instance_has_the_labels_of_node_and_service) {
  const auto instances = parse_consul_health(kHealth);
  ASSERT_TRUE(instances.has_value()) << instances.error().message;
  ASSERT_EQ(instances->size(), 1U);
  const ConsulLabels how{.prefix = "__meta_consul_", .datacenter = "dc1", .tag_separator = ","};
  EXPECT_EQ(consul_labels(instances->at(0), how),
            (LabelMap{{"__address__", "10.1.10.13:8000"},
                      {"__meta_consul_address", "10.1.10.12"},
                      {"__meta_consul_dc", "dc1"},
                      {"__meta_consul_health", "warning"},
                      {"__meta_consul_metadata_instance_type", "t2.medium"},
                      {"__meta_consul_namespace", "default"},
                      {"__meta_consul_node", "foobar"},
                      {"__meta_consul_partition", "part"},
                      {"__meta_consul_service", "redis"},
                      {"__meta_consul_service_address", "10.1.10.13"},
                      {"__meta_consul_service_id", "redis"},
                      {"__meta_consul_service_metadata_redis_version", "4.0"},
                      {"__meta_consul_service_port", "8000"},
                      {"__meta_consul_tagged_address_lan", "10.1.10.12"},
                      {"__meta_consul_tagged_address_wan_v4", "198.18.0.1"},
                      {"__meta_consul_tags", ",primary,prod,"}}));
}

TEST(ConsulAnswers, without_an_address_a_service_is_at_its_node) {
  ConsulInstance instance;
  instance.node_address = "fd00::1";
  instance.port = "80";
  const ConsulLabels how{.prefix = "p_", .datacenter = "", .tag_separator = ";"};
  const LabelMap labels = consul_labels(instance, how);
  EXPECT_EQ(labels.at("__address__"), "[fd00::1]:80");
  EXPECT_EQ(labels.at("p_tags"), ";;");
  EXPECT_FALSE(labels.contains("p_dc"));
}

TEST(ConsulAnswers, health_is_the_worst_of_the_checks) {
  const auto health_of = [](const std::string& checks) {
    const auto instances =
        parse_consul_health(R"([{"Node": {}, "Service": {}, "Checks": [)" + checks + "]}]");
    return instances.value().at(0).health;
  };
  const std::string passing = R"({"Status": "passing"})";
  EXPECT_EQ(health_of(""), "passing");
  EXPECT_EQ(health_of(passing), "passing");
  EXPECT_EQ(health_of(passing + R"(, {"Status": "warning"})"), "warning");
  EXPECT_EQ(health_of(R"({"Status": "critical"}, {"Status": "warning"})"), "critical");
  EXPECT_EQ(health_of(R"({"CheckID": "_node_maintenance", "Status": "critical"})"), "maintenance");
  EXPECT_EQ(health_of(R"({"CheckID": "_service_maintenance:a", "Status": "critical"})"),
            "maintenance");
}

TEST(ConsulAnswers, reads_the_catalog_and_the_agent) {
  EXPECT_EQ(parse_consul_services(R"({"consul": [], "redis": ["a", "b"], "x": null})").value(),
            (ConsulServices{{"consul", {}}, {"redis", {"a", "b"}}, {"x", {}}}));
  EXPECT_EQ(parse_consul_agent_services(
                R"({"r1": {"ID": "r1", "Service": "redis", "Tags": ["a"]},
                    "r2": {"ID": "r2", "Service": "redis", "Tags": ["b"]}, "broken": 5})")
                .value(),
            (ConsulServices{{"redis", {"a", "b"}}}));
  const auto self = parse_consul_self(
      R"({"Config": {"Datacenter": "dc1", "NodeName": "foobar"}, "Member": {"Addr": "10.1.10.12"},
          "Meta": {"rack": "r1"}})");
  ASSERT_TRUE(self.has_value());
  EXPECT_EQ(self->datacenter, "dc1");
  EXPECT_EQ(self->node, "foobar");
  EXPECT_EQ(self->address, "10.1.10.12");
  EXPECT_EQ(self->meta, (LabelMap{{"rack", "r1"}}));
}

TEST(ConsulAnswers, the_agents_instances_are_on_its_node) {
  const ConsulAgent agent{"dc1", "foobar", "10.1.10.12", {{"rack", "r1"}}};
  const auto instances = parse_consul_agent_health(
      R"([{"AggregatedStatus": "critical",
           "Service": {"ID": "web1", "Service": "web", "Address": "", "Port": 80, "Tags": null,
                       "TaggedAddresses": {"lan": {"Address": "127.0.0.1", "Port": 80}}}},
          {"Checks": []}])",
      agent);
  ASSERT_TRUE(instances.has_value());
  ASSERT_EQ(instances->size(), 1U);
  const LabelMap labels =
      consul_labels(instances->at(0),
                    {.prefix = "__meta_consulagent_", .datacenter = "dc1", .tag_separator = ","});
  EXPECT_EQ(labels.at("__address__"), "10.1.10.12:80");
  EXPECT_EQ(labels.at("__meta_consulagent_health"), "critical");
  EXPECT_EQ(labels.at("__meta_consulagent_node"), "foobar");
  EXPECT_EQ(labels.at("__meta_consulagent_metadata_rack"), "r1");
  EXPECT_EQ(labels.at("__meta_consulagent_tagged_address_lan"), "127.0.0.1:80");
}

TEST(ConsulAnswers, refuses_what_is_no_answer) {
  for (const char* text : {"", "null", "5", "[1", "\"a\""}) {
    EXPECT_FALSE(parse_consul_services(text).has_value()) << text;
    EXPECT_FALSE(parse_consul_health(text).has_value()) << text;
    EXPECT_FALSE(parse_consul_self(text).has_value()) << text;
    EXPECT_FALSE(parse_consul_agent_services(text).has_value()) << text;
    EXPECT_FALSE(parse_consul_agent_health(text, {}).has_value()) << text;
  }
  EXPECT_FALSE(parse_consul_self("{}").has_value());
}

TEST(ConsulAnswers, all_tags_must_be_there) {
  EXPECT_TRUE(has_all_tags({"a", "b"}, {}));
  EXPECT_TRUE(has_all_tags({"a", "b"}, {"b", "a"}));
  EXPECT_FALSE(has_all_tags({"a"}, {"a", "b"}));
}

}  // namespace
}  // namespace tailrace::discovery
