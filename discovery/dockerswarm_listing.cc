// The swarm's lists from JSON.
#include "discovery/dockerswarm_listing.h"

#include <array>
#include <map>
#include <string>
#include <utility>

#include "discovery/docker_json.h"
#include "discovery/docker_listing.h"

namespace tailrace::discovery {
namespace {

struct SwarmPort {
  std::string name, mode;
  std::uint64_t published = 0;
};

struct SwarmService {
  LabelMap labels;       // As a service's target has them.
  LabelMap task_labels;  // As its tasks have them.
  std::vector<SwarmPort> ports;
};

Result<simdjson::dom::element> parse_swarm_list(simdjson::dom::parser& parser,
                                                std::string_view json, std::string_view what) {
  simdjson::dom::element root;
  if (json.empty() || parser.parse(json.data(), json.size()).get(root) != simdjson::SUCCESS ||
      !root.is_array()) {
    return fail(Error::kInvalid, "the list of " + std::string(what) + " is not understood");
  }
  return root;
}

// Of TCP.
std::vector<SwarmPort> read_swarm_ports(simdjson::dom::element at, std::string_view pointer) {
  std::vector<SwarmPort> ports;
  docker_items(at, pointer, [&](simdjson::dom::element port) {
    if (docker_text(port, "/Protocol") != "tcp") return;
    ports.push_back({.name = docker_text(port, "/Name"),
                     .mode = docker_text(port, "/PublishMode"),
                     .published = docker_number(port, "/PublishedPort")});
  });
  return ports;
}

std::string swarm_service_mode(simdjson::dom::element service) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kModes = {
      {{"/Spec/Mode/Global", "global"},
       {"/Spec/Mode/Replicated", "replicated"},
       {"/Spec/Mode/GlobalJob", "global-job"},
       {"/Spec/Mode/ReplicatedJob", "replicated-job"}}};
  for (const auto& [pointer, name] : kModes) {
    if (service.at_pointer(pointer).error() == simdjson::SUCCESS) return std::string(name);
  }
  return {};
}

SwarmService read_swarm_service(simdjson::dom::element item) {
  SwarmService service;
  LabelMap& labels = service.task_labels;
  labels["__meta_dockerswarm_service_id"] = docker_text(item, "/ID");
  labels["__meta_dockerswarm_service_name"] = docker_text(item, "/Spec/Name");
  labels["__meta_dockerswarm_service_mode"] = swarm_service_mode(item);
  docker_labels(item, "/Spec/Labels", "__meta_dockerswarm_service_label_", labels);
  service.labels = labels;
  service.labels["__meta_dockerswarm_service_task_container_hostname"] =
      docker_text(item, "/Spec/TaskTemplate/ContainerSpec/Hostname");
  service.labels["__meta_dockerswarm_service_task_container_image"] =
      docker_text(item, "/Spec/TaskTemplate/ContainerSpec/Image");
  const std::string updating = docker_text(item, "/UpdateStatus/State");
  if (!updating.empty()) service.labels["__meta_dockerswarm_service_updating_status"] = updating;
  service.ports = read_swarm_ports(item, "/Endpoint/Ports");
  return service;
}

LabelMap read_swarm_node(simdjson::dom::element item) {
  LabelMap labels;
  constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kFields = {
      {{"id", "/ID"},
       {"hostname", "/Description/Hostname"},
       {"address", "/Status/Addr"},
       {"availability", "/Spec/Availability"},
       {"platform_architecture", "/Description/Platform/Architecture"},
       {"platform_os", "/Description/Platform/OS"},
       {"role", "/Spec/Role"},
       {"status", "/Status/State"}}};
  for (const auto& [name, pointer] : kFields)
    labels["__meta_dockerswarm_node_" + std::string(name)] = docker_text(item, pointer);
  docker_labels(item, "/Spec/Labels", "__meta_dockerswarm_node_label_", labels);
  return labels;
}

std::string without_swarm_prefix(std::string address) {
  return address.substr(0, address.find('/'));
}

void add_swarm_labels(LabelMap& labels, const LabelMap& more) {
  labels.insert(more.begin(), more.end());
}

void add_swarm_network(LabelMap& labels, const DockerNetworks& networks, const std::string& id) {
  const auto known = networks.find(id);
  if (known != networks.end()) add_swarm_labels(labels, known->second);
}

// One for each port, or one with the configured port.
void add_swarm_address(const SwarmService& service, const LabelMap& labels, const std::string& ip,
                       std::uint64_t port, std::vector<Target>& targets) {
  for (const SwarmPort& one : service.ports) {
    LabelMap& own = targets.emplace_back(Target{.labels = labels, .found_by = {}}).labels;
    own["__address__"] = docker_address(ip, one.published);
    own["__meta_dockerswarm_service_endpoint_port_name"] = one.name;
    own["__meta_dockerswarm_service_endpoint_port_publish_mode"] = one.mode;
  }
  if (!service.ports.empty()) return;
  LabelMap& own = targets.emplace_back(Target{.labels = labels, .found_by = {}}).labels;
  own["__address__"] = docker_address(ip, port);
}

void add_swarm_service(simdjson::dom::element item, const DockerNetworks& networks,
                       std::uint64_t port, std::vector<Target>& targets) {
  const SwarmService service = read_swarm_service(item);
  docker_items(item, "/Endpoint/VirtualIPs", [&](simdjson::dom::element address) {
    const std::string ip = without_swarm_prefix(docker_text(address, "/Addr"));
    if (ip.empty()) return;  // Of the host's network.
    LabelMap labels = service.labels;
    add_swarm_network(labels, networks, docker_text(address, "/NetworkID"));
    add_swarm_address(service, labels, ip, port, targets);
  });
}

void add_swarm_node(simdjson::dom::element item, std::uint64_t port, std::vector<Target>& targets) {
  Target& target = targets.emplace_back(Target{.labels = read_swarm_node(item), .found_by = {}});
  LabelMap& labels = target.labels;
  labels["__meta_dockerswarm_node_engine_version"] =
      docker_text(item, "/Description/Engine/EngineVersion");
  if (item.at_pointer("/ManagerStatus").is_object()) {
    labels["__meta_dockerswarm_node_manager_address"] = docker_text(item, "/ManagerStatus/Addr");
    labels["__meta_dockerswarm_node_manager_leader"] = docker_flag(item, "/ManagerStatus/Leader");
    labels["__meta_dockerswarm_node_manager_reachability"] =
        docker_text(item, "/ManagerStatus/Reachability");
  }
  labels["__address__"] = docker_address(docker_text(item, "/Status/Addr"), port);
}

LabelMap read_swarm_task(simdjson::dom::element item) {
  LabelMap labels;
  labels["__meta_dockerswarm_task_id"] = docker_text(item, "/ID");
  labels["__meta_dockerswarm_task_container_id"] =
      docker_text(item, "/Status/ContainerStatus/ContainerID");
  labels["__meta_dockerswarm_task_desired_state"] = docker_text(item, "/DesiredState");
  labels["__meta_dockerswarm_task_slot"] = std::to_string(docker_number(item, "/Slot"));
  labels["__meta_dockerswarm_task_state"] = docker_text(item, "/Status/State");
  docker_labels(item, "/Spec/ContainerSpec/Labels", "__meta_dockerswarm_container_label_", labels);
  return labels;
}

struct Swarm {
  std::map<std::string, SwarmService> services;
  std::map<std::string, LabelMap> nodes;
  DockerNetworks networks;
  std::uint64_t port = 0;
};

void add_swarm_task(simdjson::dom::element item, const Swarm& swarm, std::vector<Target>& targets) {
  LabelMap common = read_swarm_task(item);
  const auto service = swarm.services.find(docker_text(item, "/ServiceID"));
  if (service != swarm.services.end()) add_swarm_labels(common, service->second.task_labels);
  const auto node = swarm.nodes.find(docker_text(item, "/NodeID"));
  if (node != swarm.nodes.end()) add_swarm_labels(common, node->second);
  // Published on the node itself.
  for (const SwarmPort& port : read_swarm_ports(item, "/Status/PortStatus/Ports")) {
    LabelMap& labels = targets.emplace_back(Target{.labels = common, .found_by = {}}).labels;
    labels["__address__"] =
        docker_address(common["__meta_dockerswarm_node_address"], port.published);
    labels["__meta_dockerswarm_task_port_publish_mode"] = port.mode;
  }
  docker_items(item, "/NetworksAttachments", [&](simdjson::dom::element attachment) {
    LabelMap attached = common;
    add_swarm_network(attached, swarm.networks, docker_text(attachment, "/Network/ID"));
    docker_items(attachment, "/Addresses", [&](simdjson::dom::element address) {
      std::string_view text;
      if (address.get(text) != simdjson::SUCCESS) return;
      const std::string ip = without_swarm_prefix(std::string(text));
      const bool has_ports = service != swarm.services.end() && !service->second.ports.empty();
      if (!has_ports) {
        LabelMap& labels = targets.emplace_back(Target{.labels = attached, .found_by = {}}).labels;
        labels["__address__"] = docker_address(ip, swarm.port);
        return;
      }
      for (const SwarmPort& port : service->second.ports) {
        LabelMap& labels = targets.emplace_back(Target{.labels = attached, .found_by = {}}).labels;
        labels["__address__"] = docker_address(ip, port.published);
        labels["__meta_dockerswarm_task_port_publish_mode"] = port.mode;
      }
    });
  });
}

Result<std::vector<Target>> swarm_task_targets(const DockerSwarmLists& lists, Swarm swarm) {
  simdjson::dom::parser parser;
  const auto services = parse_swarm_list(parser, lists.services, "services");
  if (!services) return fail(services.error());
  docker_items(*services, "", [&](simdjson::dom::element item) {
    swarm.services[docker_text(item, "/ID")] = read_swarm_service(item);
  });
  const auto nodes = parse_swarm_list(parser, lists.nodes, "nodes");
  if (!nodes) return fail(nodes.error());
  docker_items(*nodes, "", [&](simdjson::dom::element item) {
    swarm.nodes[docker_text(item, "/ID")] = read_swarm_node(item);
  });
  const auto tasks = parse_swarm_list(parser, lists.tasks, "tasks");
  if (!tasks) return fail(tasks.error());
  std::vector<Target> targets;
  docker_items(*tasks, "",
               [&](simdjson::dom::element item) { add_swarm_task(item, swarm, targets); });
  return targets;
}

}  // namespace

Result<std::vector<Target>> dockerswarm_targets(const DockerSwarmLists& lists,
                                                const config::DockerSwarmSdConfig& config) {
  using Role = config::DockerSwarmSdConfig::Role;
  std::vector<Target> targets;
  simdjson::dom::parser parser;
  if (config.role == Role::kNodes) {
    const auto nodes = parse_swarm_list(parser, lists.nodes, "nodes");
    if (!nodes) return fail(nodes.error());
    docker_items(*nodes, "",
                 [&](simdjson::dom::element item) { add_swarm_node(item, config.port, targets); });
    return targets;
  }
  auto networks = parse_docker_networks(lists.networks, "__meta_dockerswarm_network_");
  if (!networks) return fail(networks.error());
  if (config.role == Role::kTasks) {
    return swarm_task_targets(
        lists, {.services = {}, .nodes = {}, .networks = *networks, .port = config.port});
  }
  const auto services = parse_swarm_list(parser, lists.services, "services");
  if (!services) return fail(services.error());
  docker_items(*services, "", [&](simdjson::dom::element item) {
    add_swarm_service(item, *networks, config.port, targets);
  });
  return targets;
}

}  // namespace tailrace::discovery
