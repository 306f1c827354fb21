// Which class finds the targets of which kind of configuration.
#include <utility>
#include <variant>

#include "discovery/discoverer.h"
#include "discovery/docker_discovery.h"
#include "discovery/dockerswarm_discovery.h"

namespace tailrace::discovery {
namespace {

// A kind that is not built is refused when the configuration is read.
struct Make {
  std::string name;
  const DiscoveryWorld& world;

  Result<std::unique_ptr<Discoverer>> operator()(const config::DockerSdConfig& config) {
    return DockerDiscovery::create(config, std::move(name), world);
  }
  Result<std::unique_ptr<Discoverer>> operator()(const config::DockerSwarmSdConfig& config) {
    return DockerSwarmDiscovery::create(config, std::move(name), world);
  }
  template <typename T>
  Result<std::unique_ptr<Discoverer>> operator()(const T& /*config*/) {
    return fail(Error::kInvalid, name + " is not yet supported");
  }
};

}  // namespace

Result<std::unique_ptr<Discoverer>> make_discoverer(const config::DiscoveryConfig& config,
                                                    std::string name, const DiscoveryWorld& world) {
  return std::visit(Make{std::move(name), world}, config);
}

}  // namespace tailrace::discovery
