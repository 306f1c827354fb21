// `dockerswarm_sd_configs`: services, tasks or nodes of a swarm.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/backoff.h"
#include "base/random.h"
#include "config/docker_sd_config.h"
#include "discovery/discoverer.h"
#include "discovery/docker_api.h"

namespace tailrace::discovery {

// Lists what the role needs every refresh_interval; new targets come when all answers are there.
//
// Threading, Errors: Discoverer's.
class DockerSwarmDiscovery final : public Discoverer {
 public:
  static Result<std::unique_ptr<Discoverer>> create(const config::DockerSwarmSdConfig& config,
                                                    std::string name, const DiscoveryWorld& world);
  // For create() only.
  DockerSwarmDiscovery(const config::DockerSwarmSdConfig& config, std::string name,
                       DockerEndpoint endpoint, const DiscoveryWorld& world);

  bool poll(SteadyTime now) override;
  SteadyTime next_deadline() const override;
  const std::vector<Target>& targets() const override { return targets_; }
  bool knows() const override { return knows_; }
  std::string trouble() const override { return trouble_; }

 private:
  struct List {
    std::string path;
    std::string body;
  };

  void ask(SteadyTime now);
  bool take(SteadyTime now);
  void fail_later(std::string why, SteadyTime now);
  std::string_view body(std::string_view path) const;

  const config::DockerSwarmSdConfig config_;
  const std::string name_;
  const DiscoveryWorld& world_;
  DockerApi api_;
  Random random_;
  Backoff backoff_;
  std::vector<List> lists_;  // By the request's number.
  std::size_t open_ = 0;
  bool failed_ = false;
  SteadyTime next_{};
  std::vector<Target> targets_;
  bool knows_ = false;
  std::string trouble_;
};

}  // namespace tailrace::discovery
