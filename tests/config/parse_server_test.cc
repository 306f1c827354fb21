// The server block.
#include <gtest/gtest.h>

#include "tests/config/loading.h"

namespace tailrace::config {
namespace {

using namespace std::chrono_literals;

const std::string kOneClient = "clients: [{url: http://a}]\n";

TEST(ParseServer, reads_every_key) {
  const ServerConfig server = valid(kOneClient + R"(
server:
  disable: true
  http_listen_network: tcp6
  http_listen_address: ::1
  http_listen_port: 9080
  http_listen_conn_limit: 5
  http_path_prefix: /p
  external_url: http://x/
  register_instrumentation: false
  health_check_target: false
  enable_runtime_reload: true
  profiling_enabled: true
  graceful_shutdown_timeout: 1s
  http_server_read_timeout: 2s
  http_server_read_header_timeout: 3s
  http_server_write_timeout: 4s
  http_server_idle_timeout: 5s
  log_level: warn
  log_format: json
)")
                                  .server;
  ServerConfig expected;
  expected.disable = true;
  expected.http_listen_network = "tcp6";
  expected.http_listen_address = "::1";
  expected.http_listen_port = 9080;
  expected.http_listen_conn_limit = 5;
  expected.http_path_prefix = "/p";
  expected.external_url = "http://x/";
  expected.register_instrumentation = false;
  expected.health_check_target = false;
  expected.enable_runtime_reload = true;
  expected.profiling_enabled = true;
  expected.graceful_shutdown_timeout = 1s;
  expected.http_read_timeout = 2s;
  expected.http_read_header_timeout = 3s;
  expected.http_write_timeout = 4s;
  expected.http_idle_timeout = 5s;
  expected.log_level = LogLevel::kWarn;
  expected.log_format = LogFormat::kJson;
  EXPECT_EQ(server, expected);
}

TEST(ParseServer, reads_tls) {
  const ServerConfig server = valid(kOneClient + R"(
server:
  http_tls_config:
    cert: c
    key_file: /k
    client_ca: a
    client_auth_type: RequireClientCert
  tls_cipher_suites: "TLS_RSA_WITH_AES_128_CBC_SHA,  TLS_AES_128_GCM_SHA256"
  tls_min_version: VersionTLS13
)")
                                  .server;
  ServerTlsConfig expected;
  expected.cert = "c";
  expected.key_file = "/k";
  expected.client_ca = "a";
  expected.client_auth_type = "RequireClientCert";
  EXPECT_EQ(server.http_tls, expected);
  EXPECT_TRUE(server.http_tls.enabled());
  EXPECT_EQ(server.tls_cipher_suites,
            (std::vector<std::string>{"TLS_RSA_WITH_AES_128_CBC_SHA", "TLS_AES_128_GCM_SHA256"}));
  EXPECT_EQ(server.tls_min_version, "VersionTLS13");
  const ServerTlsConfig files =
      valid(kOneClient +
            "server: {http_tls_config: {cert_file: /c, key: k, client_ca_file: /a, "
            "client_auth_type: VerifyClientCertIfGiven}}")
          .server.http_tls;
  EXPECT_EQ(files.cert_file, "/c");
  EXPECT_EQ(files.key, "k");
  EXPECT_EQ(files.client_ca_file, "/a");
}

TEST(ParseServer, tls_is_off_when_its_block_says_nothing) {
  const ServerConfig server =
      valid(kOneClient +
            "server: {http_tls_config: {cert: '', client_auth_type: NoClientCert}, "
            "tls_cipher_suites: '', tls_min_version: ''}")
          .server;
  EXPECT_FALSE(server.http_tls.enabled());
  EXPECT_EQ(server.tls_cipher_suites, std::vector<std::string>{});
}

TEST(ParseServer, versions_and_suites_have_no_effect_without_tls) {
  EXPECT_EQ(diagnose(kOneClient + "server: {tls_min_version: VersionTLS12, "
                                  "tls_cipher_suites: TLS_AES_128_GCM_SHA256}"),
            (std::vector<std::string>{
                "warning: server.tls_min_version: has no effect without `http_tls_config`",
                "warning: server.tls_cipher_suites: has no effect without `http_tls_config`"}));
}

TEST(ParseServer, a_client_must_not_be_let_in_by_plain_http_against_the_wish) {
  EXPECT_EQ(diagnose(kOneClient +
                     "server: {http_tls_config: {client_auth_type: RequireAndVerifyClientCert}}"),
            (std::vector<std::string>{"server.http_tls_config: there is no certificate: set cert "
                                      "or cert_file"}));
}

TEST(ParseServer, a_key_is_not_shown) {
  for (const std::string& text : diagnose(kOneClient + "server: {http_tls_config: {key: [hush]}}"))
    EXPECT_EQ(text.find("hush"), std::string::npos) << text;
  for (const std::string& text :
       diagnose(kOneClient + "tailrace: {server: {basic_auth: {password: {hush: hush}}}}"))
    EXPECT_EQ(text.find("hush"), std::string::npos) << text;
}

TEST(ParseServer, a_null_health_check_target_is_true) {
  EXPECT_TRUE(valid(kOneClient + "server: {health_check_target: ~}").server.health_check_target);
}

TEST(ParseServer, grpc_keys_are_checked) {
  EXPECT_EQ(diagnose(kOneClient + R"(
server:
  grpc_listen_port: x
  grpc_listen_address: [a]
  grpc_server_keepalive_time: 1d
  grpc_server_stats_tracking_enabled: 5
  grpc_tls_config: {key: [a], foo: b}
)")
                .size(),
            7U);  // One more says that they have no effect.
}

TEST(ParseServer, a_null_log_level_is_no_level) {
  EXPECT_EQ(
      diagnose(kOneClient + "server: {log_level: }"),
      (std::vector<std::string>{"server.log_level: must be debug, info, warn or error, not \"\""}));
}

}  // namespace
}  // namespace tailrace::config
