// Services, tasks and nodes as the Engine API lists them.
#include "discovery/dockerswarm_listing.h"

#include <string>

#include <gtest/gtest.h>

namespace tailrace::discovery {
namespace {

using Role = config::DockerSwarmSdConfig::Role;

constexpr DockerSwarmLists kLists = {
    .services = R"([
 {"ID":"s1","Spec":{"Name":"web","Labels":{"a.b":"c"},"Mode":{"Replicated":{"Replicas":2}},
   "TaskTemplate":{"ContainerSpec":{"Image":"nginx:1","Hostname":"h"}}},
  "Endpoint":{"Ports":[{"Name":"http","Protocol":"tcp","PublishedPort":8080,"PublishMode":"ingress"},
                       {"Protocol":"udp","PublishedPort":53,"PublishMode":"ingress"}],
              "VirtualIPs":[{"NetworkID":"n1","Addr":"10.0.0.7/24"},{"NetworkID":"n2"}]},
  "UpdateStatus":{"State":"completed"}},
 {"ID":"s2","Spec":{"Name":"plain","Mode":{"Global":{}}},
  "Endpoint":{"VirtualIPs":[{"NetworkID":"n1","Addr":"10.0.0.8/24"}]}}])",
    .tasks = R"([
 {"ID":"t1","ServiceID":"s1","NodeID":"m1","Slot":1,"DesiredState":"running",
  "Spec":{"ContainerSpec":{"Labels":{"x-y":"z"}}},
  "Status":{"State":"running","ContainerStatus":{"ContainerID":"c1"},
            "PortStatus":{"Ports":[{"Protocol":"tcp","PublishedPort":9100,"PublishMode":"host"}]}},
  "NetworksAttachments":[{"Network":{"ID":"n1"},"Addresses":["10.0.0.9/24"]}]},
 {"ID":"t2","ServiceID":"s2","NodeID":"m1","Slot":2,"DesiredState":"shutdown",
  "Status":{"State":"failed"},
  "NetworksAttachments":[{"Network":{"ID":"n1"},"Addresses":["10.0.0.10/24"]}]}])",
    .nodes = R"([
 {"ID":"m1","Spec":{"Role":"manager","Availability":"active","Labels":{"zone":"a"}},
  "Description":{"Hostname":"host1","Platform":{"Architecture":"x86_64","OS":"linux"},
                 "Engine":{"EngineVersion":"20.10.24"}},
  "Status":{"State":"ready","Addr":"192.168.0.1"},
  "ManagerStatus":{"Leader":true,"Reachability":"reachable","Addr":"192.168.0.1:2377"}},
 {"ID":"m2","Spec":{"Role":"worker"},"Status":{"State":"ready","Addr":"192.168.0.2"}}])",
    .networks = R"([{"Id":"n1","Name":"net","Scope":"swarm","Internal":false,"Ingress":true,
  "Labels":{"k":"v"}}])"};

std::vector<Target> targets(Role role) {
  config::DockerSwarmSdConfig config;
  config.role = role;
  config.port = 99;
  return *dockerswarm_targets(kLists, config);
}

TEST(DockerSwarmListing, gives_services_by_their_ports) {
  const auto found = targets(Role::kServices);
  ASSERT_EQ(found.size(), 2U);
  const LabelMap expected = {
      {"__address__", "10.0.0.7:8080"},
      {"__meta_dockerswarm_network_id", "n1"},
      {"__meta_dockerswarm_network_ingress", "true"},
      {"__meta_dockerswarm_network_internal", "false"},
      {"__meta_dockerswarm_network_label_k", "v"},
      {"__meta_dockerswarm_network_name", "net"},
      {"__meta_dockerswarm_network_scope", "swarm"},
      {"__meta_dockerswarm_service_endpoint_port_name", "http"},
      {"__meta_dockerswarm_service_endpoint_port_publish_mode", "ingress"},
      {"__meta_dockerswarm_service_id", "s1"},
      {"__meta_dockerswarm_service_label_a_b", "c"},
      {"__meta_dockerswarm_service_mode", "replicated"},
      {"__meta_dockerswarm_service_name", "web"},
      {"__meta_dockerswarm_service_task_container_hostname", "h"},
      {"__meta_dockerswarm_service_task_container_image", "nginx:1"},
      {"__meta_dockerswarm_service_updating_status", "completed"},
  };
  EXPECT_EQ(found[0].labels, expected);
  EXPECT_EQ(found[1].labels.at("__address__"), "10.0.0.8:99");
  EXPECT_EQ(found[1].labels.at("__meta_dockerswarm_service_mode"), "global");
}

TEST(DockerSwarmListing, gives_tasks_with_their_service_and_node) {
  const auto found = targets(Role::kTasks);
  ASSERT_EQ(found.size(), 3U);
  const LabelMap on_the_node = {
      {"__address__", "192.168.0.1:9100"},
      {"__meta_dockerswarm_container_label_x_y", "z"},
      {"__meta_dockerswarm_node_address", "192.168.0.1"},
      {"__meta_dockerswarm_node_availability", "active"},
      {"__meta_dockerswarm_node_hostname", "host1"},
      {"__meta_dockerswarm_node_id", "m1"},
      {"__meta_dockerswarm_node_label_zone", "a"},
      {"__meta_dockerswarm_node_platform_architecture", "x86_64"},
      {"__meta_dockerswarm_node_platform_os", "linux"},
      {"__meta_dockerswarm_node_role", "manager"},
      {"__meta_dockerswarm_node_status", "ready"},
      {"__meta_dockerswarm_service_id", "s1"},
      {"__meta_dockerswarm_service_label_a_b", "c"},
      {"__meta_dockerswarm_service_mode", "replicated"},
      {"__meta_dockerswarm_service_name", "web"},
      {"__meta_dockerswarm_task_container_id", "c1"},
      {"__meta_dockerswarm_task_desired_state", "running"},
      {"__meta_dockerswarm_task_id", "t1"},
      {"__meta_dockerswarm_task_port_publish_mode", "host"},
      {"__meta_dockerswarm_task_slot", "1"},
      {"__meta_dockerswarm_task_state", "running"},
  };
  EXPECT_EQ(found[0].labels, on_the_node);
  EXPECT_EQ(found[1].labels.at("__address__"), "10.0.0.9:8080");
  EXPECT_EQ(found[1].labels.at("__meta_dockerswarm_network_name"), "net");
  EXPECT_EQ(found[1].labels.at("__meta_dockerswarm_task_port_publish_mode"), "ingress");
  EXPECT_EQ(found[2].labels.at("__address__"), "10.0.0.10:99");
}

TEST(DockerSwarmListing, gives_nodes) {
  const auto found = targets(Role::kNodes);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].labels.at("__address__"), "192.168.0.1:99");
  EXPECT_EQ(found[0].labels.at("__meta_dockerswarm_node_engine_version"), "20.10.24");
  EXPECT_EQ(found[0].labels.at("__meta_dockerswarm_node_manager_leader"), "true");
  EXPECT_EQ(found[0].labels.at("__meta_dockerswarm_node_manager_address"), "192.168.0.1:2377");
  EXPECT_EQ(found[0].labels.at("__meta_dockerswarm_node_manager_reachability"), "reachable");
  EXPECT_FALSE(found[1].labels.contains("__meta_dockerswarm_node_manager_leader"));
}

TEST(DockerSwarmListing, refuses_what_is_no_list) {
  for (const Role role : {Role::kServices, Role::kTasks, Role::kNodes}) {
    config::DockerSwarmSdConfig config;
    config.role = role;
    EXPECT_FALSE(dockerswarm_targets({}, config));
    const std::string_view refusal = R"({"message":"This node is not a swarm manager"})";
    EXPECT_FALSE(dockerswarm_targets({refusal, refusal, refusal, refusal}, config));
  }
}

}  // namespace
}  // namespace tailrace::discovery
