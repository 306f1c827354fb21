// Targets from the local Consul agent alone: consulagent_sd_configs.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/consul_sd_config.h"
#include "discovery/consul_answers.h"
#include "discovery/discoverer.h"
#include "discovery/http_asker.h"
#include "discovery/retry.h"

namespace tailrace::discovery {

// Asks the agent every refresh_interval who it is, which services it has and how each of them is;
// the targets change when a whole round came in, so that a broken answer leaves them as they are.
//
// Memory: an answer of more than kAnswerBytesMax is refused.
class ConsulAgentDiscovery final : public Discoverer {
 public:
  static constexpr std::size_t kAnswerBytesMax = std::size_t{16} << 20U;

  ConsulAgentDiscovery(config::ConsulAgentSdConfig config, std::string name,
                       const DiscoveryWorld& world);

  bool poll(SteadyTime now) override;
  SteadyTime next_deadline() const override { return asked_ ? SteadyTime::max() : due_; }
  const std::vector<Target>& targets() const override { return targets_; }
  bool knows() const override { return knows_; }
  std::string trouble() const override { return retry_.trouble(); }

 private:
  enum class Step { kSelf, kServices, kHealth };

  void ask(SteadyTime now);
  Status take(const http::Response& response);
  bool finish_round(SteadyTime now);

  const config::ConsulAgentSdConfig config_;
  const std::string name_;
  Random random_;
  Retry retry_;
  std::string url_;
  HttpAsker asker_;
  std::optional<http::RequestTag> asked_;
  SteadyTime due_{};
  SteadyTime began_{};
  // The round that is going on.
  Step step_ = Step::kSelf;
  ConsulAgent agent_;
  std::vector<std::string> services_left_;  // The last one is asked for.
  std::vector<ConsulInstance> instances_;
  std::vector<Target> targets_;
  bool knows_ = false;
};

}  // namespace tailrace::discovery
