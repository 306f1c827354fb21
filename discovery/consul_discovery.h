// Targets from Consul's catalog: consul_sd_configs.
#pragma once

#include <cstdint>
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

// Watches the catalog for the names of services and each service for its instances, by blocking
// queries: the server answers when something changed, or after kWait.
//
// Memory: an answer of more than kAnswerBytesMax is refused. Beyond kBlockingMax services, further
// ones are asked for every refresh_interval, so that they hold no connection.
class ConsulDiscovery final : public Discoverer {
 public:
  static constexpr std::chrono::minutes kWait{2};
  static constexpr std::size_t kAnswerBytesMax = std::size_t{32} << 20U;
  static constexpr std::size_t kBlockingMax = 128;

  ConsulDiscovery(config::ConsulSdConfig config, std::string name, const DiscoveryWorld& world);

  bool poll(SteadyTime now) override;
  SteadyTime next_deadline() const override;
  const std::vector<Target>& targets() const override { return targets_; }
  bool knows() const override;
  std::string trouble() const override;

 private:
  // One query that is asked again and again.
  struct Watch {
    explicit Watch(Retry how) : retry(std::move(how)) {}
    Retry retry;
    std::string url;          // Without what changes from one time to the next.
    std::uint64_t index = 0;  // X-Consul-Index of the last answer; 0: none.
    bool blocking = true;
    bool knows = false;
    std::optional<http::RequestTag> asked;
    SteadyTime due{};
    SteadyTime asked_at{};
  };
  struct Service {
    Watch watch;
    std::vector<ConsulInstance> instances;
  };

  Watch new_watch(const std::string& what) const;
  std::string url_of(const std::string& path,
                     std::vector<std::pair<std::string_view, std::string>> parameters) const;
  bool needs_catalog() const { return config_.services.empty() || !config_.tags.empty(); }
  void ask(Watch& watch, SteadyTime now);
  // The answer's text when it has news.
  std::optional<std::string> take(Watch& watch, const http::Response& response, SteadyTime now);
  bool dispatch(const http::Completion& completion, SteadyTime now);
  bool take_services(const ConsulServices& services);
  void watch_service(const std::string& service);
  void rebuild();

  const config::ConsulSdConfig config_;
  const std::string name_;
  const DiscoveryWorld& world_;
  mutable Random random_;
  std::string url_;
  HttpAsker asker_;
  Watch self_;  // Asked once, for the datacenter.
  Watch catalog_;
  std::string datacenter_;
  std::map<std::string, Service> services_;
  std::vector<Target> targets_;
};

}  // namespace tailrace::discovery
