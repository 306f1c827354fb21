// static_configs as targets.
#include "discovery/static_discovery.h"

#include <string>

namespace tailrace::discovery {

std::vector<Target> static_targets(const config::ScrapeConfig& scrape_config) {
  std::vector<Target> targets;
  for (std::size_t group = 0; group < scrape_config.static_configs.size(); ++group) {
    const config::StaticTargetGroup& source = scrape_config.static_configs[group];
    const std::string found_by = "static_configs[" + std::to_string(group) + "]";
    const auto add = [&](const std::string& address) {
      Target target{.labels = source.labels, .found_by = found_by};
      target.labels["__address__"] = address;
      targets.push_back(std::move(target));
    };
    for (const std::string& address : source.targets)
      add(address);
    if (source.targets.empty()) add("localhost");
  }
  return targets;
}

}  // namespace tailrace::discovery
