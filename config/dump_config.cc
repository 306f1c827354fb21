// The effective configuration as YAML, in the order of docs/compatibility.md.
#include "config/dump_config.h"

#include <string_view>

#include "config/go_duration.h"
#include "config/secrets.h"
#include "config/yaml_writer.h"

namespace tailrace::config {
namespace {

using std::chrono::nanoseconds;

void text(YamlWriter& yaml, std::string_view key, const std::string& value) {
  if (!value.empty()) yaml.text(key, is_secret_value(value) ? kSecretPlaceholder : value);
}

void secret(YamlWriter& yaml, std::string_view key, const std::string& value) {
  if (!value.empty()) yaml.text(key, kSecretPlaceholder);
}

void url(YamlWriter& yaml, std::string_view key, const std::string& value) {
  text(yaml, key, shown_url(value));
}

void duration(YamlWriter& yaml, std::string_view key, nanoseconds value) {
  yaml.text(key, format_go_duration(value));
}

void list(YamlWriter& yaml, std::string_view key, const std::vector<std::string>& values) {
  if (values.empty()) return;
  yaml.begin(key);
  for (const std::string& value : values)
    yaml.item(value);
  yaml.end();
}

void secrets(YamlWriter& yaml, std::string_view key, const std::vector<std::string>& values) {
  list(yaml, key, std::vector<std::string>(values.size(), std::string(kSecretPlaceholder)));
}

enum class Values { kShown, kSecret };

void pairs(YamlWriter& yaml, std::string_view key, const TextPairs& values, Values how) {
  if (values.empty()) return;
  yaml.begin(key);
  for (const auto& [name, value] : values)
    yaml.text(name, how == Values::kShown ? std::string_view(value) : kSecretPlaceholder);
  yaml.end();
}

void tls(YamlWriter& yaml, const TlsConfig& config) {
  if (config == TlsConfig{}) return;
  yaml.begin("tls_config");
  text(yaml, "ca", config.ca);
  text(yaml, "ca_file", config.ca_file);
  text(yaml, "cert", config.cert);
  text(yaml, "cert_file", config.cert_file);
  secret(yaml, "key", config.key);
  text(yaml, "key_file", config.key_file);
  text(yaml, "server_name", config.server_name);
  yaml.boolean("insecure_skip_verify", config.insecure_skip_verify);
  text(yaml, "min_version", config.min_version);
  text(yaml, "max_version", config.max_version);
  yaml.end();
}

void proxy(YamlWriter& yaml, const ProxyConfig& config) {
  url(yaml, "proxy_url", config.url);
  text(yaml, "no_proxy", config.no_proxy);
  if (config.from_environment) yaml.boolean("proxy_from_environment", true);
  if (config.connect_headers.empty()) return;
  yaml.begin("proxy_connect_header");
  for (std::size_t i = 0; i < config.connect_headers.size(); ++i) {
    const std::string& name = config.connect_headers[i].first;
    // The values of one name follow each other.
    if (i == 0 || config.connect_headers[i - 1].first != name) yaml.begin(name);
    yaml.item(kSecretPlaceholder);
    const bool last =
        i + 1 == config.connect_headers.size() || config.connect_headers[i + 1].first != name;
    if (last) yaml.end();
  }
  yaml.end();
}

void oauth2(YamlWriter& yaml, const OAuth2Config& config) {
  yaml.begin("oauth2");
  text(yaml, "client_id", config.client_id);
  secret(yaml, "client_secret", config.client_secret);
  text(yaml, "client_secret_file", config.client_secret_file);
  list(yaml, "scopes", config.scopes);
  url(yaml, "token_url", config.token_url);
  pairs(yaml, "endpoint_params", config.endpoint_params, Values::kSecret);
  tls(yaml, config.tls);
  proxy(yaml, config.proxy);
  yaml.end();
}

void http_client(YamlWriter& yaml, const HttpClientConfig& config) {
  if (config.basic_auth) {
    yaml.begin("basic_auth");
    text(yaml, "username", config.basic_auth->username);
    text(yaml, "username_file", config.basic_auth->username_file);
    secret(yaml, "password", config.basic_auth->password);
    text(yaml, "password_file", config.basic_auth->password_file);
    yaml.end();
  }
  if (config.authorization) {
    yaml.begin("authorization");
    text(yaml, "type", config.authorization->type);
    secret(yaml, "credentials", config.authorization->credentials);
    text(yaml, "credentials_file", config.authorization->credentials_file);
    yaml.end();
  }
  if (config.oauth2) oauth2(yaml, *config.oauth2);
  tls(yaml, config.tls);
  proxy(yaml, config.proxy);
  yaml.boolean("follow_redirects", config.follow_redirects);
  yaml.boolean("enable_http2", config.enable_http2);
  if (config.http_headers.empty()) return;
  yaml.begin("http_headers");
  for (const HeaderConfig& header : config.http_headers) {
    yaml.begin(header.name);
    secrets(yaml, "values", header.values);
    secrets(yaml, "secrets", header.secrets);
    list(yaml, "files", header.files);
    yaml.end();
  }
  yaml.end();
}

std::string_view when_full_text(ClientConfig::WhenFull when_full) {
  return when_full == ClientConfig::WhenFull::kBlock ? "block" : "drop_oldest";
}

void client_keys(YamlWriter& yaml, const ClientConfig& client) {
  text(yaml, "name", client.name);
  url(yaml, "url", client.url);
  duration(yaml, "batchwait", client.batch_wait);
  yaml.number("batchsize", client.batch_bytes);
  http_client(yaml, client.http);
  pairs(yaml, "headers", client.headers, Values::kSecret);
  yaml.begin("backoff_config");
  duration(yaml, "min_period", client.backoff.min_period);
  duration(yaml, "max_period", client.backoff.max_period);
  if (client.backoff.max_retries) yaml.number("max_retries", *client.backoff.max_retries);
  yaml.end();
  pairs(yaml, "external_labels", client.external_labels, Values::kShown);
  duration(yaml, "timeout", client.timeout);
  yaml.text("tenant_id", client.tenant_id);
  yaml.boolean("drop_rate_limited_batches", client.drop_rate_limited_batches);
  const bool has_outbox = client.outbox_bytes || client.when_full;
  const bool is_otlp = client.protocol == ClientConfig::Protocol::kOtlp;
  if (!has_outbox && !is_otlp) return;
  yaml.begin("tailrace");
  if (is_otlp) yaml.text("protocol", "otlp");
  if (has_outbox) {
    yaml.begin("outbox");
    if (client.outbox_bytes) yaml.number("size", *client.outbox_bytes);
    if (client.when_full) yaml.text("when_full", when_full_text(*client.when_full));
    yaml.end();
  }
  yaml.end();
}

void server(YamlWriter& yaml, const ServerConfig& config) {
  yaml.begin("server");
  yaml.boolean("disable", config.disable);
  yaml.text("http_listen_network", config.http_listen_network);
  yaml.text("http_listen_address", config.http_listen_address);
  yaml.number("http_listen_port", config.http_listen_port);
  yaml.number("http_listen_conn_limit", config.http_listen_conn_limit);
  if (const ServerTlsConfig& own = config.http_tls; own != ServerTlsConfig{}) {
    yaml.begin("http_tls_config");
    text(yaml, "cert", own.cert);
    secret(yaml, "key", own.key);
    text(yaml, "client_ca", own.client_ca);
    text(yaml, "cert_file", own.cert_file);
    text(yaml, "key_file", own.key_file);
    text(yaml, "client_ca_file", own.client_ca_file);
    text(yaml, "client_auth_type", own.client_auth_type);
    yaml.end();
  }
  std::string suites;
  for (const std::string& suite : config.tls_cipher_suites)
    suites += (suites.empty() ? "" : ",") + suite;
  text(yaml, "tls_cipher_suites", suites);
  text(yaml, "tls_min_version", config.tls_min_version);
  yaml.text("http_path_prefix", config.http_path_prefix);
  yaml.text("external_url", config.external_url);
  yaml.boolean("register_instrumentation", config.register_instrumentation);
  yaml.boolean("health_check_target", config.health_check_target);
  yaml.boolean("enable_runtime_reload", config.enable_runtime_reload);
  yaml.boolean("profiling_enabled", config.profiling_enabled);
  duration(yaml, "graceful_shutdown_timeout", config.graceful_shutdown_timeout);
  duration(yaml, "http_server_read_timeout", config.http_read_timeout);
  duration(yaml, "http_server_read_header_timeout", config.http_read_header_timeout);
  duration(yaml, "http_server_write_timeout", config.http_write_timeout);
  duration(yaml, "http_server_idle_timeout", config.http_idle_timeout);
  yaml.text("log_level", log_level_text(config.log_level));
  yaml.text("log_format", config.log_format == LogFormat::kJson ? "json" : "logfmt");
  yaml.end();
}

void small_blocks(YamlWriter& yaml, const Config& config) {
  yaml.begin("positions");
  yaml.text("filename", config.positions.filename);
  duration(yaml, "sync_period", config.positions.sync_period);
  yaml.boolean("ignore_invalid_yaml", config.positions.ignore_invalid_yaml);
  yaml.end();
  yaml.begin("target_config");
  duration(yaml, "sync_period", config.target.sync_period);
  yaml.boolean("stdin", config.target.stdin_source);
  yaml.end();
  yaml.begin("limits_config");
  yaml.boolean("readline_rate_enabled", config.limits.readline_rate_enabled);
  yaml.number("readline_rate", config.limits.readline_rate);
  yaml.number("readline_burst", config.limits.readline_burst);
  yaml.boolean("readline_rate_drop", config.limits.readline_rate_drop);
  yaml.number("max_streams", config.limits.max_streams);
  yaml.number("max_line_size", config.limits.max_line_size);
  yaml.boolean("max_line_size_truncate", config.limits.max_line_size_truncate);
  yaml.end();
  yaml.begin("global");
  yaml.begin("file_watch_config");
  duration(yaml, "min_poll_frequency", config.file_watch.min_poll_frequency);
  duration(yaml, "max_poll_frequency", config.file_watch.max_poll_frequency);
  yaml.end();
  yaml.end();
  if (config.wal != WalConfig{}) {
    yaml.begin("wal");
    yaml.boolean("enabled", config.wal.enabled);
    text(yaml, "dir", config.wal.dir);
    yaml.end();
  }
  yaml.begin("tailrace");
  yaml.boolean("sync", config.tailrace.sync);
  yaml.number("workers", config.tailrace.workers);
  yaml.begin("outbox");
  text(yaml, "dir", config.tailrace.outbox_dir);
  yaml.number("size", config.tailrace.outbox_bytes);
  yaml.text("when_full", when_full_text(config.tailrace.when_full));
  yaml.end();
  if (const auto& auth = config.tailrace.server_basic_auth) {
    yaml.begin("server");
    yaml.begin("basic_auth");
    text(yaml, "username", auth->username);
    secret(yaml, "password", auth->password);
    text(yaml, "password_file", auth->password_file);
    yaml.end();
    yaml.end();
  }
  // An empty one is none, and must be seen.
  if (config.tailrace.control_socket) {
    yaml.text("control_socket", *config.tailrace.control_socket);
  }
  if (const LiveConfig& live = config.tailrace.live; live != LiveConfig{}) {
    yaml.begin("live");
    yaml.boolean("disable", live.disable);
    list(yaml, "allowed_hosts", live.allowed_hosts);
    yaml.boolean("remote_lines", live.remote_lines);
    yaml.end();
  }
  if (const ProtectionConfig& protection = config.tailrace.protection;
      protection != ProtectionConfig{}) {
    yaml.begin("protection");
    yaml.text("mode", protection_mode_text(protection.mode));
    yaml.text("refused_calls", refused_calls_text(protection.refused_calls));
    yaml.boolean("core_dumps", protection.core_dumps);
    yaml.end();
  }
  yaml.end();
}

}  // namespace

std::string dump_client(const ClientConfig& client) {
  YamlWriter yaml;
  client_keys(yaml, client);
  return yaml.result();
}

std::string dump_config(const Config& config) {
  YamlWriter yaml;
  server(yaml, config.server);
  yaml.begin("clients");
  for (const ClientConfig& client : config.clients) {
    yaml.begin_item();
    client_keys(yaml, client);
    yaml.end();
  }
  yaml.end();
  small_blocks(yaml, config);
  std::string text = yaml.result();
  if (!config.scrape_configs.empty()) text += "scrape_configs:\n";
  for (const ScrapeConfig& job : config.scrape_configs)
    text += job.keys_as_yaml;
  return text;
}

}  // namespace tailrace::config
