// The flags that set one value of the configuration, by a table.
#include "daemon/config_flags.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>

#include "config/byte_size.h"
#include "config/go_duration.h"

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

constexpr auto
    kFlags =
        std::to_array<ConfigFlag>(
            {
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
                 [](Overrides& o, Text v) {
                   return set_bool(o.client_drop_rate_limited_batches, v);
                 }},
                {"positions.file", "FILE", "where positions are kept (/var/log/positions.yaml)",
                 [](Overrides& o, Text v) { return set_text(o.positions_file, v); }},
                {"positions.sync-period", "DURATION", "how often they are saved (10s)",
                 [](Overrides& o, Text v) { return set_duration(o.positions_sync_period, v); }},
                {"positions.ignore-invalid-yaml", "",
                 "start without positions when the file is damaged",
                 [](Overrides& o, Text v) { return set_bool(o.positions_ignore_invalid_yaml, v); }},
                {"target.sync-period", "DURATION", "how often all patterns are looked at (10s)",
                 [](Overrides& o, Text v) { return set_duration(o.target_sync_period, v); }},
                {"max-streams", "N", "streams per tenant and batch (0: no limit)",
                 [](Overrides& o, Text v) { return set_number(o.max_streams, v); }},
                {"max-line-size", "SIZE", "longer lines are dropped (0: no limit)",
                 [](Overrides& o, Text v) { return set_size(o.max_line_size, v); }},
                {"max-line-size-truncate", "", "longer lines are cut instead",
                 [](Overrides& o, Text v) { return set_bool(o.max_line_size_truncate, v); }},
                {"server.http-listen-address", "ADDRESS", "of the status pages (all interfaces)",
                 [](Overrides& o, Text v) { return set_text(o.server_http_listen_address, v); }},
                {"server.http-listen-port", "PORT", "of the status pages (80)",
                 [](Overrides& o, Text v) { return set_number(o.server_http_listen_port, v); }},
                {"server.disable", "", "no status pages",
                 [](Overrides& o, Text v) { return set_bool(o.server_disable, v); }},
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

}  // namespace

const ConfigFlag* find_config_flag(std::string_view name) {
  const auto* const found = std::find_if(
      kFlags.begin(), kFlags.end(), [name](const ConfigFlag& flag) { return flag.name == name; });
  return found == kFlags.end() ? nullptr : found;
}

std::string config_flags_help() {
  std::string text;
  for (const ConfigFlag& flag : kFlags) {
    std::string left = "  -" + std::string(flag.name);
    if (!flag.value_name.empty()) left += "=" + std::string(flag.value_name);
    left.resize(std::max<std::size_t>(left.size() + 2, 38), ' ');
    text += left + std::string(flag.help) + "\n";
  }
  return text;
}

}  // namespace tailrace::daemon
