// The root and its small blocks.
#include <gtest/gtest.h>

#include "tests/config/loading.h"

namespace tailrace::config {
namespace {

using namespace std::chrono_literals;

const std::string kClient = "clients: [{url: http://a}]\n";

TEST(ParseFile, has_promtails_defaults) {
  const Config config = valid(kClient);
  Config expected;
  ClientConfig client;
  client.url = "http://a";
  expected.clients = {client};
  EXPECT_EQ(config, expected);
  EXPECT_EQ(config.positions.filename, "/var/log/positions.yaml");
  EXPECT_EQ(config.positions.sync_period, 10s);
  EXPECT_EQ(config.target.sync_period, 10s);
  EXPECT_EQ(config.file_watch.min_poll_frequency, 250ms);
  EXPECT_EQ(config.limits.readline_rate, 10000);
  EXPECT_TRUE(config.limits.readline_rate_drop);
}

TEST(ParseFile, reads_every_small_block) {
  const Config config = valid(kClient + R"(
global: {file_watch_config: {min_poll_frequency: 1s, max_poll_frequency: 2s}}
positions: {filename: /p, sync_period: 3s, ignore_invalid_yaml: true}
target_config: {sync_period: 4s, stdin: true}
limits_config:
  readline_rate_enabled: true
  readline_rate: 5.5
  readline_burst: 6
  readline_rate_drop: false
  max_streams: 7
  max_line_size: 256kb
  max_line_size_truncate: true
wal: {enabled: true, dir: /w}
tailrace: {sync: true, workers: 3, outbox: {dir: /o, size: 8MB, when_full: drop_oldest}}
)");
  EXPECT_EQ(config.file_watch, (FileWatchConfig{1s, 2s}));
  EXPECT_EQ(config.positions, (PositionsConfig{"/p", 3s, true}));
  EXPECT_EQ(config.target, (TargetConfig{4s, true}));
  EXPECT_EQ(config.limits, (LimitsConfig{true, 5.5, 6, false, 7, 262144, true}));
  EXPECT_EQ(config.wal, (WalConfig{true, "/w"}));
  EXPECT_EQ(config.tailrace,
            (TailraceConfig{true, 3, "/o", 8U << 20U, ClientConfig::WhenFull::kDropOldest}));
}

TEST(ParseFile, the_blocks_without_effect_are_checked) {
  EXPECT_EQ(diagnose(kClient + "tracing: {enabled: x}\nwal: {watchConfig: {minReadFrequency: y}}\n")
                .size(),
            2U);
}

TEST(ParseFile, options_takes_no_key) {
  EXPECT_EQ(diagnose(kClient + "options: {a: b}\n"),
            (std::vector<std::string>{"options.a: `a` is not a known key"}));
}

TEST(ParseFile, a_line_rate_that_lets_nothing_through_is_refused) {
  EXPECT_EQ(diagnose(kClient + "limits_config: {readline_rate_enabled: true, readline_rate: 0, "
                               "readline_burst: 0}"),
            (std::vector<std::string>{"limits_config.readline_rate: must be above 0",
                                      "limits_config.readline_burst: must be at least 1"}));
  EXPECT_TRUE(diagnose(kClient + "limits_config: {readline_rate: 0, readline_burst: 0}").empty());
  EXPECT_TRUE(diagnose(kClient + "limits_config: {readline_rate_enabled: true, "
                                 "readline_rate: 0.5, readline_burst: 1}")
                  .empty());
}

TEST(ParseFile, the_outbox_has_a_least_size) {
  EXPECT_TRUE(diagnose(kClient + "tailrace: {outbox: {size: 4MB}}").empty());
  EXPECT_FALSE(diagnose(kClient + "tailrace: {outbox: {size: 1048575}}").empty());
  EXPECT_TRUE(diagnose(kClient + "tailrace: {workers: 256}").empty());
  EXPECT_FALSE(diagnose(kClient + "tailrace: {workers: 257}").empty());
}

TEST(ParseFile, the_status_pages_may_have_a_password) {
  const Config none = valid("clients: [{url: http://a}]\ntailrace: {server: {}}");
  EXPECT_FALSE(none.tailrace.server_basic_auth);
  const Config config = valid(
      "clients: [{url: http://a}]\ntailrace: {server: {basic_auth: {username: u, password: p}}}");
  EXPECT_EQ(config.tailrace.server_basic_auth,
            (ServerBasicAuthConfig{.username = "u", .password = "p", .password_file = {}}));
  const Config file = valid(
      "clients: [{url: http://a}]\n"
      "tailrace: {server: {basic_auth: {username: u, password_file: /p}}}");
  EXPECT_EQ(file.tailrace.server_basic_auth,
            (ServerBasicAuthConfig{.username = "u", .password = {}, .password_file = "/p"}));
}

}  // namespace
}  // namespace tailrace::config
