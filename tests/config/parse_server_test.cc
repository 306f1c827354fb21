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
