// What the command line says about the configuration: applied after the file, so it wins.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "base/result.h"
#include "config/client_config.h"
#include "config/config.h"

namespace tailrace::config {

// One member per flag that changes the configuration; unset: the flag was not given. Flags that
// change nothing here (gRPC, tracing, request logs) have no member (docs/compatibility.md, flags).
struct Overrides {
  // -client.*: one more client, or values of the deprecated `client:` block. Entries of `clients:`
  // do not change, except that external_labels, like the block's, lie under theirs.
  std::optional<std::string> client_url;
  std::optional<std::chrono::nanoseconds> client_batch_wait;
  std::optional<std::uint64_t> client_batch_bytes;
  std::optional<std::chrono::nanoseconds> client_timeout;
  std::optional<std::chrono::nanoseconds> client_min_backoff;
  std::optional<std::chrono::nanoseconds> client_max_backoff;
  std::optional<std::int64_t> client_max_retries;
  std::optional<std::string> client_tenant_id;
  std::optional<TextPairs> client_external_labels;  // parse_label_flag() reads the flag's text.
  std::optional<bool> client_drop_rate_limited_batches;

  std::optional<std::string> positions_file;
  std::optional<std::chrono::nanoseconds> positions_sync_period;
  std::optional<bool> positions_ignore_invalid_yaml;
  std::optional<std::chrono::nanoseconds> target_sync_period;
  std::optional<bool> stdin_source;
  std::optional<std::chrono::nanoseconds> file_watch_min_poll_frequency;
  std::optional<std::chrono::nanoseconds> file_watch_max_poll_frequency;

  std::optional<double> readline_rate;
  std::optional<std::int64_t> readline_burst;
  std::optional<bool> readline_rate_enabled;
  std::optional<bool> readline_rate_drop;
  std::optional<std::uint32_t> max_streams;
  std::optional<std::uint64_t> max_line_size;
  std::optional<bool> max_line_size_truncate;

  std::optional<bool> server_disable;
  std::optional<bool> server_profiling_enabled;
  std::optional<bool> server_enable_runtime_reload;
  std::optional<bool> server_register_instrumentation;
  std::optional<std::string> server_http_listen_network;
  std::optional<std::string> server_http_listen_address;
  std::optional<std::uint16_t> server_http_listen_port;
  std::optional<std::uint32_t> server_http_conn_limit;
  std::optional<std::string> server_path_prefix;
  std::optional<std::chrono::nanoseconds> server_http_read_timeout;
  std::optional<std::chrono::nanoseconds> server_http_read_header_timeout;
  std::optional<std::chrono::nanoseconds> server_http_write_timeout;
  std::optional<std::chrono::nanoseconds> server_http_idle_timeout;
  std::optional<std::chrono::nanoseconds> server_graceful_shutdown_timeout;
  std::optional<std::string> server_http_tls_cert_path;
  std::optional<std::string> server_http_tls_key_path;
  std::optional<std::string> server_http_tls_ca_path;
  std::optional<std::string> server_http_tls_client_auth;
  std::optional<std::vector<std::string>> server_tls_cipher_suites;
  std::optional<std::string> server_tls_min_version;
  std::optional<LogLevel> log_level;
  std::optional<LogFormat> log_format;
  std::optional<ProtectionConfig::Mode> protection_mode;
  std::optional<ProtectionConfig::RefusedCalls> protection_refused_calls;
};

// Puts what was given into `config`, and into `client_block`, the client that the `client:` block
// and the -client.* flags describe together (it counts when it has a URL).
void apply_overrides(const Overrides& flags, Config& config, ClientConfig& client_block);

// The text of -client.external-labels: `k=v,k2=v2` as one CSV record; with exactly one `=` the
// whole text is one pair (docs/compatibility.md, flags).
Result<TextPairs> parse_label_flag(std::string_view text);

// "debug", "info", "warn", "error".
std::optional<LogLevel> parse_log_level(std::string_view text);

}  // namespace tailrace::config
