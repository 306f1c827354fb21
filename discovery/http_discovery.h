// Targets that an HTTP server lists: http_sd_configs.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/list_sd_config.h"
#include "discovery/discoverer.h"
#include "discovery/http_asker.h"
#include "discovery/retry.h"

namespace tailrace::discovery {

// Asks for the whole list every refresh_interval; what is no good list leaves the last one.
//
// Memory: an answer of more than kListBytesMax is refused.
class HttpDiscovery final : public Discoverer {
 public:
  static constexpr std::size_t kListBytesMax = std::size_t{16} << 20U;

  HttpDiscovery(const config::HttpSdConfig& config, std::string name, const DiscoveryWorld& world);

  bool poll(SteadyTime now) override;
  SteadyTime next_deadline() const override { return asked_ ? SteadyTime::max() : due_; }
  const std::vector<Target>& targets() const override { return targets_; }
  bool knows() const override { return knows_; }
  std::string trouble() const override { return retry_.trouble(); }

 private:
  bool take(const http::Response& response, SteadyTime now);
  void ask(SteadyTime now);

  const config::HttpSdConfig config_;
  const std::string name_;
  Random random_;
  Retry retry_;
  HttpAsker asker_;
  std::optional<http::RequestTag> asked_;
  SteadyTime due_{};
  std::vector<Target> targets_;
  bool knows_ = false;
};

}  // namespace tailrace::discovery
