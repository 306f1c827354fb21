// Containers and networks as the Engine API lists them.
#include "discovery/docker_listing.h"

#include <string>

#include <gtest/gtest.h>

namespace tailrace::discovery {
namespace {

constexpr std::string_view kContainers = R"([
 {"Id":"c1","Names":["/web"],"State":"running","Labels":{"com.docker.compose.service":"web"},
  "HostConfig":{"NetworkMode":"front"},
  "Ports":[{"IP":"0.0.0.0","PrivatePort":80,"PublicPort":8080,"Type":"tcp"},
           {"PrivatePort":53,"Type":"udp"},{"PrivatePort":22,"Type":"tcp"}],
  "NetworkSettings":{"Networks":{"front":{"NetworkID":"n2","IPAddress":"10.0.0.2"},
                                 "back":{"NetworkID":"n1","IPAddress":"10.1.0.2"}}}},
 {"Id":"c2","Names":["/host"],"State":"exited","HostConfig":{"NetworkMode":"host"},"Ports":[],
  "NetworkSettings":{"Networks":{"host":{"NetworkID":"n3","IPAddress":""}}}},
 {"Id":"c3","Names":["/shares"],"State":"paused","HostConfig":{"NetworkMode":"container:c1"},
  "NetworkSettings":{"Networks":{}}}])";
constexpr std::string_view kNetworks = R"([
 {"Id":"n1","Name":"back","Scope":"local","Internal":true,"Ingress":false,"Labels":{"a.b":"c"}},
 {"Id":"n2","Name":"front","Scope":"local","Internal":false,"Ingress":false,"Labels":{}}])";

std::vector<DockerContainer> containers() {
  return *parse_docker_containers(kContainers);
}
DockerNetworks networks() {
  return *parse_docker_networks(kNetworks, "__meta_docker_network_");
}

TEST(DockerListing, gives_a_target_for_each_tcp_port_of_the_first_network) {
  const auto targets = docker_targets(containers()[0], networks(), {});
  ASSERT_EQ(targets.size(), 2U);
  const LabelMap expected = {
      {"__address__", "10.1.0.2:80"},
      {"__meta_docker_container_id", "c1"},
      {"__meta_docker_container_label_com_docker_compose_service", "web"},
      {"__meta_docker_container_name", "/web"},
      {"__meta_docker_container_network_mode", "front"},
      {"__meta_docker_network_id", "n1"},
      {"__meta_docker_network_ingress", "false"},
      {"__meta_docker_network_internal", "true"},
      {"__meta_docker_network_ip", "10.1.0.2"},
      {"__meta_docker_network_label_a_b", "c"},
      {"__meta_docker_network_name", "back"},
      {"__meta_docker_network_scope", "local"},
      {"__meta_docker_port_private", "80"},
      {"__meta_docker_port_public", "8080"},
      {"__meta_docker_port_public_ip", "0.0.0.0"},
  };
  EXPECT_EQ(targets[1].labels, expected);
  EXPECT_EQ(targets[0].labels.at("__address__"), "10.1.0.2:22");
  EXPECT_FALSE(targets[0].labels.contains("__meta_docker_port_public"));
}

TEST(DockerListing, gives_all_networks_when_asked) {
  config::DockerSdConfig config;
  config.match_first_network = false;
  EXPECT_EQ(docker_targets(containers()[0], networks(), config).size(), 4U);
}

TEST(DockerListing, a_container_on_the_hosts_network_has_the_configured_host) {
  config::DockerSdConfig config;
  config.host_networking_host = "here";
  const auto targets = docker_targets(containers()[1], networks(), config);
  ASSERT_EQ(targets.size(), 1U);
  EXPECT_EQ(targets[0].labels.at("__address__"), "here");
  EXPECT_EQ(targets[0].labels.at("__meta_docker_network_name"), "host");
  EXPECT_FALSE(containers()[1].is_running());
}

TEST(DockerListing, a_container_without_a_network_is_a_target) {
  const auto targets = docker_targets(containers()[2], networks(), {});
  ASSERT_EQ(targets.size(), 1U);
  EXPECT_EQ(targets[0].labels.at("__meta_docker_container_name"), "/shares");
  EXPECT_FALSE(targets[0].labels.contains("__meta_docker_network_name"));
  EXPECT_TRUE(containers()[2].is_running());
}

TEST(DockerListing, refuses_what_is_no_list) {
  for (const std::string_view json : {"", "{}", "[", "null"}) {
    EXPECT_FALSE(parse_docker_containers(json)) << json;
    EXPECT_FALSE(parse_docker_networks(json, "")) << json;
  }
  EXPECT_TRUE(parse_docker_containers("[1,{},null]")->empty());
}

TEST(DockerListing, puts_addresses_of_ipv6_in_brackets) {
  EXPECT_EQ(docker_address("::1", 80), "[::1]:80");
  EXPECT_EQ(docker_address("", 80), ":80");
}

}  // namespace
}  // namespace tailrace::discovery
