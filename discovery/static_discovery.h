// Targets that stand in the configuration: static_configs.
#pragma once

#include <vector>

#include "config/scrape_config.h"
#include "discovery/target.h"

namespace tailrace::discovery {

// One target for each entry of `targets` of each group, with its __address__ and the group's
// labels. A group without entries is one target whose __address__ is "localhost"
// (docs/compatibility.md, static_configs): files need no address.
std::vector<Target> static_targets(const config::ScrapeConfig& scrape_config);

}  // namespace tailrace::discovery
