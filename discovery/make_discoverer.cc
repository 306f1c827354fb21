// Which class finds the targets of which kind of configuration.
#include <utility>
#include <variant>

#include "discovery/consul_agent_discovery.h"
#include "discovery/consul_discovery.h"
#include "discovery/discoverer.h"
#include "discovery/dns_discovery.h"
#include "discovery/docker_discovery.h"
#include "discovery/dockerswarm_discovery.h"
#include "discovery/file_discovery.h"
#include "discovery/http_discovery.h"
#include "discovery/kubernetes_discovery.h"

namespace tailrace::discovery {
namespace {

struct Make {
  std::string name;
  const DiscoveryWorld& world;

  Result<std::unique_ptr<Discoverer>> operator()(const config::FileSdConfig& config) {
    return std::make_unique<FileDiscovery>(config, std::move(name), world);
  }
  Result<std::unique_ptr<Discoverer>> operator()(const config::HttpSdConfig& config) {
    return std::make_unique<HttpDiscovery>(config, std::move(name), world);
  }
  Result<std::unique_ptr<Discoverer>> operator()(const config::DnsSdConfig& config) {
    return std::make_unique<DnsDiscovery>(config, std::move(name), world);
  }
  Result<std::unique_ptr<Discoverer>> operator()(const config::ConsulSdConfig& config) {
    return std::make_unique<ConsulDiscovery>(config, std::move(name), world);
  }
  Result<std::unique_ptr<Discoverer>> operator()(const config::ConsulAgentSdConfig& config) {
    return std::make_unique<ConsulAgentDiscovery>(config, std::move(name), world);
  }
  Result<std::unique_ptr<Discoverer>> operator()(const config::KubernetesSdConfig& config) {
    return KubernetesDiscovery::create(config, std::move(name), world);
  }
  Result<std::unique_ptr<Discoverer>> operator()(const config::DockerSdConfig& config) {
    return DockerDiscovery::create(config, std::move(name), world);
  }
  Result<std::unique_ptr<Discoverer>> operator()(const config::DockerSwarmSdConfig& config) {
    return DockerSwarmDiscovery::create(config, std::move(name), world);
  }
};

}  // namespace

Result<std::unique_ptr<Discoverer>> make_discoverer(const config::DiscoveryConfig& config,
                                                    std::string name, const DiscoveryWorld& world) {
  return std::visit(Make{std::move(name), world}, config);
}

}  // namespace tailrace::discovery
