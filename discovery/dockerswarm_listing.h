// Services, tasks and nodes of a swarm, as targets.
#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/docker_sd_config.h"
#include "discovery/target.h"

namespace tailrace::discovery {

// Answers of the Engine API; those that a role does not need are empty.
struct DockerSwarmLists {
  std::string_view services, tasks, nodes, networks;
};

// Labels and addresses as docs/compatibility.md, dockerswarm_sd_configs. found_by is empty.
// Errors: kInvalid for what is not the answer.
Result<std::vector<Target>> dockerswarm_targets(const DockerSwarmLists& lists,
                                                const config::DockerSwarmSdConfig& config);

}  // namespace tailrace::discovery
