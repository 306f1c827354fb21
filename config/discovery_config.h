// One entry of any `..._sd_configs` of a job.
#pragma once

#include <variant>

#include "config/consul_sd_config.h"
#include "config/docker_sd_config.h"
#include "config/kubernetes_sd_config.h"
#include "config/list_sd_config.h"

namespace tailrace::config {

// static_configs are not among them: they are known when the file is read.
using DiscoveryConfig =
    std::variant<FileSdConfig, HttpSdConfig, DnsSdConfig, ConsulSdConfig, ConsulAgentSdConfig,
                 KubernetesSdConfig, DockerSwarmSdConfig, DockerSdConfig>;

}  // namespace tailrace::config
