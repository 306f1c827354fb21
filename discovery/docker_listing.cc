// Containers and networks from JSON.
#include "discovery/docker_listing.h"

#include <algorithm>
#include <utility>

#include "discovery/docker_json.h"

namespace tailrace::discovery {
namespace {

DockerContainer read_docker_container(simdjson::dom::element item) {
  DockerContainer container;
  container.id = docker_text(item, "/Id");
  container.name = docker_text(item, "/Names/0");
  container.state = docker_text(item, "/State");
  container.network_mode = docker_text(item, "/HostConfig/NetworkMode");
  docker_labels(item, "/Labels", "__meta_docker_container_label_", container.labels);
  simdjson::dom::object networks;
  if (item.at_pointer("/NetworkSettings/Networks").get(networks) == simdjson::SUCCESS) {
    for (const auto field : networks) {
      if (!field.value.is_object()) continue;
      container.networks.push_back({.name = std::string(field.key),
                                    .id = docker_text(field.value, "/NetworkID"),
                                    .ip = docker_text(field.value, "/IPAddress")});
    }
  }
  docker_items(item, "/Ports", [&](simdjson::dom::element port) {
    if (docker_text(port, "/Type") != "tcp") return;
    container.ports.push_back({.private_port = docker_number(port, "/PrivatePort"),
                               .public_port = docker_number(port, "/PublicPort"),
                               .public_ip = docker_text(port, "/IP")});
  });
  std::sort(container.networks.begin(), container.networks.end());
  std::sort(container.ports.begin(), container.ports.end());
  return container;
}

LabelMap docker_container_labels(const DockerContainer& container) {
  LabelMap labels = container.labels;
  labels["__meta_docker_container_id"] = container.id;
  labels["__meta_docker_container_name"] = container.name;
  labels["__meta_docker_container_network_mode"] = container.network_mode;
  return labels;
}

void add_docker_targets(const DockerContainer& container, const LabelMap& labels,
                        const config::DockerSdConfig& config, std::vector<Target>& targets) {
  const std::string& ip = labels.at("__meta_docker_network_ip");
  for (const DockerContainer::Port& port : container.ports) {
    Target& target = targets.emplace_back(Target{.labels = labels, .found_by = {}});
    target.labels["__address__"] = docker_address(ip, port.private_port);
    target.labels["__meta_docker_port_private"] = std::to_string(port.private_port);
    if (port.public_port == 0) continue;
    target.labels["__meta_docker_port_public"] = std::to_string(port.public_port);
    target.labels["__meta_docker_port_public_ip"] = port.public_ip;
  }
  if (!container.ports.empty()) return;
  Target& target = targets.emplace_back(Target{.labels = labels, .found_by = {}});
  target.labels["__address__"] = container.network_mode == "host" ? config.host_networking_host
                                                                  : docker_address(ip, config.port);
}

}  // namespace

std::string docker_address(std::string_view host, std::uint64_t port) {
  const bool brackets = host.find(':') != std::string_view::npos;
  return (brackets ? "[" + std::string(host) + "]" : std::string(host)) + ":" +
         std::to_string(port);
}

Result<std::vector<DockerContainer>> parse_docker_containers(std::string_view json) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  if (json.empty() || parser.parse(json.data(), json.size()).get(root) != simdjson::SUCCESS ||
      !root.is_array()) {
    return fail(Error::kInvalid, "the list of containers is not understood");
  }
  std::vector<DockerContainer> containers;
  docker_items(root, "", [&](simdjson::dom::element item) {
    DockerContainer container = read_docker_container(item);
    if (!container.id.empty()) containers.push_back(std::move(container));
  });
  return containers;
}

Result<DockerNetworks> parse_docker_networks(std::string_view json, std::string_view prefix) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  if (json.empty() || parser.parse(json.data(), json.size()).get(root) != simdjson::SUCCESS ||
      !root.is_array()) {
    return fail(Error::kInvalid, "the list of networks is not understood");
  }
  DockerNetworks networks;
  const std::string start(prefix);
  docker_items(root, "", [&](simdjson::dom::element item) {
    LabelMap& labels = networks[docker_text(item, "/Id")];
    docker_labels(item, "/Labels", start + "label_", labels);
    labels[start + "id"] = docker_text(item, "/Id");
    labels[start + "name"] = docker_text(item, "/Name");
    labels[start + "scope"] = docker_text(item, "/Scope");
    labels[start + "internal"] = docker_flag(item, "/Internal");
    labels[start + "ingress"] = docker_flag(item, "/Ingress");
  });
  return networks;
}

std::vector<Target> docker_targets(const DockerContainer& container, const DockerNetworks& networks,
                                   const config::DockerSdConfig& config) {
  std::vector<Target> targets;
  const LabelMap own = docker_container_labels(container);
  for (const DockerContainer::Network& network : container.networks) {
    LabelMap labels = own;
    const auto known = networks.find(network.id);
    if (known != networks.end()) {
      labels.insert(known->second.begin(), known->second.end());
    } else {
      labels["__meta_docker_network_id"] = network.id;
      labels["__meta_docker_network_name"] = network.name;
    }
    labels["__meta_docker_network_ip"] = network.ip;
    add_docker_targets(container, labels, config, targets);
    if (config.match_first_network) break;
  }
  if (targets.empty()) {
    Target& target = targets.emplace_back(Target{.labels = own, .found_by = {}});
    target.labels["__address__"] = container.network_mode == "host"
                                       ? config.host_networking_host
                                       : docker_address("", config.port);
  }
  return targets;
}

}  // namespace tailrace::discovery
