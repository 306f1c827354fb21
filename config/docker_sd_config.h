// Entries of `docker_sd_configs` and `dockerswarm_sd_configs` as plain data.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "config/client_config.h"

namespace tailrace::config {

// As the lists of the Engine API take them.
struct DockerFilter {
  std::string name;
  std::vector<std::string> values;
  friend bool operator==(const DockerFilter&, const DockerFilter&) = default;
};

// docs/compatibility.md, docker_sd_configs.
struct DockerSdConfig {
  std::string host;
  std::uint16_t port = 80;  // Of __address__ when a container has none.
  std::vector<DockerFilter> filters;
  std::string host_networking_host = "localhost";
  bool match_first_network = true;
  std::chrono::nanoseconds refresh_interval = std::chrono::seconds(60);
  HttpClientConfig http;
  // tailrace: the container that this program runs in.
  bool include_own_container = false;
  friend bool operator==(const DockerSdConfig&, const DockerSdConfig&) = default;
};

// docs/compatibility.md, dockerswarm_sd_configs.
struct DockerSwarmSdConfig {
  enum class Role { kServices, kTasks, kNodes };
  std::string host;
  Role role = Role::kServices;
  std::uint16_t port = 80;
  std::vector<DockerFilter> filters;
  std::chrono::nanoseconds refresh_interval = std::chrono::seconds(60);
  HttpClientConfig http;
  friend bool operator==(const DockerSwarmSdConfig&, const DockerSwarmSdConfig&) = default;
};

}  // namespace tailrace::config
