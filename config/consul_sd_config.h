// Entries of `consul_sd_configs` and `consulagent_sd_configs` as plain data.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "config/client_config.h"

namespace tailrace::config {

// docs/compatibility.md, consul_sd_configs.
struct ConsulSdConfig {
  std::string server = "localhost:8500";  // host:port, or unix:///path.
  std::string scheme = "http";
  std::string path_prefix;
  std::string token;
  std::string datacenter;  // Empty: that of the agent.
  std::string namespace_name;
  std::string partition;
  std::vector<std::string> services;  // Empty: all.
  std::vector<std::string> tags;      // A service must have all of them.
  TextPairs node_meta;
  std::string filter;
  std::string tag_separator = ",";
  bool allow_stale = true;
  std::chrono::nanoseconds refresh_interval = std::chrono::seconds(30);
  HttpClientConfig http;
  friend bool operator==(const ConsulSdConfig&, const ConsulSdConfig&) = default;
};

// docs/compatibility.md, consulagent_sd_configs.
struct ConsulAgentSdConfig {
  std::string server = "localhost:8500";
  std::string scheme = "http";
  std::string token;
  std::string datacenter;  // Of the label alone; empty: the agent's.
  std::vector<std::string> services;
  std::vector<std::string> tags;
  TextPairs node_meta;  // The agent's own node must have it, else there are no targets.
  std::string tag_separator = ",";
  std::chrono::nanoseconds refresh_interval = std::chrono::seconds(30);
  HttpClientConfig http;
  friend bool operator==(const ConsulAgentSdConfig&, const ConsulAgentSdConfig&) = default;
};

}  // namespace tailrace::config
