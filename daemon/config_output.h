// Shows the effective configuration at the start: -print-config-stderr, -log-config-reverse-order,
// and the clients of a dry run.
#pragma once

#include <string>

#include "base/log.h"
#include "base/text_output.h"
#include "config/config.h"

namespace tailrace::daemon {

// The whole configuration as YAML that loads again, behind a comment that names the program.
std::string config_text(const config::Config& config);

// One entry of the log per line, last line first: where the newest entry is shown at the top, as in
// Grafana, the configuration can be read downwards.
void log_config(const config::Config& config, Log& log);

// "Clients configured:" and each client, as a dry run begins (docs/compatibility.md, dry run).
void print_clients(const config::Config& config, const TextOutput& output);

}  // namespace tailrace::daemon
