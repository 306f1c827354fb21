// Targets that DNS lists: dns_sd_configs.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/list_sd_config.h"
#include "discovery/discoverer.h"
#include "discovery/dns_lookup.h"
#include "discovery/retry.h"

namespace tailrace::discovery {

// Looks every name up at every refresh_interval, aside. A name that is not answered keeps what it
// last had; one that does not exist has nothing.
//
// Memory: at most kRecordsMax records of a name are used.
class DnsDiscovery final : public Discoverer {
 public:
  static constexpr std::size_t kRecordsMax = 4096;

  DnsDiscovery(config::DnsSdConfig config, std::string name, const DiscoveryWorld& world,
               DnsLookup lookup = look_up_dns);

  bool poll(SteadyTime now) override;
  SteadyTime next_deadline() const override;
  const std::vector<Target>& targets() const override { return targets_; }
  bool knows() const override;
  std::string trouble() const override;

 private:
  struct Question;
  // One name, as far as it was looked up.
  struct Name {
    Name(std::string text, Retry how) : name(std::move(text)), retry(std::move(how)) {}
    std::string name;
    Retry retry;
    SteadyTime due{};
    // Shared with the work aside, which may outlive us.
    std::shared_ptr<Question> asked;
    bool knows = false;
    std::vector<DnsRecord> records;
  };

  void ask(Name& name);
  bool take(Name& name, SteadyTime now);
  void rebuild();

  const config::DnsSdConfig config_;
  const std::string name_;
  const DiscoveryWorld& world_;
  const DnsLookup lookup_;
  Random random_;
  std::vector<Name> names_;
  std::vector<Target> targets_;
};

}  // namespace tailrace::discovery
