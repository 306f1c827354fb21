// The flags that set one value of the configuration, by a table.
#include "daemon/config_flags.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>

#include "config/byte_size.h"
#include "config/go_duration.h"
#include "config/server_tls.h"

namespace tailrace::daemon {
namespace {

using config::Overrides;

Error invalid(const std::string& value) {
  return {Error::kInvalid, "invalid value \"" + value + "\""};
}

Status set_text(std::optional<std::string>& member, const std::string& value) {
  member = value;
  return {};
}

Status set_bool(std::optional<bool>& member, const std::string& value) {
  // The spellings of Go's strconv.ParseBool, which Promtail's flags accept.
  constexpr auto kTrue = std::to_array<std::string_view>({"1", "t", "T", "true", "TRUE", "True"});
  constexpr auto kFalse =
      std::to_array<std::string_view>({"0", "f", "F", "false", "FALSE", "False"});
  const bool yes = std::find(kTrue.begin(), kTrue.end(), value) != kTrue.end();
  if (!yes && std::find(kFalse.begin(), kFalse.end(), value) == kFalse.end()) {
    return fail(invalid(value));
  }
  member = yes;
  return {};
}

Status set_duration(std::optional<std::chrono::nanoseconds>& member, const std::string& value) {
  const auto parsed = config::parse_go_duration(value);
  if (!parsed) return fail(parsed.error());
  member = *parsed;
  return {};
}

template <typename Number>
Status set_number(std::optional<Number>& member, const std::string& value) {
  Number number{};
  const char* const end = value.data() + value.size();
  const auto parsed = std::from_chars(value.data(), end, number);
  if (parsed.ec != std::errc{} || parsed.ptr != end) return fail(invalid(value));
  member = number;
  return {};
}

Status set_size(std::optional<std::uint64_t>& member, const std::string& value) {
  const auto parsed = config::parse_byte_size(value);
  if (!parsed) return fail(parsed.error());
  member = *parsed;
  return {};
}

using Text = const std::string&;

constexpr auto kConfigFlags = std::to_array<ConfigFlag>({
    {"client.url", "URL", "push to this Loki, beside those of the file",
     [](Overrides& o, Text v) { return set_text(o.client_url, v); }},
    {"client.batch-wait", "DURATION", "send a batch at this age (1s)",
     [](Overrides& o, Text v) { return set_duration(o.client_batch_wait, v); }},
    {"client.batch-size-bytes", "BYTES", "send a batch of this size (1048576)",
     [](Overrides& o, Text v) { return set_number(o.client_batch_bytes, v); }},
    {"client.timeout", "DURATION", "for one attempt (10s)",
     [](Overrides& o, Text v) { return set_duration(o.client_timeout, v); }},
    {"client.min-backoff", "DURATION", "before the second attempt (500ms)",
     [](Overrides& o, Text v) { return set_duration(o.client_min_backoff, v); }},
    {"client.max-backoff", "DURATION", "longest wait between attempts (5m)",
     [](Overrides& o, Text v) { return set_duration(o.client_max_backoff, v); }},
    {"client.max-retries", "N", "attempts before a batch is dropped (without end)",
     [](Overrides& o, Text v) { return set_number(o.client_max_retries, v); }},
    {"client.tenant-id", "ID", "X-Scope-OrgID of requests",
     [](Overrides& o, Text v) { return set_text(o.client_tenant_id, v); }},
    {"client.external-labels", "K=V,...", "labels added to every entry",
     [](Overrides& o, Text v) -> Status {
       auto labels = config::parse_label_flag(v);
       if (!labels) return fail(labels.error());
       o.client_external_labels = std::move(*labels);
       return {};
     }},
    {"client.drop-rate-limited-batches", "", "drop what is answered with 429",
     [](Overrides& o, Text v) { return set_bool(o.client_drop_rate_limited_batches, v); }},
    {"positions.file", "FILE", "where positions are kept (/var/log/positions.yaml)",
     [](Overrides& o, Text v) { return set_text(o.positions_file, v); }},
    {"positions.sync-period", "DURATION", "how often they are saved (10s)",
     [](Overrides& o, Text v) { return set_duration(o.positions_sync_period, v); }},
    {"positions.ignore-invalid-yaml", "", "start without positions when the file is damaged",
     [](Overrides& o, Text v) { return set_bool(o.positions_ignore_invalid_yaml, v); }},
    {"target.sync-period", "DURATION", "how often all patterns are looked at (10s)",
     [](Overrides& o, Text v) { return set_duration(o.target_sync_period, v); }},
    {"max-streams", "N", "streams per tenant and batch (0: no limit)",
     [](Overrides& o, Text v) { return set_number(o.max_streams, v); }},
    {"max-line-size", "SIZE", "longer lines are dropped (0: no limit)",
     [](Overrides& o, Text v) { return set_size(o.max_line_size, v); }},
    {"max-line-size-truncate", "", "longer lines are cut instead",
     [](Overrides& o, Text v) { return set_bool(o.max_line_size_truncate, v); }},
    {"protection.mode", "MODE", "give up power after the start: auto, require or off (auto)",
     [](Overrides& o, Text v) -> Status {
       o.protection_mode = config::parse_protection_mode(v);
       if (!o.protection_mode) return fail(invalid(v));
       return {};
     }},
    {"protection.refused-calls", "WHAT", "what a refused system call does: fail or kill (fail)",
     [](Overrides& o, Text v) -> Status {
       o.protection_refused_calls = config::parse_refused_calls(v);
       if (!o.protection_refused_calls) return fail(invalid(v));
       return {};
     }},
});

constexpr auto
    kServerFlags =
        std::to_array<ConfigFlag>(
            {
                {"server.http-listen-address", "ADDRESS", "of the status pages (all interfaces)",
                 [](Overrides& o, Text v) { return set_text(o.server_http_listen_address, v); }},
                {"server.http-listen-port", "PORT", "of the status pages (80)",
                 [](Overrides& o, Text v) { return set_number(o.server_http_listen_port, v); }},
                {"file-watch.min_poll_frequency", "DURATION", "where files are polled (250ms)",
                 [](Overrides& o, Text v) {
                   return set_duration(o.file_watch_min_poll_frequency, v);
                 }},
                {"file-watch.max_poll_frequency", "DURATION", "where files are polled (250ms)",
                 [](Overrides& o, Text v) {
                   return set_duration(o.file_watch_max_poll_frequency, v);
                 }},
                {"limit.readline-rate-enabled", "", "limit the entries per second of all jobs",
                 [](Overrides& o, Text v) { return set_bool(o.readline_rate_enabled, v); }},
                {"limit.readline-rate", "N", "entries per second (10000)",
                 [](Overrides& o, Text v) { return set_number(o.readline_rate, v); }},
                {"limit.readline-burst", "N", "entries at once (10000)",
                 [](Overrides& o, Text v) { return set_number(o.readline_burst, v); }},
                {"limit.readline-rate-drop", "", "drop what is over the rate, else wait (true)",
                 [](Overrides& o, Text v) { return set_bool(o.readline_rate_drop, v); }},
                {"server.http-listen-network", "NETWORK", "tcp, tcp4 or tcp6 (tcp)",
                 [](Overrides& o, Text v) -> Status {
                   if (v != "tcp" && v != "tcp4" && v != "tcp6") return fail(invalid(v));
                   return set_text(o.server_http_listen_network, v);
                 }},
                {"server.http-conn-limit", "N", "connections at a time (1000)",
                 [](Overrides& o, Text v) { return set_number(o.server_http_conn_limit, v); }},
                {"server.http-read-timeout", "DURATION", "silence within a request (30s)",
                 [](Overrides& o, Text v) { return set_duration(o.server_http_read_timeout, v); }},
                {"server.http-read-header-timeout", "DURATION", "before its header (the same)",
                 [](Overrides& o, Text v) {
                   return set_duration(o.server_http_read_header_timeout, v);
                 }},
                {"server.http-write-timeout", "DURATION", "silence within an answer (30s)",
                 [](Overrides& o, Text v) { return set_duration(o.server_http_write_timeout, v); }},
                {"server.http-idle-timeout", "DURATION", "between requests (2m)",
                 [](Overrides& o, Text v) { return set_duration(o.server_http_idle_timeout, v); }},
                {"server.graceful-shutdown-timeout", "DURATION",
                 "for answers on their way when stopping (30s)",
                 [](Overrides& o, Text v) {
                   return set_duration(o.server_graceful_shutdown_timeout, v);
                 }},
                {"server.path-prefix", "PATH", "of every page",
                 [](Overrides& o, Text v) { return set_text(o.server_path_prefix, v); }},
                {"server.register-instrumentation", "", "serve /metrics (true)",
                 [](Overrides& o, Text v) {
                   return set_bool(o.server_register_instrumentation, v);
                 }},
                {"server.enable-runtime-reload", "", "reload by /reload",
                 [](Overrides& o, Text v) { return set_bool(o.server_enable_runtime_reload, v); }},
                {"server.profiling_enabled", "", "serve /metrics in any case",
                 [](Overrides& o, Text v) { return set_bool(o.server_profiling_enabled, v); }},
                {"server.disable", "", "no status pages",
                 [](Overrides& o, Text v) { return set_bool(o.server_disable, v); }},
                {"server.http-tls-cert-path", "FILE", "certificate of the status pages",
                 [](Overrides& o, Text v) { return set_text(o.server_http_tls_cert_path, v); }},
                {"server.http-tls-key-path", "FILE", "its key",
                 [](Overrides& o, Text v) { return set_text(o.server_http_tls_key_path, v); }},
                {"server.http-tls-ca-path", "FILE", "authorities of clients' certificates",
                 [](Overrides& o, Text v) { return set_text(o.server_http_tls_ca_path, v); }},
                {"server.http-tls-client-auth", "TYPE", "as client_auth_type (NoClientCert)",
                 [](Overrides& o, Text v) { return set_text(o.server_http_tls_client_auth, v); }},
                {"server.tls-cipher-suites", "NAME,...", "Go's names (the library's choice)",
                 [](Overrides& o, Text v) -> Status {
                   auto suites = config::parse_cipher_suites(v);
                   if (!suites) return fail(suites.error());
                   o.server_tls_cipher_suites = std::move(*suites);
                   return {};
                 }},
                {"server.tls-min-version", "VERSION", "VersionTLS10 to VersionTLS13 (VersionTLS12)",
                 [](Overrides& o, Text v) -> Status {
                   if (Status known = config::check_tls_version(v); !known) return known;
                   return set_text(o.server_tls_min_version, v);
                 }},
                {"server.proxy-protocol-enabled", "", "not yet supported (false)",
                 [](Overrides&, Text v) -> Status {
                   std::optional<bool> enabled;
                   if (Status set = set_bool(enabled, v); !set) return set;
                   if (*enabled) return fail(Error::kInvalid, "is not yet supported");
                   return {};
                 }},
                {"log.level", "LEVEL", "debug, info, warn or error (info)",
                 [](Overrides& o, Text v) -> Status {
                   o.log_level = config::parse_log_level(v);
                   if (!o.log_level) return fail(invalid(v));
                   return {};
                 }},
                {"log.format", "FORMAT", "logfmt or json (logfmt)",
                 [](Overrides& o, Text v) -> Status {
                   if (v != "logfmt" && v != "json") return fail(invalid(v));
                   o.log_format = v == "json" ? LogFormat::kJson : LogFormat::kLogfmt;
                   return {};
                 }},
            });

// docs/compatibility.md, flags: what they would change is not there.
constexpr auto kFlagsWithoutEffect = std::to_array<FlagWithoutEffect>({
    {"tracing.enabled", FlagWithoutEffect::Kind::kBool},
    {"tracing.profiling-enabled", FlagWithoutEffect::Kind::kBool},
    {"server.grpc-listen-network", FlagWithoutEffect::Kind::kValue},
    {"server.grpc-listen-address", FlagWithoutEffect::Kind::kValue},
    {"server.grpc-listen-port", FlagWithoutEffect::Kind::kValue},
    {"server.grpc-conn-limit", FlagWithoutEffect::Kind::kValue},
    {"server.grpc-max-recv-msg-size-bytes", FlagWithoutEffect::Kind::kValue},
    {"server.grpc-max-send-msg-size-bytes", FlagWithoutEffect::Kind::kValue},
    {"server.grpc-max-concurrent-streams", FlagWithoutEffect::Kind::kValue},
    {"server.grpc.keepalive.max-connection-idle", FlagWithoutEffect::Kind::kValue},
    {"server.grpc.keepalive.max-connection-age", FlagWithoutEffect::Kind::kValue},
    {"server.grpc.keepalive.max-connection-age-grace", FlagWithoutEffect::Kind::kValue},
    {"server.grpc.keepalive.time", FlagWithoutEffect::Kind::kValue},
    {"server.grpc.keepalive.timeout", FlagWithoutEffect::Kind::kValue},
    {"server.grpc.keepalive.min-time-between-pings", FlagWithoutEffect::Kind::kValue},
    {"server.grpc.keepalive.ping-without-stream-allowed", FlagWithoutEffect::Kind::kBool},
    {"server.grpc.num-workers", FlagWithoutEffect::Kind::kValue},
    {"server.grpc.stats-tracking-enabled", FlagWithoutEffect::Kind::kBool},
    {"server.grpc.recv-buffer-pools-enabled", FlagWithoutEffect::Kind::kBool},
    {"server.grpc-tls-cert-path", FlagWithoutEffect::Kind::kValue},
    {"server.grpc-tls-key-path", FlagWithoutEffect::Kind::kValue},
    {"server.grpc-tls-ca-path", FlagWithoutEffect::Kind::kValue},
    {"server.grpc-tls-client-auth", FlagWithoutEffect::Kind::kValue},
    {"server.report-grpc-codes-in-instrumentation-label-enabled", FlagWithoutEffect::Kind::kBool},
    {"server.http-log-closed-connections-without-response-enabled", FlagWithoutEffect::Kind::kBool},
    {"server.log-source-ips-enabled", FlagWithoutEffect::Kind::kBool},
    {"server.log-source-ips-full", FlagWithoutEffect::Kind::kBool},
    {"server.log-source-ips-header", FlagWithoutEffect::Kind::kValue},
    {"server.log-source-ips-regex", FlagWithoutEffect::Kind::kValue},
    {"server.log-request-headers", FlagWithoutEffect::Kind::kBool},
    {"server.log-request-headers-exclude-list", FlagWithoutEffect::Kind::kValue},
    {"server.log-request-at-info-level-enabled", FlagWithoutEffect::Kind::kBool},
});

}  // namespace

const FlagWithoutEffect* find_flag_without_effect(std::string_view name) {
  const auto* const found =
      std::find_if(kFlagsWithoutEffect.begin(), kFlagsWithoutEffect.end(),
                   [name](const FlagWithoutEffect& flag) { return flag.name == name; });
  return found == kFlagsWithoutEffect.end() ? nullptr : found;
}

const ConfigFlag* find_config_flag(std::string_view name) {
  for (const std::span<const ConfigFlag> table :
       {std::span<const ConfigFlag>(kConfigFlags), std::span<const ConfigFlag>(kServerFlags)}) {
    const auto found = std::find_if(table.begin(), table.end(),
                                    [name](const ConfigFlag& flag) { return flag.name == name; });
    if (found != table.end()) return &*found;
  }
  return nullptr;
}

std::string config_flags_help() {
  std::string text;
  const auto add = [&text](const ConfigFlag& flag) {
    std::string left = "  -" + std::string(flag.name);
    if (!flag.value_name.empty()) left += "=" + std::string(flag.value_name);
    left.resize(std::max<std::size_t>(left.size() + 2, 46), ' ');
    text += left + std::string(flag.help) + "\n";
  };
  for (const ConfigFlag& flag : kConfigFlags)
    add(flag);
  for (const ConfigFlag& flag : kServerFlags)
    add(flag);
  return text;
}

}  // namespace tailrace::daemon
