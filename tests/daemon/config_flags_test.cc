// Each flag sets its own value and refuses what is none.
#include "daemon/config_flags.h"

#include <chrono>
#include <functional>
#include <vector>

#include <gtest/gtest.h>

namespace tailrace::daemon {
namespace {

using config::Overrides;
using std::chrono::milliseconds;
using std::chrono::seconds;

struct Case {
  const char* flag;
  const char* value;
  std::function<bool(const Overrides&)> check;
  const char* wrong;  // Empty: every text is right.
};

std::vector<Case> cases() {
  return {
      {"client.url", "http://a", [](const Overrides& o) { return o.client_url == "http://a"; }, ""},
      {"client.batch-wait", "250ms",
       [](const Overrides& o) { return o.client_batch_wait == milliseconds(250); }, "5 apples"},
      {"client.batch-size-bytes", "12",
       [](const Overrides& o) { return o.client_batch_bytes == 12U; }, "-1"},
      {"client.timeout", "7s", [](const Overrides& o) { return o.client_timeout == seconds(7); },
       "7"},
      {"client.min-backoff", "1s",
       [](const Overrides& o) { return o.client_min_backoff == seconds(1); }, "x"},
      {"client.max-backoff", "2m",
       [](const Overrides& o) { return o.client_max_backoff == seconds(120); }, "x"},
      {"client.max-retries", "3", [](const Overrides& o) { return o.client_max_retries == 3; },
       "3x"},
      {"client.tenant-id", "t", [](const Overrides& o) { return o.client_tenant_id == "t"; }, ""},
      {"client.external-labels", "a=b,c=d",
       [](const Overrides& o) {
         return o.client_external_labels == config::TextPairs{{"a", "b"}, {"c", "d"}};
       },
       "a,b"},
      {"client.drop-rate-limited-batches", "true",
       [](const Overrides& o) { return o.client_drop_rate_limited_batches == true; }, "yes"},
      {"positions.file", "/p", [](const Overrides& o) { return o.positions_file == "/p"; }, ""},
      {"positions.sync-period", "1h",
       [](const Overrides& o) { return o.positions_sync_period == seconds(3600); }, "h"},
      {"positions.ignore-invalid-yaml", "F",
       [](const Overrides& o) { return o.positions_ignore_invalid_yaml == false; }, ""},
      {"target.sync-period", "3s",
       [](const Overrides& o) { return o.target_sync_period == seconds(3); }, ""},
      {"max-streams", "9", [](const Overrides& o) { return o.max_streams == 9U; }, "4294967296"},
      {"max-line-size", "2kb", [](const Overrides& o) { return o.max_line_size == 2048U; }, "2q"},
      {"max-line-size-truncate", "1",
       [](const Overrides& o) { return o.max_line_size_truncate == true; }, "2"},
      {"protection.mode", "require",
       [](const Overrides& o) {
         return o.protection_mode == config::ProtectionConfig::Mode::kRequire;
       },
       "on"},
      {"protection.refused-calls", "kill",
       [](const Overrides& o) {
         return o.protection_refused_calls == config::ProtectionConfig::RefusedCalls::kKill;
       },
       "log"},
      {"server.http-listen-address", "::1",
       [](const Overrides& o) { return o.server_http_listen_address == "::1"; }, ""},
      {"server.http-listen-port", "9080",
       [](const Overrides& o) { return o.server_http_listen_port == 9080; }, "65536"},
      {"file-watch.min_poll_frequency", "1s",
       [](const Overrides& o) { return o.file_watch_min_poll_frequency == seconds(1); }, "x"},
      {"file-watch.max_poll_frequency", "2s",
       [](const Overrides& o) { return o.file_watch_max_poll_frequency == seconds(2); }, "x"},
      {"limit.readline-rate-enabled", "true",
       [](const Overrides& o) { return o.readline_rate_enabled == true; }, "yes"},
      {"limit.readline-rate", "2.5", [](const Overrides& o) { return o.readline_rate == 2.5; },
       "2,5"},
      {"limit.readline-burst", "7", [](const Overrides& o) { return o.readline_burst == 7; },
       "7.5"},
      {"limit.readline-rate-drop", "false",
       [](const Overrides& o) { return o.readline_rate_drop == false; }, "no"},
      {"server.http-listen-network", "tcp4",
       [](const Overrides& o) { return o.server_http_listen_network == "tcp4"; }, "udp"},
      {"server.http-conn-limit", "3",
       [](const Overrides& o) { return o.server_http_conn_limit == 3U; }, "-1"},
      {"server.http-read-timeout", "1s",
       [](const Overrides& o) { return o.server_http_read_timeout == seconds(1); }, "1"},
      {"server.http-read-header-timeout", "2s",
       [](const Overrides& o) { return o.server_http_read_header_timeout == seconds(2); }, "2"},
      {"server.http-write-timeout", "3s",
       [](const Overrides& o) { return o.server_http_write_timeout == seconds(3); }, "3"},
      {"server.http-idle-timeout", "4s",
       [](const Overrides& o) { return o.server_http_idle_timeout == seconds(4); }, "4"},
      {"server.graceful-shutdown-timeout", "5s",
       [](const Overrides& o) { return o.server_graceful_shutdown_timeout == seconds(5); }, "5"},
      {"server.path-prefix", "/p", [](const Overrides& o) { return o.server_path_prefix == "/p"; },
       ""},
      {"server.register-instrumentation", "f",
       [](const Overrides& o) { return o.server_register_instrumentation == false; }, "x"},
      {"server.enable-runtime-reload", "t",
       [](const Overrides& o) { return o.server_enable_runtime_reload == true; }, "x"},
      {"server.profiling_enabled", "1",
       [](const Overrides& o) { return o.server_profiling_enabled == true; }, "x"},
      {"server.disable", "TRUE", [](const Overrides& o) { return o.server_disable == true; },
       "tRue"},
      {"server.http-tls-cert-path", "/c",
       [](const Overrides& o) { return o.server_http_tls_cert_path == "/c"; }, ""},
      {"server.http-tls-key-path", "/k",
       [](const Overrides& o) { return o.server_http_tls_key_path == "/k"; }, ""},
      {"server.http-tls-ca-path", "/a",
       [](const Overrides& o) { return o.server_http_tls_ca_path == "/a"; }, ""},
      {"server.http-tls-client-auth", "NoClientCert",
       [](const Overrides& o) { return o.server_http_tls_client_auth == "NoClientCert"; }, ""},
      {"server.tls-cipher-suites", "TLS_AES_128_GCM_SHA256,TLS_AES_256_GCM_SHA384",
       [](const Overrides& o) {
         return o.server_tls_cipher_suites ==
                std::vector<std::string>{"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384"};
       },
       "AES"},
      {"server.tls-min-version", "VersionTLS11",
       [](const Overrides& o) { return o.server_tls_min_version == "VersionTLS11"; }, "TLS11"},
      {"log.level", "warn", [](const Overrides& o) { return o.log_level == LogLevel::kWarn; },
       "loud"},
      {"log.format", "json", [](const Overrides& o) { return o.log_format == LogFormat::kJson; },
       "xml"},
  };
}

TEST(ConfigFlags, each_sets_its_own_value) {
  for (const Case& c : cases()) {
    const ConfigFlag* const flag = find_config_flag(c.flag);
    ASSERT_NE(flag, nullptr) << c.flag;
    Overrides overrides;
    EXPECT_FALSE(c.check(overrides)) << c.flag;
    EXPECT_TRUE(flag->set(overrides, c.value)) << c.flag;
    EXPECT_TRUE(c.check(overrides)) << c.flag;
  }
}

TEST(ConfigFlags, each_refuses_what_is_no_value_for_it) {
  for (const Case& c : cases()) {
    if (*c.wrong == '\0') continue;
    Overrides overrides;
    const Status set = find_config_flag(c.flag)->set(overrides, c.wrong);
    ASSERT_FALSE(set) << c.flag;
    EXPECT_NE(set.error().message, "") << c.flag;
    EXPECT_FALSE(c.check(overrides)) << c.flag;
  }
}

TEST(ConfigFlags, the_other_format_of_the_log_is_logfmt) {
  Overrides overrides;
  EXPECT_TRUE(find_config_flag("log.format")->set(overrides, "logfmt"));
  EXPECT_EQ(overrides.log_format, LogFormat::kLogfmt);
}

TEST(ConfigFlags, the_proxy_protocol_is_refused_as_its_key_is) {
  const ConfigFlag& flag = *find_config_flag("server.proxy-protocol-enabled");
  EXPECT_EQ(flag.value_name, "");
  Overrides overrides;
  EXPECT_TRUE(flag.set(overrides, "false"));
  const Status set = flag.set(overrides, "true");
  ASSERT_FALSE(set);
  EXPECT_EQ(set.error().message, "is not yet supported");
  EXPECT_FALSE(flag.set(overrides, "x"));
}

TEST(ConfigFlags, booleans_are_spelled_as_go_spells_them) {
  const ConfigFlag& flag = *find_config_flag("server.disable");
  for (const char* text : {"1", "t", "T", "true", "TRUE", "True"}) {
    Overrides overrides;
    EXPECT_TRUE(flag.set(overrides, text));
    EXPECT_EQ(overrides.server_disable, true) << text;
  }
  for (const char* text : {"0", "f", "F", "false", "FALSE", "False"}) {
    Overrides overrides;
    EXPECT_TRUE(flag.set(overrides, text));
    EXPECT_EQ(overrides.server_disable, false) << text;
  }
}

TEST(ConfigFlags, only_booleans_have_no_name_for_their_value) {
  for (const Case& c : cases()) {
    Overrides overrides;
    const ConfigFlag& flag = *find_config_flag(c.flag);
    EXPECT_EQ(flag.value_name.empty(), flag.set(overrides, "T").has_value() &&
                                           flag.set(overrides, "f").has_value() &&
                                           !flag.set(overrides, "text").has_value())
        << c.flag;
  }
}

TEST(ConfigFlags, an_unknown_name_is_none) {
  EXPECT_EQ(find_config_flag("client"), nullptr);
  EXPECT_EQ(find_config_flag(""), nullptr);
}

TEST(ConfigFlags, help_has_a_line_for_each) {
  const std::string help = config_flags_help();
  for (const Case& c : cases()) {
    const ConfigFlag& flag = *find_config_flag(c.flag);
    const std::string name = "  -" + std::string(c.flag) +
                             (flag.value_name.empty() ? " " : "=" + std::string(flag.value_name));
    const std::size_t at = help.find(name);
    ASSERT_NE(at, std::string::npos) << c.flag;
    const std::string line = help.substr(at, help.find('\n', at) - at);
    EXPECT_TRUE(line.ends_with(" " + std::string(flag.help))) << line;
  }
  // One that sets nothing is left out of the cases.
  EXPECT_EQ(static_cast<std::size_t>(std::count(help.begin(), help.end(), '\n')),
            cases().size() + 1);
}

}  // namespace
}  // namespace tailrace::daemon
