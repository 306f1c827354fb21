// Flags over the file.
#include "config/overrides.h"

#include <gtest/gtest.h>

#include "tests/config/loading.h"

namespace tailrace::config {
namespace {

using namespace std::chrono_literals;

TEST(Overrides, every_flag_changes_its_field) {
  Overrides flags;
  flags.client_url = "http://flag/";
  flags.client_batch_wait = 2s;
  flags.client_batch_bytes = 3;
  flags.client_timeout = 4s;
  flags.client_min_backoff = 5s;
  flags.client_max_backoff = 6s;
  flags.client_max_retries = 7;
  flags.client_tenant_id = "t";
  flags.client_external_labels = TextPairs{{"a", "b"}};
  flags.client_drop_rate_limited_batches = true;
  flags.positions_file = "/p";
  flags.positions_sync_period = 8s;
  flags.positions_ignore_invalid_yaml = true;
  flags.target_sync_period = 9s;
  flags.stdin_source = true;
  flags.file_watch_min_poll_frequency = 10s;
  flags.file_watch_max_poll_frequency = 11s;
  flags.readline_rate = 12;
  flags.readline_burst = 13;
  flags.readline_rate_enabled = true;
  flags.readline_rate_drop = false;
  flags.max_streams = 14;
  flags.max_line_size = 15;
  flags.max_line_size_truncate = true;
  flags.server_disable = true;
  flags.server_profiling_enabled = true;
  flags.server_enable_runtime_reload = true;
  flags.server_register_instrumentation = false;
  flags.server_http_listen_network = "tcp4";
  flags.server_http_listen_address = "::1";
  flags.server_http_listen_port = std::uint16_t{16};
  flags.server_http_conn_limit = 17;
  flags.server_path_prefix = "/x";
  flags.server_http_read_timeout = 18s;
  flags.server_http_read_header_timeout = 19s;
  flags.server_http_write_timeout = 20s;
  flags.server_http_idle_timeout = 21s;
  flags.server_graceful_shutdown_timeout = 22s;
  flags.log_level = LogLevel::kDebug;
  flags.log_format = LogFormat::kJson;
  flags.protection_mode = ProtectionConfig::Mode::kRequire;
  flags.protection_refused_calls = ProtectionConfig::RefusedCalls::kKill;
  const Config config = valid("", flags);

  ASSERT_EQ(config.clients.size(), 1U);
  ClientConfig client;
  client.url = "http://flag/";
  client.batch_wait = 2s;
  client.batch_bytes = 3;
  client.timeout = 4s;
  client.backoff = {5s, 6s, 7};
  client.tenant_id = "t";
  client.external_labels = {{"a", "b"}};
  client.drop_rate_limited_batches = true;
  client.http.follow_redirects = false;
  EXPECT_EQ(config.clients[0], client);

  PositionsConfig positions{"/p", 8s, true};
  EXPECT_EQ(config.positions, positions);
  EXPECT_EQ(config.target, (TargetConfig{9s, true}));
  EXPECT_EQ(config.file_watch, (FileWatchConfig{10s, 11s}));
  EXPECT_EQ(config.limits, (LimitsConfig{true, 12, 13, false, 14, 15, true}));

  ServerConfig server;
  server.disable = true;
  server.profiling_enabled = true;
  server.enable_runtime_reload = true;
  server.register_instrumentation = false;
  server.http_listen_network = "tcp4";
  server.http_listen_address = "::1";
  server.http_listen_port = 16;
  server.http_listen_conn_limit = 17;
  server.http_path_prefix = "/x";
  server.http_read_timeout = 18s;
  server.http_read_header_timeout = 19s;
  server.http_write_timeout = 20s;
  server.http_idle_timeout = 21s;
  server.graceful_shutdown_timeout = 22s;
  server.log_level = LogLevel::kDebug;
  server.log_format = LogFormat::kJson;
  EXPECT_EQ(config.server, server);
  EXPECT_EQ(config.tailrace.protection,
            (ProtectionConfig{.mode = ProtectionConfig::Mode::kRequire,
                              .refused_calls = ProtectionConfig::RefusedCalls::kKill}));
}

TEST(Overrides, flags_beat_the_file) {
  Overrides flags;
  flags.positions_file = "/flag";
  EXPECT_EQ(
      valid("client: {url: http://a}\npositions: {filename: /file}", flags).positions.filename,
      "/flag");
}

TEST(Overrides, client_flags_do_not_touch_entries_of_clients) {
  Overrides flags;
  flags.client_batch_wait = 5s;
  flags.client_drop_rate_limited_batches = true;
  flags.client_external_labels = TextPairs{{"a", "flag"}, {"b", "flag"}};
  const Config config = valid("clients: [{url: http://a, external_labels: {a: file}}]", flags);
  ASSERT_EQ(config.clients.size(), 1U);
  EXPECT_EQ(config.clients[0].batch_wait, 1s);
  EXPECT_FALSE(config.clients[0].drop_rate_limited_batches);
  EXPECT_EQ(config.clients[0].external_labels, (TextPairs{{"a", "file"}, {"b", "flag"}}));
}

TEST(Overrides, client_flags_change_the_client_block) {
  Overrides flags;
  flags.client_batch_wait = 5s;
  flags.client_external_labels = TextPairs{{"b", "flag"}};
  const Config config =
      valid("client: {url: http://a, batchwait: 2s, external_labels: {a: file}}", flags);
  ASSERT_EQ(config.clients.size(), 1U);
  EXPECT_EQ(config.clients[0].batch_wait, 5s);
  EXPECT_EQ(config.clients[0].external_labels, (TextPairs{{"b", "flag"}}));
  EXPECT_TRUE(config.clients[0].http.follow_redirects);
}

TEST(Overrides, a_bad_flag_is_named) {
  Overrides flags;
  flags.client_url = "http://a:b";
  flags.positions_file = "";
  flags.server_http_tls_cert_path = "/c";
  EXPECT_EQ(diagnose("", flags),
            (std::vector<std::string>{
                "-client.url: not a valid URL: an invalid port after the host",
                "-positions.file: may not be empty",
                "-server.http-tls-*: a certificate needs its key: set key or key_file"}));
}

TEST(Overrides, tls_of_file_and_flags_is_looked_at_together) {
  const std::string file =
      "clients: [{url: http://a}]\n"
      "server: {http_tls_config: {cert_file: /a, client_ca_file: /ca}, tls_min_version: "
      "VersionTLS12, tls_cipher_suites: TLS_AES_128_GCM_SHA256}";
  Overrides flags;
  flags.server_http_tls_cert_path = "/c";
  flags.server_http_tls_key_path = "/k";
  flags.server_http_tls_client_auth = "RequestClientCert";
  flags.server_tls_min_version = "VersionTLS13";
  flags.server_tls_cipher_suites = {{"TLS_AES_256_GCM_SHA384"}};
  const ServerConfig server = valid(file, flags).server;
  EXPECT_EQ(server.http_tls.cert_file, "/c");
  EXPECT_EQ(server.http_tls.key_file, "/k");
  EXPECT_EQ(server.http_tls.client_ca_file, "/ca");
  EXPECT_EQ(server.http_tls.client_auth_type, "RequestClientCert");
  EXPECT_EQ(server.tls_min_version, "VersionTLS13");
  EXPECT_EQ(server.tls_cipher_suites, std::vector<std::string>{"TLS_AES_256_GCM_SHA384"});
  flags.server_http_tls_client_auth = "Sometimes";
  EXPECT_EQ(diagnose(file, flags).size(), 1U);
}

TEST(LabelFlag, reads_pairs) {
  struct Case {
    const char* text;
    TextPairs labels;
  };
  for (const Case& c :
       {Case{"", {}}, Case{"a=b", {{"a", "b"}}}, Case{"a=b,c=d", {{"a", "b"}, {"c", "d"}}},
        Case{"a=b,", {{"a", "b,"}}}, Case{"a=\"b\"", {{"a", "\"b\""}}},
        Case{"\"a=b,c\",d=e", {{"a", "b,c"}, {"d", "e"}}},
        Case{"\"a=b\"\"c\",d=e", {{"a", "b\"c"}, {"d", "e"}}},
        Case{"a=b=c,d=e", {{"a", "b=c"}, {"d", "e"}}}, Case{"a=,b=", {{"a", ""}, {"b", ""}}},
        Case{"a=b,a=c", {{"a", "c"}}}}) {
    const auto labels = parse_label_flag(c.text);
    ASSERT_TRUE(labels) << c.text << labels.error().message;
    EXPECT_EQ(*labels, c.labels) << c.text;
  }
}

TEST(LabelFlag, refuses_what_is_no_pair) {
  for (const char* text : {"a", "a=b,c,d=e", "a-b=c", "=b", "\"a=b,c=d", "a=b\"x\",c=d"}) {
    EXPECT_FALSE(parse_label_flag(text)) << text;
  }
}

TEST(LogLevel, has_four_names) {
  EXPECT_EQ(parse_log_level("debug"), LogLevel::kDebug);
  EXPECT_EQ(parse_log_level("info"), LogLevel::kInfo);
  EXPECT_EQ(parse_log_level("warn"), LogLevel::kWarn);
  EXPECT_EQ(parse_log_level("error"), LogLevel::kError);
  EXPECT_EQ(parse_log_level("warning"), std::nullopt);
}

}  // namespace
}  // namespace tailrace::config
