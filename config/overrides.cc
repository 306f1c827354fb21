// Command-line flags over the file's values.
#include "config/overrides.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "model/label_set.h"

namespace tailrace::config {
namespace {

template <typename T, typename U>
void apply(const std::optional<T>& flag, U& field) {
  if (flag) field = *flag;
}

void apply_client(const Overrides& flags, ClientConfig& client) {
  apply(flags.client_url, client.url);
  apply(flags.client_batch_wait, client.batch_wait);
  apply(flags.client_batch_bytes, client.batch_bytes);
  apply(flags.client_timeout, client.timeout);
  apply(flags.client_min_backoff, client.backoff.min_period);
  apply(flags.client_max_backoff, client.backoff.max_period);
  apply(flags.client_max_retries, client.backoff.max_retries);
  apply(flags.client_tenant_id, client.tenant_id);
  apply(flags.client_external_labels, client.external_labels);
  apply(flags.client_drop_rate_limited_batches, client.drop_rate_limited_batches);
}

void apply_server(const Overrides& flags, ServerConfig& server) {
  apply(flags.server_disable, server.disable);
  apply(flags.server_profiling_enabled, server.profiling_enabled);
  apply(flags.server_enable_runtime_reload, server.enable_runtime_reload);
  apply(flags.server_register_instrumentation, server.register_instrumentation);
  apply(flags.server_http_listen_network, server.http_listen_network);
  apply(flags.server_http_listen_address, server.http_listen_address);
  apply(flags.server_http_listen_port, server.http_listen_port);
  apply(flags.server_http_conn_limit, server.http_listen_conn_limit);
  apply(flags.server_path_prefix, server.http_path_prefix);
  apply(flags.server_http_read_timeout, server.http_read_timeout);
  apply(flags.server_http_read_header_timeout, server.http_read_header_timeout);
  apply(flags.server_http_write_timeout, server.http_write_timeout);
  apply(flags.server_http_idle_timeout, server.http_idle_timeout);
  apply(flags.server_graceful_shutdown_timeout, server.graceful_shutdown_timeout);
  apply(flags.server_http_tls_cert_path, server.http_tls.cert_file);
  apply(flags.server_http_tls_key_path, server.http_tls.key_file);
  apply(flags.server_http_tls_ca_path, server.http_tls.client_ca_file);
  apply(flags.server_http_tls_client_auth, server.http_tls.client_auth_type);
  apply(flags.server_tls_cipher_suites, server.tls_cipher_suites);
  apply(flags.server_tls_min_version, server.tls_min_version);
  apply(flags.log_level, server.log_level);
  apply(flags.log_format, server.log_format);
}

// The fields of one CSV record; a quoted field may hold commas and doubled quotes.
Result<std::vector<std::string>> split_csv(std::string_view text) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted && c == '"' && i + 1 < text.size() && text[i + 1] == '"') {
      fields.back() += '"';
      ++i;
    } else if (c == '"' && (quoted || fields.back().empty())) {
      quoted = !quoted;
    } else if (c == '"') {
      return fail(Error::kInvalid, "a quote stands inside a field that does not begin with one");
    } else if (c == ',' && !quoted) {
      fields.emplace_back();
    } else {
      fields.back() += c;
    }
  }
  if (quoted) return fail(Error::kInvalid, "a quoted field does not end");
  return fields;
}

}  // namespace

void apply_overrides(const Overrides& flags, Config& config, ClientConfig& client_block) {
  apply_client(flags, client_block);
  apply_server(flags, config.server);
  apply(flags.positions_file, config.positions.filename);
  apply(flags.positions_sync_period, config.positions.sync_period);
  apply(flags.positions_ignore_invalid_yaml, config.positions.ignore_invalid_yaml);
  apply(flags.target_sync_period, config.target.sync_period);
  apply(flags.stdin_source, config.target.stdin_source);
  apply(flags.file_watch_min_poll_frequency, config.file_watch.min_poll_frequency);
  apply(flags.file_watch_max_poll_frequency, config.file_watch.max_poll_frequency);
  apply(flags.readline_rate, config.limits.readline_rate);
  apply(flags.readline_burst, config.limits.readline_burst);
  apply(flags.readline_rate_enabled, config.limits.readline_rate_enabled);
  apply(flags.readline_rate_drop, config.limits.readline_rate_drop);
  apply(flags.max_streams, config.limits.max_streams);
  apply(flags.max_line_size, config.limits.max_line_size);
  apply(flags.max_line_size_truncate, config.limits.max_line_size_truncate);
  apply(flags.protection_mode, config.tailrace.protection.mode);
  apply(flags.protection_refused_calls, config.tailrace.protection.refused_calls);
}

Result<TextPairs> parse_label_flag(std::string_view text) {
  TextPairs labels;
  if (text.empty()) return labels;
  std::vector<std::string> fields{std::string(text)};
  if (std::count(text.begin(), text.end(), '=') != 1) {
    auto split = split_csv(text);
    if (!split) return fail(std::move(split.error()));
    fields = std::move(*split);
  }
  for (const std::string& field : fields) {
    const std::size_t equals = field.find('=');
    if (equals == std::string::npos) {
      return fail(Error::kInvalid, fmt::format("\"{}\" is not of the form name=value", field));
    }
    std::string name = field.substr(0, equals);
    if (!is_label_name(name)) {
      return fail(Error::kInvalid, fmt::format("\"{}\" is not a valid label name", name));
    }
    std::string value = field.substr(equals + 1);
    const auto same = std::find_if(labels.begin(), labels.end(),
                                   [&](const auto& label) { return label.first == name; });
    if (same != labels.end()) {
      same->second = std::move(value);
    } else {
      labels.emplace_back(std::move(name), std::move(value));
    }
  }
  return labels;
}

std::optional<LogLevel> parse_log_level(std::string_view text) {
  if (text == "debug") return LogLevel::kDebug;
  if (text == "info") return LogLevel::kInfo;
  if (text == "warn") return LogLevel::kWarn;
  if (text == "error") return LogLevel::kError;
  return std::nullopt;
}

}  // namespace tailrace::config
