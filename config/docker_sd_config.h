// Entries of `docker_sd_configs` and `dockerswarm_sd_configs` as plain data.
#pragma once

namespace tailrace::config {

// docs/compatibility.md, docker_sd_configs.
struct DockerSdConfig {
  friend bool operator==(const DockerSdConfig&, const DockerSdConfig&) = default;
};

// docs/compatibility.md, dockerswarm_sd_configs.
struct DockerSwarmSdConfig {
  friend bool operator==(const DockerSwarmSdConfig&, const DockerSwarmSdConfig&) = default;
};

}  // namespace tailrace::config
