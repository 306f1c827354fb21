// An HTTP server as plain data.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "base/log.h"

namespace tailrace::config {

// TLS of a server (`http_tls_config`); all empty: plain HTTP.
struct ServerTlsConfig {
  std::string cert, key, client_ca, cert_file, key_file, client_ca_file, client_auth_type;
  bool enabled() const { return !cert.empty() || !cert_file.empty(); }
  friend bool operator==(const ServerTlsConfig&, const ServerTlsConfig&) = default;
};

// The `server` block: of the status pages, and of each receiver that has one of its own.
struct ServerConfig {
  bool disable = false;
  std::string http_listen_network = "tcp";
  std::string http_listen_address;
  std::uint16_t http_listen_port = 80;
  std::uint32_t http_listen_conn_limit = 0;
  std::string http_path_prefix;
  std::string external_url;
  bool register_instrumentation = true;
  bool health_check_target = true;
  bool enable_runtime_reload = false;
  bool profiling_enabled = false;
  std::chrono::nanoseconds graceful_shutdown_timeout = std::chrono::seconds(30);
  std::chrono::nanoseconds http_read_timeout = std::chrono::seconds(30);
  std::chrono::nanoseconds http_read_header_timeout{0};  // 0: http_read_timeout alone.
  std::chrono::nanoseconds http_write_timeout = std::chrono::seconds(30);
  std::chrono::nanoseconds http_idle_timeout = std::chrono::minutes(2);
  ServerTlsConfig http_tls;
  std::vector<std::string> tls_cipher_suites;  // Go's names; empty: the library's choice.
  std::string tls_min_version;                 // VersionTLS10 to VersionTLS13; "": TLS 1.2.
  LogLevel log_level = LogLevel::kInfo;
  LogFormat log_format = LogFormat::kLogfmt;
  friend bool operator==(const ServerConfig&, const ServerConfig&) = default;
};

}  // namespace tailrace::config
