// Promtail's client metrics.
#include "shippers/client_metrics.h"

#include <string>

#include <gtest/gtest.h>

namespace tailrace::shippers {
namespace {

bool has(const Metrics& metrics, const std::string& line) {
  return ("\n" + metrics.serialize()).find("\n" + line + "\n") != std::string::npos;
}

TEST(UrlHost, is_host_and_port_as_written) {
  EXPECT_EQ(url_host("http://loki:3100/loki/api/v1/push"), "loki:3100");
  EXPECT_EQ(url_host("https://user:p@ss@logs.example.com?x=/"), "logs.example.com");
  EXPECT_EQ(url_host("http://[::1]:3100/"), "[::1]:3100");
  EXPECT_EQ(url_host("http://h#f"), "h");
  EXPECT_EQ(url_host("no-scheme/push"), "");
}

TEST(ClientMetrics, makes_all_series_of_a_tenant_at_once) {
  Metrics metrics;
  ClientMetrics client(metrics, "h:1");
  EXPECT_TRUE(has(metrics, "promtail_encoded_bytes_total{host=\"h:1\"} 0"));
  EXPECT_TRUE(has(metrics, "promtail_sent_bytes_total{host=\"h:1\"} 0"));
  EXPECT_TRUE(has(metrics, "promtail_sent_entries_total{host=\"h:1\"} 0"));
  client.add_tenant("t");
  EXPECT_TRUE(has(metrics, "promtail_batch_retries_total{host=\"h:1\",tenant=\"t\"} 0"));
  for (const std::string family :
       {"promtail_dropped_bytes_total", "promtail_dropped_entries_total",
        "promtail_mutated_bytes_total", "promtail_mutated_entries_total"}) {
    for (const std::string reason :
         {"ingester_error", "rate_limited", "stream_limited", "line_too_long"}) {
      EXPECT_TRUE(has(metrics, family + "{host=\"h:1\",reason=\"" + reason + "\",tenant=\"t\"} 0"))
          << family << reason;
    }
  }
}

TEST(ClientMetrics, counts) {
  Metrics metrics;
  ClientMetrics client(metrics, "h");
  client.encoded(100);
  client.sent(3, 90);
  client.retried("");
  client.dropped("", "rate_limited", 2, 50);
  client.attempt("204", 0.03);
  client.attempt("-1", 20);
  EXPECT_TRUE(has(metrics, "promtail_encoded_bytes_total{host=\"h\"} 100"));
  EXPECT_TRUE(has(metrics, "promtail_sent_bytes_total{host=\"h\"} 90"));
  EXPECT_TRUE(has(metrics, "promtail_sent_entries_total{host=\"h\"} 3"));
  EXPECT_TRUE(has(metrics, "promtail_batch_retries_total{host=\"h\",tenant=\"\"} 1"));
  EXPECT_TRUE(has(
      metrics, "promtail_dropped_entries_total{host=\"h\",reason=\"rate_limited\",tenant=\"\"} 2"));
  EXPECT_TRUE(has(
      metrics, "promtail_dropped_bytes_total{host=\"h\",reason=\"rate_limited\",tenant=\"\"} 50"));
  const std::string text = metrics.serialize();
  EXPECT_NE(text.find("promtail_request_duration_seconds_bucket"), std::string::npos);
  EXPECT_TRUE(
      has(metrics, "promtail_request_duration_seconds_count{host=\"h\",status_code=\"204\"} 1"));
  EXPECT_TRUE(
      has(metrics, "promtail_request_duration_seconds_count{host=\"h\",status_code=\"-1\"} 1"));
  EXPECT_NE(text.find("le=\"0.005\""), std::string::npos);
  EXPECT_NE(text.find("le=\"10\""), std::string::npos);
}

TEST(ClientMetrics, counts_what_the_batcher_did) {
  Metrics metrics;
  ClientMetrics client(metrics, "h");
  client.batch({.client_key = "c",
                .tenant = "t",
                .reason = "line_too_long",
                .dropped_entries = 1,
                .dropped_bytes = 10,
                .mutated_entries = 2,
                .mutated_bytes = 20});
  const std::string labels = "{host=\"h\",reason=\"line_too_long\",tenant=\"t\"}";
  EXPECT_TRUE(has(metrics, "promtail_dropped_entries_total" + labels + " 1"));
  EXPECT_TRUE(has(metrics, "promtail_dropped_bytes_total" + labels + " 10"));
  EXPECT_TRUE(has(metrics, "promtail_mutated_entries_total" + labels + " 2"));
  EXPECT_TRUE(has(metrics, "promtail_mutated_bytes_total" + labels + " 20"));
}

}  // namespace
}  // namespace tailrace::shippers
