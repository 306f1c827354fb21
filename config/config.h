// The whole configuration: defaults filled in, valid, immutable.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/log.h"
#include "config/client_config.h"
#include "config/protection_config.h"
#include "config/scrape_config.h"
#include "config/server_config.h"

namespace tailrace::config {

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
  ProtectionConfig protection{};
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
