// The `server` block: status pages and the log.
#include <array>
#include <utility>

#include <fmt/format.h>

#include "config/overrides.h"
#include "config/parse.h"
#include "config/server_tls.h"

namespace tailrace::config {
namespace {

// No gRPC server is opened: these are checked, and one warning names those that are there, but for
// a port of 0, which asks for none (docs/compatibility.md, server).
void warn_of_grpc(Fields& fields, std::int64_t port) {
  std::string names;
  for (const YamlEntry& entry : fields.node().entries) {
    const bool is_port = entry.key == "grpc_listen_port";
    if (!entry.key.starts_with("grpc_") || entry.value->is_null() || (is_port && port == 0)) {
      continue;
    }
    names += (names.empty() ? "" : ", ") + entry.key;
  }
  if (names.empty()) return;
  fields.report().warning({fields.path(), fields.node().line, fields.node().column},
                          "no gRPC port is opened; these keys have no effect: " + names);
}

void parse_grpc(Fields& fields) {
  std::string text;
  bool boolean = false;
  std::int64_t number = 0;
  std::chrono::nanoseconds duration{0};
  for (const char* key : {"grpc_listen_network", "grpc_listen_address"})
    fields.read(key, text);
  for (const char* key :
       {"grpc_server_ping_without_stream_allowed", "grpc_server_stats_tracking_enabled",
        "grpc_server_recv_buffer_pools_enabled",
        "report_grpc_codes_in_instrumentation_label_enabled"}) {
    fields.read(key, boolean);
  }
  std::int64_t port = 0;
  fields.read("grpc_listen_port", port);
  for (const char* key :
       {"grpc_listen_conn_limit", "grpc_server_max_recv_msg_size", "grpc_server_max_send_msg_size",
        "grpc_server_max_concurrent_streams", "grpc_server_num_workers"}) {
    fields.read(key, number);
  }
  for (const char* key : {"grpc_server_max_connection_idle", "grpc_server_max_connection_age",
                          "grpc_server_max_connection_age_grace", "grpc_server_keepalive_time",
                          "grpc_server_keepalive_timeout", "grpc_server_min_time_between_pings"}) {
    fields.read(key, duration);
  }
  if (auto tls = fields.block("grpc_tls_config")) {
    for (const char* key :
         {"cert", "client_ca", "cert_file", "key_file", "client_ca_file", "client_auth_type"}) {
      tls->read(key, text);
    }
    tls->read_secret("key", text);
    tls->finish();
  }
  warn_of_grpc(fields, port);
}

// What belongs together, check_server_tls() looks at when the flags are known.
void parse_tls(Fields& fields, ServerConfig& server, ServerTlsLocations& locations) {
  ServerTlsConfig& tls = server.http_tls;
  if (auto block = fields.block("http_tls_config")) {
    block->read("cert", tls.cert);
    block->read_secret("key", tls.key);
    block->read("client_ca", tls.client_ca);
    block->read("cert_file", tls.cert_file);
    block->read("key_file", tls.key_file);
    block->read("client_ca_file", tls.client_ca_file);
    block->read("client_auth_type", tls.client_auth_type);
    block->finish();
    locations.http_tls = fields.location("http_tls_config");
  }
  std::string suites;
  fields.read("tls_cipher_suites", suites);
  locations.cipher_suites = fields.location("tls_cipher_suites");
  if (auto parsed = parse_cipher_suites(suites)) {
    server.tls_cipher_suites = std::move(*parsed);
  } else {
    fields.error("tls_cipher_suites", parsed.error().message);
  }
  std::string version;
  fields.read("tls_min_version", version);
  locations.min_version = fields.location("tls_min_version");
  if (const Status known = check_tls_version(version)) {
    server.tls_min_version = version;
  } else {
    fields.error("tls_min_version", known.error().message);
  }
}

// Checked, and a warning when they ask for what is not done.
void parse_without_effect(Fields& fields, const ServerConfig& server) {
  bool proxy_protocol = false;
  fields.read("proxy_protocol_enabled", proxy_protocol);
  // Without it such a proxy's requests could not be read.
  if (proxy_protocol) fields.error("proxy_protocol_enabled", "is not yet supported");
  for (const char* key : {"log_source_ips_enabled", "log_source_ips_full", "log_request_headers",
                          "log_request_at_info_level_enabled",
                          "http_log_closed_connections_without_response_enabled"}) {
    bool asked = false;
    fields.read(key, asked);
    if (asked) fields.warning(key, "has no effect");
  }
  for (const char* key :
       {"log_source_ips_header", "log_source_ips_regex", "log_request_exclude_headers_list"}) {
    std::string text;
    fields.read(key, text);
    if (!text.empty()) fields.warning(key, "has no effect");
  }
  if (server.profiling_enabled) {
    fields.warning("profiling_enabled",
                   "only makes sure of /metrics: there is no Go runtime whose profile /debug/pprof "
                   "could show");
  }
}

void parse_log(Fields& fields, ServerConfig& server) {
  std::string level = "info";
  fields.read("log_level", level);
  if (const auto known = parse_log_level(level)) {
    server.log_level = *known;
  } else {
    fields.error("log_level", fmt::format("must be debug, info, warn or error, not \"{}\"", level));
  }
  std::string format = "logfmt";
  fields.read("log_format", format);
  server.log_format = format == "json" ? LogFormat::kJson : LogFormat::kLogfmt;
  if (format != "json" && format != "logfmt") {
    fields.warning("log_format", fmt::format("\"{}\" is not known: logfmt is used", format));
  }
}

}  // namespace

void parse_server(Fields fields, ServerConfig& server, ServerTlsLocations& locations) {
  fields.read("disable", server.disable);
  fields.read("http_listen_network", server.http_listen_network);
  fields.read("http_listen_address", server.http_listen_address);
  fields.read("http_listen_port", server.http_listen_port);
  fields.read("http_listen_conn_limit", server.http_listen_conn_limit);
  fields.read("http_path_prefix", server.http_path_prefix);
  fields.read("external_url", server.external_url);
  fields.read("register_instrumentation", server.register_instrumentation);
  if (fields.present("health_check_target") != nullptr) {
    fields.read("health_check_target", server.health_check_target);
  }
  fields.read("enable_runtime_reload", server.enable_runtime_reload);
  fields.read("profiling_enabled", server.profiling_enabled);
  fields.read("graceful_shutdown_timeout", server.graceful_shutdown_timeout);
  fields.read("http_server_read_timeout", server.http_read_timeout);
  fields.read("http_server_read_header_timeout", server.http_read_header_timeout);
  fields.read("http_server_write_timeout", server.http_write_timeout);
  fields.read("http_server_idle_timeout", server.http_idle_timeout);
  for (const auto& [key, time] :
       {std::pair("graceful_shutdown_timeout", server.graceful_shutdown_timeout),
        {"http_server_read_timeout", server.http_read_timeout},
        {"http_server_read_header_timeout", server.http_read_header_timeout},
        {"http_server_write_timeout", server.http_write_timeout},
        {"http_server_idle_timeout", server.http_idle_timeout}}) {
    refuse_negative(fields, key, time);
  }
  const std::string& network = server.http_listen_network;
  if (network != "tcp" && network != "tcp4" && network != "tcp6") {
    fields.error("http_listen_network",
                 fmt::format("must be tcp, tcp4 or tcp6, not \"{}\"", network));
  }
  parse_tls(fields, server, locations);
  parse_log(fields, server);
  parse_grpc(fields);
  parse_without_effect(fields, server);
  fields.finish();
}

}  // namespace tailrace::config
