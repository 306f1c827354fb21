// A client that speaks OTLP: the same retries, another wire.
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/shippers/loki_shipper_support.h"
#include "tests/shippers/otlp_support.h"

namespace tailrace::shippers {
namespace {

using Texts = std::vector<std::string>;

class LokiShipperOtlpTest : public LokiShipperTest {
 protected:
  LokiShipperOtlpTest() {
    client_.url = "http://collector:4318/v1/logs";
    client_.protocol = config::ClientConfig::Protocol::kOtlp;
  }
  Texts records(std::size_t request) { return otlp_records(transport_.sent().at(request).body); }
};

TEST_F(LokiShipperOtlpTest, sends_an_export) {
  submit(1, {"a", "b"}, "tenant");
  EXPECT_EQ(run(), Texts{"1:2"});
  const Sent& sent = transport_.sent().at(0);
  EXPECT_EQ(sent.header("Content-Type"), "application/x-protobuf");
  EXPECT_EQ(sent.header("Content-Encoding"), "gzip");
  EXPECT_EQ(sent.header("X-Scope-OrgID"), "tenant");
  EXPECT_EQ(records(0),
            (Texts{"[job=j] 1700000000000000000: a", "[job=j] 1700000000000000000: b"}));
}

TEST_F(LokiShipperOtlpTest, entries_that_were_answered_are_not_sent_again) {
  submit(1, {"a", "b", "c"}, {}, 2);
  EXPECT_EQ(run(), Texts{"1:1"});
  EXPECT_EQ(records(0), Texts{"[job=j] 1700000000000000000: c"});
}

TEST_F(LokiShipperOtlpTest, the_same_bytes_go_again_after_a_failure) {
  transport_.reply(503);
  submit(1, {"a"});
  EXPECT_EQ(run(), Texts{"1:1"});
  ASSERT_EQ(transport_.sent().size(), 2U);
  EXPECT_EQ(transport_.sent()[0].body, transport_.sent()[1].body);
}

TEST_F(LokiShipperOtlpTest, a_bad_entry_is_found_by_halving) {
  submit(1, {"proof"});
  EXPECT_EQ(run(), Texts{"1:1"});
  transport_.answer_with([](const Sent& sent) {
    for (const std::string& record : otlp_records(sent.body)) {
      if (record.find(": bad") != std::string::npos) return Reply{.status = 400};
    }
    return Reply{};
  });
  submit(2, {"a", "bad", "c", "d"});
  EXPECT_EQ(run(), (Texts{"2:1", "2:-1 ingester_error", "2:2"}));
}

TEST_F(LokiShipperOtlpTest, when_everything_is_refused_an_empty_export_tells_who_is_there) {
  transport_.answer_with(
      [](const Sent& sent) { return Reply{.status = gunzipped(sent.body).empty() ? 200 : 400}; });
  submit(1, {"a"});
  EXPECT_EQ(run(), Texts{"1:-1 ingester_error"});
  EXPECT_EQ(transport_.sent().size(), 2U);
}

TEST_F(LokiShipperOtlpTest, what_a_server_throws_away_is_counted) {
  transport_.reply({.status = 200, .body = std::string("\x0a\x06\x08\x02\x12\x02no")});
  submit(1, {"a", "b", "c"});
  EXPECT_EQ(run(), (Texts{"1:1", "1:-2 ingester_error"}));
  EXPECT_EQ(metric("promtail_sent_entries_total{host=\"loki:3100\"}"), 1);
}

TEST_F(LokiShipperOtlpTest, what_cannot_be_read_back_is_dropped_and_said) {
  bodies_.push_back(std::make_unique<std::string>("\x05rubbish"));
  shipper().submit(1, push_body(*bodies_.back(), 1));
  EXPECT_EQ(run(), Texts{"1:-1 ingester_error"});
  EXPECT_TRUE(transport_.sent().empty());
}

}  // namespace
}  // namespace tailrace::shippers
