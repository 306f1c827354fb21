// What looks at several blocks, and sane minima.
#include <gtest/gtest.h>

#include "tests/config/loading.h"

namespace tailrace::config {
namespace {

using namespace std::chrono_literals;

TEST(FinishConfig, the_client_block_is_one_more_client) {
  const Config config = valid(
      "client: {url: http://block, external_labels: {a: block, c: block}}\n"
      "clients: [{url: http://list, external_labels: {a: list, b: list}}]\n");
  ASSERT_EQ(config.clients.size(), 2U);
  EXPECT_EQ(config.clients[0].url, "http://list");
  EXPECT_EQ(config.clients[0].external_labels,
            (TextPairs{{"a", "list"}, {"b", "list"}, {"c", "block"}}));
  EXPECT_EQ(config.clients[1].url, "http://block");
  EXPECT_EQ(config.clients[1].external_labels, (TextPairs{{"a", "block"}, {"c", "block"}}));
  EXPECT_EQ(config.clients[1].location.path, "client");
  EXPECT_EQ(config.clients[1].location.line, 1);
}

TEST(FinishConfig, a_client_block_without_url_only_lends_its_labels) {
  const Config config =
      valid("client: {url: '', external_labels: {a: b}}\nclients: [{url: http://x}]\n");
  ASSERT_EQ(config.clients.size(), 1U);
  EXPECT_EQ(config.clients[0].external_labels, (TextPairs{{"a", "b"}}));
}

TEST(FinishConfig, short_periods_are_lengthened) {
  const Config config = valid(
      "clients: [{url: http://x}]\npositions: {sync_period: 0}\ntarget_config: {sync_period: 10}\n"
      "global: {file_watch_config: {min_poll_frequency: 0, max_poll_frequency: 1ms}}\n");
  EXPECT_EQ(config.positions.sync_period, 100ms);
  EXPECT_EQ(config.target.sync_period, 100ms);
  EXPECT_EQ(config.file_watch, (FileWatchConfig{250ms, 250ms}));
  EXPECT_EQ(
      valid("clients: [{url: http://x}]\npositions: {sync_period: 100ms}").positions.sync_period,
      100ms);
}

TEST(FinishConfig, a_client_gets_values_that_work) {
  const Config config =
      valid("clients: [{url: http://x, timeout: 0, backoff_config: {min_period: 10m}}]\n");
  EXPECT_EQ(config.clients[0].timeout, 10s);
  EXPECT_EQ(config.clients[0].backoff.max_period, 10min);
}

TEST(FinishConfig, clients_that_differ_in_anything_are_different) {
  EXPECT_EQ(
      valid("clients: [{url: http://x}, {url: http://x, tenant_id: a}, {url: http://x, name: b}]")
          .clients.size(),
      3U);
  EXPECT_EQ(diagnose("client: {url: http://x}\nclients: [{url: http://x}]").size(), 1U);
}

TEST(FinishConfig, a_timeout_by_flag_may_not_be_negative) {
  Overrides overrides;
  overrides.server_http_read_timeout = std::chrono::seconds(-5);
  EXPECT_EQ(diagnose("clients: [{url: \"http://a\"}]", overrides),
            (std::vector<std::string>{"-server.http-read-timeout: may not be negative"}));
}

TEST(FinishConfig, a_url_of_a_dump_gives_a_warning) {
  EXPECT_EQ(diagnose("clients: [{url: \"http://***@a\"}]"),
            (std::vector<std::string>{"warning: clients[0].url: has *** where a configuration dump "
                                      "hides what was there"}));
}

}  // namespace
}  // namespace tailrace::config
