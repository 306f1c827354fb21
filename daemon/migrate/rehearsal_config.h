// The configuration of a rehearsal: Promtail's, without what listens, sends or writes.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "daemon/migrate/installed_promtail.h"

namespace tailrace::daemon::migrate {

struct RehearsalConfig {
  std::string yaml;
  std::vector<std::string> jobs;      // Which are rehearsed.
  std::vector<std::string> left_out;  // "web (not read from files)"
  bool has_sampling = false;          // Chance decides what is kept.
};

// Jobs that read files, with their stages and rules as they are; positions are read from
// `positions`; no server, no limits, and a client that nobody listens to.
// Errors: kInvalid when the configuration has errors, or nothing that reads files.
Result<RehearsalConfig> rehearsal_config(const InstalledPromtail& promtail,
                                         const std::string& positions);

}  // namespace tailrace::daemon::migrate
