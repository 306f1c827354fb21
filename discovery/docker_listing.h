// What the Engine API lists, as targets.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/docker_sd_config.h"
#include "discovery/target.h"

namespace tailrace::discovery {

// One of GET /containers/json.
struct DockerContainer {
  struct Network {
    std::string name, id, ip;
    friend auto operator<=>(const Network&, const Network&) = default;
  };
  struct Port {
    std::uint64_t private_port = 0;
    std::uint64_t public_port = 0;  // 0: not published.
    std::string public_ip;
    friend auto operator<=>(const Port&, const Port&) = default;
  };
  std::string id;
  std::string name;  // With its slash, as the API says it.
  std::string state;
  std::string network_mode;
  LabelMap labels;                // As `__meta_docker_container_label_...`.
  std::vector<Network> networks;  // By name.
  std::vector<Port> ports;        // Of TCP, by number.

  // It may write lines.
  bool is_running() const {
    return state == "running" || state == "paused" || state == "restarting" || state == "removing";
  }
};

// Labels of networks, by their id.
using DockerNetworks = std::map<std::string, LabelMap, std::less<>>;

// Errors: kInvalid for what is not the answer. In any order.
Result<std::vector<DockerContainer>> parse_docker_containers(std::string_view json);
// `prefix`: of the labels' names, "__meta_docker_network_".
Result<DockerNetworks> parse_docker_networks(std::string_view json, std::string_view prefix);

// One target per network and TCP port of the container (docs/compatibility.md, docker_sd_configs);
// one for a container without any.
std::vector<Target> docker_targets(const DockerContainer& container, const DockerNetworks& networks,
                                   const config::DockerSdConfig& config);

// "10.0.0.1:80", "[::1]:80".
std::string docker_address(std::string_view host, std::uint64_t port);

}  // namespace tailrace::discovery
