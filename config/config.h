// The whole configuration: defaults filled in, valid, immutable.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/log.h"
#include "config/client_config.h"
#include "config/scrape_config.h"

namespace tailrace::config {

// TLS of the status pages (`server.http_tls_config`); all empty: plain HTTP.
struct ServerTlsConfig {
  std::string cert, key, client_ca, cert_file, key_file, client_ca_file, client_auth_type;
  bool enabled() const { return !cert.empty() || !cert_file.empty(); }
  friend bool operator==(const ServerTlsConfig&, const ServerTlsConfig&) = default;
};

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

struct PositionsConfig {
  std::string filename = "/var/log/positions.yaml";
  std::chrono::nanoseconds sync_period = std::chrono::seconds(10);
  bool ignore_invalid_yaml = false;
  friend bool operator==(const PositionsConfig&, const PositionsConfig&) = default;
};

struct LimitsConfig {
  bool readline_rate_enabled = false;
  double readline_rate = 10000;
  std::int64_t readline_burst = 10000;
  bool readline_rate_drop = true;
  std::uint32_t max_streams = 0;
  std::uint64_t max_line_size = 0;
  bool max_line_size_truncate = false;
  friend bool operator==(const LimitsConfig&, const LimitsConfig&) = default;
};

// `target_config`, `global.file_watch_config`, `wal`.
struct TargetConfig {
  std::chrono::nanoseconds sync_period = std::chrono::seconds(10);
  bool stdin_source = false;  // target_config.stdin
  friend bool operator==(const TargetConfig&, const TargetConfig&) = default;
};
struct FileWatchConfig {
  std::chrono::nanoseconds min_poll_frequency = std::chrono::milliseconds(250);
  std::chrono::nanoseconds max_poll_frequency = std::chrono::milliseconds(250);
  friend bool operator==(const FileWatchConfig&, const FileWatchConfig&) = default;
};
struct WalConfig {
  bool enabled = false;
  std::string dir;
  friend bool operator==(const WalConfig&, const WalConfig&) = default;
};

// What the status pages ask for (`tailrace.server.basic_auth`).
struct ServerBasicAuthConfig {
  std::string username, password, password_file;
  friend bool operator==(const ServerBasicAuthConfig&, const ServerBasicAuthConfig&) = default;
};

// What may be looked at while the program runs (`tailrace.live`, docs/how-to/tap.md).
struct LiveConfig {
  bool disable = false;                    // Nothing below /tailrace/, no control socket.
  std::vector<std::string> allowed_hosts;  // More names that a Host header may have.
  bool remote_lines = false;               // Lines also for peers that are not this machine.
  friend bool operator==(const LiveConfig&, const LiveConfig&) = default;
};

// The root `tailrace:` block (house 7).
struct TailraceConfig {
  bool sync = false;
  std::uint32_t workers = 0;                 // 0: as many as the CPU allowance says, at most 4.
  std::string outbox_dir;                    // Empty: `<positions file>.outbox`.
  std::uint64_t outbox_bytes = 256U << 20U;  // Per client.
  ClientConfig::WhenFull when_full = ClientConfig::WhenFull::kBlock;
  std::optional<ServerBasicAuthConfig> server_basic_auth{};
  // Nothing: `control.sock` in the outbox's folder; empty: none.
  std::optional<std::string> control_socket{};
  LiveConfig live{};
  friend bool operator==(const TailraceConfig&, const TailraceConfig&) = default;
};

struct Config {
  ServerConfig server;
  std::vector<ClientConfig> clients;
  PositionsConfig positions;
  std::vector<ScrapeConfig> scrape_configs;
  TargetConfig target;
  FileWatchConfig file_watch;
  LimitsConfig limits;
  WalConfig wal;
  TailraceConfig tailrace;
  friend bool operator==(const Config&, const Config&) = default;
};

}  // namespace tailrace::config
