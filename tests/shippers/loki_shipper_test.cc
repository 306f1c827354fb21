// Requests, retries, places, credentials.
#include "shippers/loki_shipper.h"

#include <chrono>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/shippers/loki_shipper_support.h"

namespace tailrace::shippers {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using Texts = std::vector<std::string>;

TEST_F(LokiShipperTest, sends_the_body_as_it_is_with_promtails_headers) {
  client_.timeout = seconds(7);
  submit(3, {"one", "two"}, "team");
  ASSERT_EQ(transport_.sent().size(), 1U);
  const Sent& sent = transport_.sent()[0];
  EXPECT_EQ(sent.method, "POST");
  EXPECT_EQ(sent.url, "http://loki:3100/loki/api/v1/push");
  EXPECT_EQ(sent.body, *bodies_[0]);
  EXPECT_EQ(sent.timeout, seconds(7));
  const std::vector<std::pair<std::string, std::string>> headers{
      {"Content-Type", "application/x-protobuf"},
      {"User-Agent", "tailrace/1.2.3"},
      {"X-Scope-OrgID", "team"}};
  EXPECT_EQ(sent.headers, headers);
  EXPECT_EQ(results(), Texts{"3:2"});
  EXPECT_EQ(results(), Texts{});
  EXPECT_EQ(shipper().next_deadline(), SteadyTime::max());
  EXPECT_FALSE(transport_.views_changed());
}

TEST_F(LokiShipperTest, sends_no_tenant_header_without_a_tenant) {
  submit(1, {"one"});
  EXPECT_FALSE(http::has_header(transport_.sent().at(0).headers, "X-Scope-OrgID"));
}

TEST_F(LokiShipperTest, adds_custom_headers_but_not_over_its_own) {
  client_.headers = {{"X-Extra", "1"}, {"content-type", "text/plain"}, {"X-Scope-OrgID", "h"}};
  submit(1, {"one"});
  submit(2, {"one"}, "team");
  submit(3, {"one"}, "team");
  const auto& first = transport_.sent().at(0);
  EXPECT_EQ(first.header("X-Extra"), "1");
  EXPECT_EQ(first.header("Content-Type"), "application/x-protobuf");
  EXPECT_FALSE(http::has_header({first.headers.begin() + 1, first.headers.end()}, "content-type"));
  EXPECT_EQ(first.header("X-Scope-OrgID"), "h");  // The entry has no tenant.
  EXPECT_EQ(transport_.sent().at(1).header("X-Scope-OrgID"), "team");
  EXPECT_EQ(transport_.sent().at(1).headers.size(), 4U);
  // Once per header, not per request.
  const std::string warning = "custom header overrides";
  const std::size_t once = log_text_.find(warning);
  const std::size_t twice = log_text_.find(warning, once + 1);
  EXPECT_NE(once, std::string::npos);
  EXPECT_NE(twice, std::string::npos);
  EXPECT_EQ(log_text_.find(warning, twice + 1), std::string::npos);
}

TEST_F(LokiShipperTest, counts_what_it_sends) {
  submit(1, {"one", "two"});
  results();
  const auto bytes = static_cast<double>(bodies_[0]->size());
  EXPECT_EQ(metric("promtail_encoded_bytes_total{host=\"loki:3100\"}"), bytes);
  EXPECT_EQ(metric("promtail_sent_bytes_total{host=\"loki:3100\"}"), bytes);
  EXPECT_EQ(metric("promtail_sent_entries_total{host=\"loki:3100\"}"), 2);
  EXPECT_EQ(retries(), 0);
  EXPECT_EQ(metric(dropped("entries", "ingester_error")), 0);
}

TEST_F(LokiShipperTest, measures_each_attempt) {
  transport_.reply({.status = 500, .delay = milliseconds(300)});
  transport_.reply({.status = 204, .delay = milliseconds(2'000)});
  submit(1, {"one"});
  run();
  const std::string family = "promtail_request_duration_seconds";
  EXPECT_NEAR(metric(family + "_sum{host=\"loki:3100\",status_code=\"500\"}"), 0.3, 1e-9);
  EXPECT_NEAR(metric(family + "_sum{host=\"loki:3100\",status_code=\"204\"}"), 2, 1e-9);
}

TEST_F(LokiShipperTest, retries_what_may_pass_later_without_end) {
  for (int i = 0; i < 10; ++i) {
    transport_.reply(429);
    transport_.reply(503);
    transport_.reply({.status = 0, .error = "connection refused"});
  }
  submit(1, {"one", "two"});
  EXPECT_EQ(run(), Texts{"1:2"});
  EXPECT_EQ(transport_.sent().size(), 31U);
  for (const Sent& sent : transport_.sent())
    EXPECT_EQ(sent.body, *bodies_[0]);
  EXPECT_EQ(retries(), 30);
  EXPECT_EQ(metric(dropped("entries", "ingester_error")), 0);
  EXPECT_EQ(metric("promtail_encoded_bytes_total{host=\"loki:3100\"}"),
            static_cast<double>(bodies_[0]->size()));
  EXPECT_TRUE(logged("error sending batch, will retry"));
  EXPECT_TRUE(logged("status=-1"));
  EXPECT_TRUE(logged("connection refused"));
}

TEST_F(LokiShipperTest, waits_longer_and_longer_with_jitter) {
  transport_.answer_with([](const Sent&) { return Reply{.status = 500}; });
  submit(1, {"one"});
  std::chrono::nanoseconds low = milliseconds(500);
  for (int i = 0; i < 12; ++i) {
    results();
    const std::chrono::nanoseconds wait = shipper().next_deadline() - clock_.steady_now();
    EXPECT_GE(wait, std::min<std::chrono::nanoseconds>(low, seconds(256))) << i;
    EXPECT_LE(wait, std::min<std::chrono::nanoseconds>(low * 2, minutes(5))) << i;
    clock_.advance(wait - std::chrono::nanoseconds(1));
    const std::size_t sent = transport_.sent().size();
    results();
    EXPECT_EQ(transport_.sent().size(), sent);
    clock_.advance(std::chrono::nanoseconds(1));
    results();
    EXPECT_EQ(transport_.sent().size(), sent + 1);
    low *= 2;
  }
}

TEST_F(LokiShipperTest, begins_the_back_off_anew_with_each_request) {
  for (int i = 0; i < 8; ++i)
    transport_.reply(500);
  submit(1, {"one"});
  EXPECT_EQ(run(), Texts{"1:1"});
  transport_.reply(500);
  submit(1, {"two"});
  results();
  EXPECT_LE(shipper().next_deadline() - clock_.steady_now(), seconds(1));
}

TEST_F(LokiShipperTest, honours_retry_after_up_to_ten_minutes) {
  transport_.reply({.status = 429, .retry_after = seconds(90)});
  transport_.reply({.status = 503, .retry_after = std::chrono::hours(2)});
  transport_.reply({.status = 503, .retry_after = seconds(1)});
  submit(1, {"one"});
  results();
  EXPECT_EQ(shipper().next_deadline() - clock_.steady_now(), seconds(90));
  clock_.advance(seconds(90));
  results();
  results();
  EXPECT_EQ(shipper().next_deadline() - clock_.steady_now(), minutes(10));
  clock_.advance(minutes(10));
  results();
  results();
  EXPECT_GE(shipper().next_deadline() - clock_.steady_now(), seconds(2));  // Third back-off.
}

TEST_F(LokiShipperTest, bounds_periods_that_clocks_cannot_hold) {
  client_.backoff.min_period = std::chrono::nanoseconds(0);
  client_.backoff.max_period = std::chrono::nanoseconds::max();
  transport_.answer_with([](const Sent&) { return Reply{.status = 500}; });
  submit(1, {"one"});
  for (int i = 0; i < 60; ++i) {
    results();
    const std::chrono::nanoseconds wait = shipper().next_deadline() - clock_.steady_now();
    EXPECT_GE(wait, milliseconds(1));
    EXPECT_LE(wait, std::chrono::hours(24));
    clock_.advance(wait);
    results();
  }
}

struct GiveUpCase {
  std::vector<int> statuses;
  std::string reason;  // Empty: sent.
  double retries;
};

TEST_F(LokiShipperTest, gives_up_after_max_retries_attempts) {
  client_.backoff.max_retries = 3;
  const std::vector<GiveUpCase> cases{{{429, 429, 204}, "", 2},
                                      {{500, 500, 500}, "ingester_error", 3},
                                      {{500, 500, 429}, "rate_limited", 3},
                                      {{429, 429, 500}, "ingester_error", 3},
                                      {{404, 404, 404}, "ingester_error", 3}};
  double retries_before = 0;
  for (const GiveUpCase& row : cases) {
    for (const int status : row.statuses)
      transport_.reply(status);
    const std::size_t before = transport_.sent().size();
    submit(1, {"one", "two"});
    EXPECT_EQ(run(), row.reason.empty() ? Texts{"1:2"} : Texts{"1:-2 " + row.reason});
    EXPECT_EQ(transport_.sent().size() - before, 3U);
    EXPECT_EQ(retries() - retries_before, row.retries);
    retries_before = retries();
  }
  const auto bytes = static_cast<double>(bodies_[0]->size());
  EXPECT_EQ(metric(dropped("entries", "ingester_error")), 6);
  EXPECT_EQ(metric(dropped("bytes", "ingester_error")), 3 * bytes);
  EXPECT_EQ(metric(dropped("entries", "rate_limited")), 2);
  EXPECT_EQ(metric(dropped("bytes", "rate_limited")), bytes);
  EXPECT_TRUE(logged("final error sending batch"));
}

TEST_F(LokiShipperTest, takes_zero_max_retries_as_without_end) {
  client_.backoff.max_retries = 0;
  for (int i = 0; i < 30; ++i)
    transport_.reply(500);
  submit(1, {"one"});
  EXPECT_EQ(run(), Texts{"1:1"});
}

TEST_F(LokiShipperTest, drops_rate_limited_requests_at_once_when_told_so) {
  client_.drop_rate_limited_batches = true;
  transport_.reply(500);
  transport_.reply(429);
  submit(1, {"one", "two"});
  EXPECT_EQ(run(), Texts{"1:-2 rate_limited"});
  EXPECT_EQ(transport_.sent().size(), 2U);
  EXPECT_EQ(retries(), 1);
  EXPECT_EQ(metric(dropped("entries", "rate_limited")), 2);
}

TEST_F(LokiShipperTest, says_that_the_endpoint_is_set_up_wrong_and_goes_on) {
  for (const int status : {301, 401, 403, 404, 405, 415}) {
    transport_.reply({.status = status, .body = "go away"});
    transport_.reply(500);
    submit(1, {"one"});
    results();
    EXPECT_NE(shipper().trouble().find(std::to_string(status) + "): go away"), std::string::npos);
    clock_.advance(seconds(1));
    results();
    results();
    EXPECT_EQ(shipper().trouble(), "") << "the server is down, which is another matter";
    EXPECT_EQ(run(), Texts{"1:1"});
  }
  EXPECT_TRUE(logged("level=error"));
  EXPECT_TRUE(logged("is the client set up right?"));
  EXPECT_EQ(metric(dropped("entries", "ingester_error")), 0);
}

TEST_F(LokiShipperTest, has_no_trouble_while_the_server_is_away) {
  transport_.answer_with([](const Sent&) { return Reply{.status = 503}; });
  submit(1, {"one"});
  results();
  EXPECT_EQ(shipper().trouble(), "");
  EXPECT_FALSE(logged("level=error"));
}

TEST_F(LokiShipperTest, has_sixteen_places_and_back_off_holds_none) {
  std::vector<int> statuses;
  transport_.answer_with([](const Sent& sent) {
    return sent.tag < 16 ? Reply{.status = 503, .delay = seconds(1)} : Reply{.never = true};
  });
  for (RequestId id = 0; id < 16; ++id) {
    EXPECT_TRUE(shipper().has_place());
    submit(id, {"one"}, "t" + std::to_string(id));
  }
  EXPECT_FALSE(shipper().has_place());
  EXPECT_EQ(transport_.in_flight(), 16U);
  clock_.advance(seconds(1));
  results();
  EXPECT_TRUE(shipper().has_place());
  for (RequestId id = 16; id < 32; ++id)
    submit(id, {"one"}, "t" + std::to_string(id));
  EXPECT_FALSE(shipper().has_place());
  EXPECT_EQ(transport_.in_flight(), 16U);
  // The retries are due, but all places are taken; only a completion can help.
  clock_.advance(minutes(1));
  results();
  EXPECT_EQ(transport_.in_flight(), 16U);
  EXPECT_EQ(shipper().next_deadline(), SteadyTime::max());
  transport_.answer_with([](const Sent&) { return Reply{}; });
  transport_.reset();
  results();
  EXPECT_EQ(transport_.in_flight(), 16U);
  EXPECT_FALSE(transport_.views_changed());
}

TEST_F(LokiShipperTest, starts_the_longest_waiting_first) {
  transport_.answer_with([](const Sent&) { return Reply{.never = true}; });
  for (RequestId id = 100; id < 116; ++id)
    submit(id, {"one"});
  submit(50, {"first"});
  clock_.advance(milliseconds(1));
  submit(20, {"second"});
  transport_.answer_with([](const Sent&) { return Reply{.never = true}; });
  EXPECT_EQ(transport_.sent().size(), 16U);
  transport_.reset();
  results();
  ASSERT_GE(transport_.sent().size(), 18U);
  EXPECT_EQ(transport_.sent()[16].tag, 50U);
  EXPECT_EQ(transport_.sent()[17].tag, 20U);
}

TEST_F(LokiShipperTest, survives_a_reset_connection_and_a_hanging_server) {
  transport_.reply({.never = true});
  submit(1, {"one"});
  clock_.advance(minutes(10));
  EXPECT_EQ(results(), Texts{});
  transport_.reset();
  EXPECT_EQ(run(), Texts{"1:1"});
  EXPECT_TRUE(logged("connection reset by peer"));
}

TEST_F(LokiShipperTest, sends_only_what_is_not_to_be_skipped) {
  submit(1, {"done", "done too", "one", "two"}, "", 2);
  ASSERT_EQ(transport_.sent().size(), 1U);
  EXPECT_EQ(lines_of(transport_.sent()[0].body), (Texts{R"({job="j"}: one)", R"({job="j"}: two)"}));
  EXPECT_EQ(results(), Texts{"1:2"});
}

TEST_F(LokiShipperTest, sends_a_part_again_byte_for_byte) {
  transport_.reply(500);
  submit(1, {"done", "one"}, "", 1);
  EXPECT_EQ(run(), Texts{"1:1"});
  ASSERT_EQ(transport_.sent().size(), 2U);
  EXPECT_EQ(transport_.sent()[0].body, transport_.sent()[1].body);
  EXPECT_FALSE(transport_.views_changed());
}

TEST_F(LokiShipperTest, sends_a_damaged_body_whole_rather_than_not_at_all) {
  bodies_.push_back(std::make_unique<std::string>("\x04 no snappy block"));
  shipper().submit(1, push_body(*bodies_.back(), 3, 2));
  EXPECT_EQ(transport_.sent().at(0).body, *bodies_.back());
  EXPECT_EQ(results(), Texts{"1:3"});
  EXPECT_TRUE(logged("cannot be taken apart"));
}

TEST_F(LokiShipperTest, ignores_a_request_without_entries) {
  submit(1, {});
  EXPECT_TRUE(transport_.sent().empty());
  EXPECT_EQ(shipper().next_deadline(), SteadyTime::max());
}

TEST_F(LokiShipperTest, abandons_what_is_open) {
  transport_.reply({.never = true});
  transport_.reply(500);
  submit(1, {"one"});
  submit(2, {"two"}, "t");
  results();
  shipper().abandon();
  EXPECT_EQ(transport_.in_flight(), 0U);
  EXPECT_EQ(shipper().next_deadline(), SteadyTime::max());
  EXPECT_EQ(shipper().trouble(), "");
  EXPECT_TRUE(shipper().has_place());
  clock_.advance(minutes(10));
  EXPECT_EQ(results(), Texts{});
  submit(1, {"one"});  // The number is free again.
  EXPECT_EQ(results(), Texts{"1:1"});
}

TEST_F(LokiShipperTest, gives_its_endpoint_up_at_its_end) {
  client_.http.tls.server_name = "sni";
  transport_.reply({.never = true});
  submit(1, {"one"});
  EXPECT_EQ(transport_.endpoints().at(0).tls.server_name, "sni");
  shipper_.reset();
  EXPECT_EQ(transport_.in_flight(), 0U);
  EXPECT_EQ(transport_.endpoints_removed(), 1U);
}

TEST_F(LokiShipperTest, shares_a_transport_with_another_client) {
  LokiShipper other(client_, LokiShipper::World{.transport = transport_,
                                                .clock = clock_,
                                                .file_system = files_,
                                                .metrics = client_metrics_,
                                                .log = log_,
                                                .seed = 2,
                                                .user_agent = "tailrace"});
  submit(1, {"one"});
  const std::string body = body_of({"two", "three"});
  other.submit(2, push_body(body, 2));
  EXPECT_EQ(results(), Texts{"1:1"});
  const auto theirs = other.take_results(clock_.steady_now());
  ASSERT_EQ(theirs.size(), 1U);
  EXPECT_EQ(theirs[0].request, 2U);
}

TEST_F(LokiShipperTest, sends_credentials) {
  client_.http.basic_auth = {
      .username = "u", .username_file = {}, .password = "p", .password_file = {}};
  submit(1, {"one"});
  EXPECT_EQ(transport_.sent().at(0).basic_auth, "u:p");
}

TEST_F(LokiShipperTest, lets_a_custom_authorization_win) {
  client_.http.basic_auth = {
      .username = "u", .username_file = {}, .password = "p", .password_file = {}};
  client_.headers = {{"Authorization", "mine"}};
  submit(1, {"one"});
  EXPECT_EQ(transport_.sent().at(0).basic_auth, "");
  EXPECT_EQ(transport_.sent().at(0).header("Authorization"), "mine");
}

TEST_F(LokiShipperTest, takes_an_unreadable_secret_as_no_answer) {
  client_.http.basic_auth = {
      .username = "u", .username_file = {}, .password = {}, .password_file = "/p"};
  submit(1, {"one"});
  EXPECT_TRUE(transport_.sent().empty());
  EXPECT_EQ(retries(), 1);
  EXPECT_TRUE(logged("/p"));
  EXPECT_GE(shipper().next_deadline() - clock_.steady_now(), milliseconds(500));
  files_.append("/p", "secret");
  EXPECT_EQ(run(), Texts{"1:1"});
  EXPECT_EQ(transport_.sent().at(0).basic_auth, "u:secret");
}

TEST_F(LokiShipperTest, reports_what_it_gave_up_within_submit) {
  client_.backoff.max_retries = 1;
  client_.http.basic_auth = {
      .username = "u", .username_file = {}, .password = {}, .password_file = "/p"};
  submit(1, {"one"});
  EXPECT_EQ(shipper().next_deadline(), SteadyTime::min());
  EXPECT_EQ(results(), Texts{"1:-1 ingester_error"});
  EXPECT_EQ(shipper().next_deadline(), SteadyTime::max());
}

TEST_F(LokiShipperTest, fetches_a_token_first_and_again_after_a_401) {
  client_.http.oauth2.emplace();
  client_.http.oauth2->token_url = "http://id/token";
  int tokens = 0;
  transport_.answer_with([&tokens](const Sent& sent) -> Reply {
    if (sent.url == "http://id/token") {
      ++tokens;
      return {.status = 200,
              .body = R"({"access_token":"t)" + std::to_string(tokens) + "\"}",
              .delay = seconds(1)};
    }
    return {.status = sent.header("Authorization") == "Bearer t2" ? 204 : 401};
  });
  submit(1, {"one"});
  submit(2, {"two"}, "t");
  EXPECT_EQ(transport_.sent().size(), 1U);  // Both wait for one token.
  EXPECT_EQ(shipper().next_deadline(), SteadyTime::max());
  const Texts all = run();
  EXPECT_EQ(all.size(), 2U);
  EXPECT_EQ(tokens, 2);
  EXPECT_EQ(retries(), 1);
}

TEST_F(LokiShipperTest, retries_when_no_token_is_to_be_had) {
  client_.http.oauth2.emplace();
  client_.http.oauth2->token_url = "http://id/token";
  transport_.reply({.status = 0, .error = "id is down"});
  transport_.reply({.status = 200, .body = R"({"access_token":"t"})"});
  submit(1, {"one"});
  EXPECT_EQ(run(), Texts{"1:1"});
  EXPECT_TRUE(logged("id is down"));
  EXPECT_EQ(retries(), 1);
}

}  // namespace
}  // namespace tailrace::shippers
