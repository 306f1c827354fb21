// Entries of `file_sd_configs`, `http_sd_configs` and `dns_sd_configs` as plain data.
#pragma once

namespace tailrace::config {

// docs/compatibility.md, file_sd_configs.
struct FileSdConfig {
  friend bool operator==(const FileSdConfig&, const FileSdConfig&) = default;
};

// docs/compatibility.md, http_sd_configs.
struct HttpSdConfig {
  friend bool operator==(const HttpSdConfig&, const HttpSdConfig&) = default;
};

// docs/compatibility.md, dns_sd_configs.
struct DnsSdConfig {
  friend bool operator==(const DnsSdConfig&, const DnsSdConfig&) = default;
};

}  // namespace tailrace::config
