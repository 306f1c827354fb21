// Entries of `consul_sd_configs` and `consulagent_sd_configs` as plain data.
#pragma once

namespace tailrace::config {

// docs/compatibility.md, consul_sd_configs.
struct ConsulSdConfig {
  friend bool operator==(const ConsulSdConfig&, const ConsulSdConfig&) = default;
};

// docs/compatibility.md, consulagent_sd_configs.
struct ConsulAgentSdConfig {
  friend bool operator==(const ConsulAgentSdConfig&, const ConsulAgentSdConfig&) = default;
};

}  // namespace tailrace::config
