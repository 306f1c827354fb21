// http_sd_configs against a scripted server.
#include "discovery/http_discovery.h"

#include <gtest/gtest.h>

#include "tests/discovery/discovery_rig.h"

namespace tailrace::discovery {
namespace {

using namespace std::chrono_literals;

config::HttpSdConfig some_config() {
  config::HttpSdConfig config;
  config.url = "http://lists/a";
  config.refresh_interval = 30s;
  return config;
}

std::string list_of(const std::string& address) {
  return R"([{"targets": [")" + address + R"("], "labels": {"k": "v"}}])";
}

TEST(HttpDiscovery, gives_what_the_server_lists) {
  DiscoveryRig rig;
  HttpDiscovery discovery(some_config(), "http_sd_configs[0]", rig.world);
  rig.transport.reply({.status = 200, .body = list_of("a:1")});
  EXPECT_FALSE(discovery.knows());
  EXPECT_TRUE(rig.poll(discovery));
  EXPECT_TRUE(discovery.knows());
  ASSERT_EQ(discovery.targets().size(), 1U);
  EXPECT_EQ(
      discovery.targets()[0],
      (Target{.labels = {{"__address__", "a:1"}, {"__meta_url", "http://lists/a"}, {"k", "v"}},
              .found_by = "http_sd_configs[0] http://lists/a:0"}));
  const auto& sent = rig.transport.sent().at(0);
  EXPECT_EQ(sent.method, "GET");
  EXPECT_EQ(sent.header("Accept"), "application/json");
  EXPECT_EQ(sent.header("X-Prometheus-Refresh-Interval-Seconds"), "30");
  EXPECT_EQ(sent.body_bytes_max, HttpDiscovery::kListBytesMax);
}

TEST(HttpDiscovery, asks_again_every_refresh_interval) {
  DiscoveryRig rig;
  HttpDiscovery discovery(some_config(), "x", rig.world);
  rig.transport.reply({.status = 200, .body = list_of("a:1")});
  rig.transport.reply({.status = 200, .body = list_of("a:1")});
  rig.transport.reply({.status = 200, .body = list_of("b:1")});
  rig.poll(discovery);
  EXPECT_EQ(discovery.next_deadline(), rig.clock.steady_now() + 30s);
  EXPECT_FALSE(rig.advance(discovery, 29s));
  EXPECT_EQ(rig.transport.sent().size(), 1U);
  EXPECT_FALSE(rig.advance(discovery, 1s));  // The same list: no news.
  EXPECT_EQ(rig.transport.sent().size(), 2U);
  EXPECT_TRUE(rig.advance(discovery, 30s));
  EXPECT_EQ(addresses(discovery), "b:1");
}

TEST(HttpDiscovery, what_is_no_list_leaves_the_targets) {
  DiscoveryRig rig;
  HttpDiscovery discovery(some_config(), "x", rig.world);
  rig.transport.reply({.status = 200, .body = list_of("a:1")});
  rig.poll(discovery);
  for (const testing::ScriptedTransport::Reply& reply :
       std::vector<testing::ScriptedTransport::Reply>{
           {.status = 500, .body = "out of order"},
           {.status = 200, .body = "<html>"},
           {.status = 200, .body = R"([{"targets": ["b:1"]}, 5])"},
           {.status = 204},
           {.status = 0, .error = "connection refused"}}) {
    rig.transport.reply(reply);
    EXPECT_FALSE(rig.advance(discovery, 2min));
    EXPECT_EQ(addresses(discovery), "a:1");
    EXPECT_NE(discovery.trouble(), "");
    EXPECT_LE(discovery.next_deadline(), rig.clock.steady_now() + 60s);
  }
  rig.transport.reply({.status = 200, .body = "[]"});
  EXPECT_TRUE(rig.advance(discovery, 2min));
  EXPECT_EQ(discovery.trouble(), "");
  EXPECT_TRUE(discovery.targets().empty());
}

TEST(HttpDiscovery, waits_as_long_as_the_server_asks) {
  DiscoveryRig rig;
  HttpDiscovery discovery(some_config(), "x", rig.world);
  rig.transport.reply({.status = 429, .retry_after = 100s});
  rig.poll(discovery);
  EXPECT_EQ(discovery.next_deadline(), rig.clock.steady_now() + 100s);
  EXPECT_FALSE(discovery.knows());
}

TEST(HttpDiscovery, sends_its_credentials) {
  DiscoveryRig rig;
  rig.files.overwrite("/token", "one\n");
  config::HttpSdConfig config = some_config();
  config.http.authorization = config::AuthorizationConfig{"Bearer", "", "/token"};
  HttpDiscovery discovery(config, "x", rig.world);
  rig.poll(discovery);
  EXPECT_EQ(rig.transport.sent().at(0).header("Authorization"), "Bearer one");
  ASSERT_TRUE(rig.files.remove("/token"));
  rig.advance(discovery, 2min);
  EXPECT_EQ(rig.transport.sent().size(), 1U);
  EXPECT_NE(discovery.trouble().find("/token"), std::string::npos);
}

TEST(HttpDiscovery, shows_that_its_token_cannot_be_fetched_and_waits) {
  DiscoveryRig rig;
  config::HttpSdConfig config = some_config();
  config.http.oauth2.emplace();
  config.http.oauth2->client_id = "me";
  config.http.oauth2->token_url = "http://id/token";
  HttpDiscovery discovery(config, "x", rig.world);
  rig.transport.answer_with([](const auto&) {
    return testing::ScriptedTransport::Reply{.status = 503, .body = "down", .delay = 30ms};
  });
  rig.poll(discovery);
  for (int i = 0; i < 20; ++i)
    rig.advance(discovery, 20ms);
  EXPECT_NE(discovery.trouble().find("cannot fetch token"), std::string::npos);
  EXPECT_LE(rig.transport.sent().size(), 2U);  // With either way to send the credentials.
}

TEST(HttpDiscovery, gives_its_endpoint_back) {
  DiscoveryRig rig;
  { const HttpDiscovery discovery(some_config(), "x", rig.world); }
  EXPECT_EQ(rig.transport.endpoints_removed(), 1U);
}

}  // namespace
}  // namespace tailrace::discovery
