// Entries of `file_sd_configs`, `http_sd_configs` and `dns_sd_configs` as plain data.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "config/client_config.h"

namespace tailrace::config {

// docs/compatibility.md, file_sd_configs.
struct FileSdConfig {
  std::vector<std::string> files;  // Patterns: one * in the last part of the path.
  std::chrono::nanoseconds refresh_interval = std::chrono::minutes(5);
  friend bool operator==(const FileSdConfig&, const FileSdConfig&) = default;
};

// docs/compatibility.md, http_sd_configs.
struct HttpSdConfig {
  std::string url;
  std::chrono::nanoseconds refresh_interval = std::chrono::minutes(1);
  HttpClientConfig http;
  friend bool operator==(const HttpSdConfig&, const HttpSdConfig&) = default;
};

// docs/compatibility.md, dns_sd_configs.
struct DnsSdConfig {
  enum class Type { kSrv, kA, kAaaa, kMx, kNs };
  std::vector<std::string> names;
  Type type = Type::kSrv;
  std::uint16_t port = 0;  // Of SRV records: their own.
  std::chrono::nanoseconds refresh_interval = std::chrono::seconds(30);
  friend bool operator==(const DnsSdConfig&, const DnsSdConfig&) = default;
};

}  // namespace tailrace::config
