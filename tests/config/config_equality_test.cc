// Equality of configurations: what a reload compares.
#include <gtest/gtest.h>

#include "tests/config/loading.h"

namespace tailrace::config {
namespace {

const std::string kText =
    "clients: [{url: http://a}]\nscrape_configs:\n  - job_name: a\n    static_configs: [{labels: "
    "{__path__: /a}}]\n    relabel_configs: [{target_label: a}]\n    pipeline_stages: [{output: "
    "{source: a}}]\n";

TEST(ConfigEquality, moving_a_block_changes_nothing) {
  EXPECT_EQ(valid(kText), valid("# a comment\n\n" + kText));
}

TEST(ConfigEquality, every_value_counts) {
  const Config config = valid(kText);
  const auto differs = [&](auto change) {
    Config other = config;
    change(other);
    return !(other == config);
  };
  EXPECT_TRUE(differs([](Config& c) { c.clients[0].name = "x"; }));
  EXPECT_TRUE(differs([](Config& c) { c.clients[0].url = "x"; }));
  EXPECT_TRUE(differs([](Config& c) { c.clients[0].headers = {{"a", "b"}}; }));
  EXPECT_TRUE(differs([](Config& c) { c.clients[0].tenant_id = "x"; }));
  EXPECT_TRUE(differs([](Config& c) { c.clients[0].batch_wait = {}; }));
  EXPECT_TRUE(differs([](Config& c) { c.clients[0].batch_bytes = 1; }));
  EXPECT_TRUE(differs([](Config& c) { c.clients[0].timeout = {}; }));
  EXPECT_TRUE(differs([](Config& c) { c.clients[0].backoff.max_retries = 10; }));
  EXPECT_TRUE(differs([](Config& c) { c.clients[0].drop_rate_limited_batches = true; }));
  EXPECT_TRUE(differs([](Config& c) { c.clients[0].external_labels = {{"a", "b"}}; }));
  EXPECT_TRUE(differs([](Config& c) { c.clients[0].http.basic_auth.emplace().password = "x"; }));
  EXPECT_TRUE(differs([](Config& c) { c.clients[0].outbox_bytes = 1; }));
  EXPECT_TRUE(differs([](Config& c) { c.clients[0].when_full = ClientConfig::WhenFull::kBlock; }));
  EXPECT_TRUE(differs([](Config& c) { c.server.http_tls.cert = "x"; }));
  EXPECT_TRUE(differs([](Config& c) { c.tailrace.server_basic_auth.emplace(); }));
  EXPECT_TRUE(differs([](Config& c) { c.tailrace.control_socket = ""; }));
  EXPECT_TRUE(differs([](Config& c) { c.tailrace.live.disable = true; }));
  EXPECT_TRUE(differs([](Config& c) { c.tailrace.live.allowed_hosts = {"a"}; }));
  EXPECT_TRUE(differs([](Config& c) { c.tailrace.live.remote_lines = true; }));
  EXPECT_TRUE(differs([](Config& c) { c.scrape_configs[0].job_name = "x"; }));
  EXPECT_TRUE(differs([](Config& c) { c.scrape_configs[0].static_configs.clear(); }));
  EXPECT_TRUE(differs([](Config& c) { c.scrape_configs[0].relabel_configs[0].regex = "x"; }));
  EXPECT_TRUE(differs([](Config& c) { c.scrape_configs[0].pipeline_stages.clear(); }));
  EXPECT_TRUE(differs([](Config& c) { c.scrape_configs[0].encoding = "x"; }));
  EXPECT_TRUE(differs([](Config& c) { c.scrape_configs[0].decompression.enabled = true; }));
  EXPECT_TRUE(
      differs([](Config& c) { c.scrape_configs[0].files.ignore_older += std::chrono::hours(1); }));
}

}  // namespace
}  // namespace tailrace::config
