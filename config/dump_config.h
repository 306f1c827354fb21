// The effective configuration as text: for -print-config-stderr, /config and the dry run.
#pragma once

#include <string>

#include "config/config.h"

namespace tailrace::config {

// YAML that load_text() reads back to an equal configuration, but for secrets, of which
// `<secret>` is shown. The file's values and the flags, defaults filled in; keys that are empty or
// without effect are left out, jobs stand as they were written.
std::string dump_config(const Config& config);

// The keys of one client likewise, not indented.
std::string dump_client(const ClientConfig& client);

}  // namespace tailrace::config
