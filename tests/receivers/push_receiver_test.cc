// Requests that are taken, answered when stored, recognised when they come again.
#include "receivers/push_receiver.h"

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "receivers/loki_push_format.h"
#include "tests/receivers/push_rig.h"

namespace tailrace::receivers {
namespace {

using std::chrono::seconds;

// A request in JSON with one stream.
http::ServerRequest push(const std::vector<std::string>& lines,
                         const std::string& labels = R"({"a":"b"})") {
  std::string values;
  for (const std::string& line : lines) {
    if (!values.empty()) values += ",";
    values += "[\"17\",\"" + line + "\"]";
  }
  return PushRig::request(
      "/loki/api/v1/push", "application/json",
      R"({"streams":[{"stream":)" + labels + R"(,"values":[)" + values + "]}]}");
}

std::vector<std::string> texts(const std::vector<GotLine>& lines) {
  std::vector<std::string> result;
  for (const GotLine& line : lines)
    result.push_back(line.text);
  return result;
}
using Texts = std::vector<std::string>;

class PushReceiverTest : public ::testing::Test {
 protected:
  PushReceiverTest() { build({}); }
  void build(PushReceiver::Options options) {
    rig_ = std::make_unique<PushRig>(std::move(options));
    rig_->make_format = [] {
      return std::make_unique<LokiPushFormat>(LokiPushFormat::Options{.has_labels = true});
    };
    rig_->start();
  }
  bool counts(const std::string& text) const {
    return rig_->metrics.serialize().find(text) != std::string::npos;
  }
  std::unique_ptr<PushRig> rig_;
};

TEST_F(PushReceiverTest, answers_when_the_lines_are_stored) {
  const auto sender = rig_->send(push({"one", "two"}));
  EXPECT_TRUE(rig_->receiver().ready());
  EXPECT_FALSE(rig_->receiver().wants_cut());
  EXPECT_EQ(rig_->read_all(), (std::vector<GotLine>{{"one", "{a=\"b\"}"}, {"two", "{a=\"b\"}"}}));
  EXPECT_EQ(sender->status, 0);
  EXPECT_TRUE(rig_->receiver().wants_cut());
  rig_->cut();
  EXPECT_EQ(sender->status, 204);
  EXPECT_FALSE(rig_->receiver().wants_cut());
  EXPECT_TRUE(counts(R"(promtail_push_request_duration_seconds_count{method="POST",)"
                     R"(route="loki_api_v1_push",status_code="204",ws="false"} 1)"));
  EXPECT_TRUE(counts(R"(tailrace_push_requests_total{job="push",result="taken"} 1)"));
}

TEST_F(PushReceiverTest, a_request_is_answered_after_the_last_of_its_lines) {
  const auto sender = rig_->send(push({"one", "two", "three"}));
  EXPECT_EQ(texts(rig_->read(2)), (Texts{"one", "two"}));
  rig_->cut();
  EXPECT_EQ(sender->status, 0);
  EXPECT_EQ(texts(rig_->read_all()), (Texts{"three"}));
  rig_->cut();
  EXPECT_EQ(sender->status, 204);
}

TEST_F(PushReceiverTest, a_block_that_was_left_is_read_again) {
  rig_->send(push({"one", "two", "three"}));
  EXPECT_EQ(texts(rig_->read(0)), Texts{});
  EXPECT_EQ(texts(rig_->read(1)), (Texts{"one"}));
  EXPECT_EQ(texts(rig_->read_all()), (Texts{"two", "three"}));
}

TEST_F(PushReceiverTest, takes_several_requests_in_their_order) {
  const auto first = rig_->send(push({"1"}));
  const auto second = rig_->send(push({"2"}));
  EXPECT_EQ(texts(rig_->read_all()), (Texts{"1", "2"}));
  rig_->cut();
  EXPECT_EQ(first->status, 204);
  EXPECT_EQ(second->status, 204);
}

TEST_F(PushReceiverTest, blocks_have_a_size) {
  std::vector<std::string> lines(100, std::string(10'000, 'x'));
  rig_->send(push(lines));
  std::size_t blocks = 0;
  std::size_t count = 0;
  while (rig_->receiver().ready()) {
    std::size_t bytes = 0;
    for (const GotLine& line : rig_->read()) {
      bytes += line.text.size();
      ++count;
    }
    EXPECT_LE(bytes, ReadBuffer::kDefaultBytes);
    ++blocks;
  }
  EXPECT_EQ(count, 100U);
  EXPECT_EQ(blocks, 4U);
}

TEST_F(PushReceiverTest, cuts_long_lines) {
  build({.line_bytes_max = 5});
  rig_->send(push({"123456789", "12345"}));
  EXPECT_EQ(texts(rig_->read_all()), (Texts{"12345", "12345"}));
}

TEST_F(PushReceiverTest, refuses_a_bad_request_before_anything_is_taken) {
  const auto sender = rig_->send(PushRig::request(
      "/loki/api/v1/push", "application/json",
      R"({"streams":[{"stream":{"a":"b"},"values":[["1","x"]]},{"stream":{"0":"b"},"values":[]}]})"));
  EXPECT_EQ(rig_->read_all(), std::vector<GotLine>{});
  EXPECT_EQ(sender->status, 400);
  EXPECT_EQ(sender->body, "a label has a name that is none: 0\n");
  EXPECT_TRUE(counts(R"(tailrace_push_requests_total{job="push",result="refused"} 1)"));
}

TEST_F(PushReceiverTest, a_dropped_stream_takes_no_other_with_it) {
  rig_->rules.resize(1);
  rig_->rules[0].action = config::RelabelConfig::Action::kDrop;
  rig_->rules[0].source_labels = {"a"};
  rig_->rules[0].regex = "drop";
  rig_->start();
  const auto sender =
      rig_->send(PushRig::request("/loki/api/v1/push", "application/json",
                                  R"({"streams":[{"stream":{"a":"drop"},"values":[["1","no"]]},)"
                                  R"({"stream":{"a":"keep"},"values":[["1","yes"]]},)"
                                  R"({"stream":{"a":"drop"},"values":[["1","no"],["1","no"]]}]})"));
  EXPECT_EQ(texts(rig_->read_all()), (Texts{"yes"}));
  rig_->cut();
  EXPECT_EQ(sender->status, 204);
  EXPECT_TRUE(counts(R"(tailrace_push_dropped_lines_total{job="push"} 3)"));
  // Nothing of it is left: there is no cut to wait for.
  const auto all_dropped = rig_->send(push({"no"}, R"({"a":"drop"})"));
  EXPECT_EQ(rig_->read_all(), std::vector<GotLine>{});
  EXPECT_EQ(all_dropped->status, 204);
}

TEST_F(PushReceiverTest, knows_a_request_again_after_a_kill) {
  rig_->send(push({"one", "two"}));
  rig_->read_all();
  rig_->cut();
  rig_->start();  // The sender had its answer, or had not: we do not know.
  const auto again = rig_->send(push({"one", "two"}));
  EXPECT_EQ(rig_->read_all(), std::vector<GotLine>{});
  EXPECT_EQ(again->status, 204);
  EXPECT_TRUE(counts(R"(tailrace_push_requests_total{job="push",result="repeated"} 1)"));
  // Once: the next of the same text is another.
  rig_->send(push({"one", "two"}));
  EXPECT_EQ(rig_->read_all().size(), 2U);
}

TEST_F(PushReceiverTest, goes_on_behind_what_was_taken_of_a_request_before_a_kill) {
  rig_->send(push({"one", "two", "three"}));
  rig_->read(2);
  rig_->cut();
  rig_->start();
  const auto again = rig_->send(push({"one", "two", "three"}));
  EXPECT_EQ(texts(rig_->read_all()), (Texts{"three"}));
  rig_->cut();
  EXPECT_EQ(again->status, 204);
  EXPECT_EQ(rig_->cut_point()->position, 3U);
}

TEST_F(PushReceiverTest, what_was_not_cut_is_taken_again_after_a_kill) {
  rig_->send(push({"zero"}));
  rig_->read_all();
  rig_->cut();
  rig_->send(push({"one"}));
  rig_->read_all();
  rig_->start();
  rig_->send(push({"one"}));
  EXPECT_EQ(texts(rig_->read_all()), (Texts{"one"}));
}

TEST_F(PushReceiverTest, two_senders_may_say_the_same) {
  rig_->send(push({"same"}));
  rig_->send(push({"same"}));
  EXPECT_EQ(rig_->read_all().size(), 2U);
  rig_->cut();
  rig_->send(push({"same"}));
  EXPECT_EQ(rig_->read_all().size(), 1U);
}

TEST_F(PushReceiverTest, a_sender_that_went_away_and_comes_again_is_known) {
  const auto gone = rig_->send(push({"one"}));
  rig_->read_all();
  gone->gone = true;
  // Before its answer ...
  const auto again = rig_->send(push({"one"}));
  EXPECT_EQ(rig_->read_all(), std::vector<GotLine>{});
  rig_->cut();
  EXPECT_EQ(again->status, 204);
  // ... and after.
  const auto late = rig_->send(push({"two"}));
  rig_->read_all();
  late->gone = true;
  rig_->cut();
  EXPECT_EQ(rig_->send(push({"two"}))->status, 0);
  EXPECT_EQ(rig_->read_all(), std::vector<GotLine>{});
}

// The repeat has arrived before what it repeats was answered, in the same turn of the worker.
TEST_F(PushReceiverTest, a_repeat_that_waits_while_its_first_is_answered_is_known) {
  const auto gone = rig_->send(push({"one"}));
  rig_->read_all();
  gone->gone = true;
  const auto again = rig_->send(push({"one"}));
  rig_->cut();
  ReadBuffer buffer;
  LineBlock block;
  EXPECT_TRUE(rig_->receiver().read(buffer, block).has_value());  // Without a poll() before.
  EXPECT_TRUE(block.lines.empty());
  rig_->cut();
  EXPECT_EQ(again->status, 204);
  EXPECT_TRUE(counts(R"(tailrace_push_requests_total{job="push",result="repeated"} 1)"));
}

TEST_F(PushReceiverTest, a_repeat_after_minutes_is_new) {
  rig_->send(push({"one"}));
  rig_->read_all();
  rig_->cut();
  rig_->start();
  rig_->clock.advance(std::chrono::minutes(6));
  rig_->send(push({"one"}));
  EXPECT_EQ(texts(rig_->read_all()), (Texts{"one"}));
}

TEST_F(PushReceiverTest, tenants_and_paths_make_a_difference) {
  rig_->send(push({"one"}));
  rig_->read_all();
  rig_->cut();
  rig_->start();
  http::ServerRequest other = push({"one"});
  other.headers["x-scope-orgid"] = "t";
  rig_->send(std::move(other));
  EXPECT_EQ(texts(rig_->read_all()), (Texts{"one"}));
}

TEST_F(PushReceiverTest, says_503_when_there_is_no_room_for_a_while) {
  const auto waits = rig_->send(push({"one"}));
  rig_->receiver().set_room(Input::Room::kNo);
  rig_->receiver().poll(rig_->clock.steady_now());
  EXPECT_EQ(rig_->receiver().next_deadline(), rig_->clock.steady_now() + PushReceiver::kPatience);
  EXPECT_FALSE(rig_->receiver().inbox().early(push({"x"})));
  rig_->clock.advance(PushReceiver::kPatience);
  rig_->receiver().poll(rig_->clock.steady_now());
  EXPECT_EQ(waits->status, 503);
  const auto early = rig_->receiver().inbox().early(push({"x"}));
  ASSERT_TRUE(early);
  EXPECT_EQ(early->status, 503);
  EXPECT_NE(rig_->receiver().status().trouble, "");
  rig_->receiver().set_room(Input::Room::kYes);
  rig_->receiver().poll(rig_->clock.steady_now());
  EXPECT_FALSE(rig_->receiver().inbox().early(push({"x"})));
  EXPECT_EQ(rig_->receiver().next_deadline(), SteadyTime::max());
  EXPECT_EQ(rig_->receiver().status().trouble, "");
}

TEST_F(PushReceiverTest, gives_a_request_that_it_has_begun_to_its_end) {
  const auto sender = rig_->send(push({"one", "two"}));
  rig_->read(1);
  rig_->receiver().set_room(Input::Room::kNo);
  rig_->clock.advance(seconds(10));
  rig_->receiver().poll(rig_->clock.steady_now());
  rig_->clock.advance(seconds(10));
  rig_->receiver().poll(rig_->clock.steady_now());
  EXPECT_EQ(sender->status, 0);
  rig_->receiver().set_room(Input::Room::kYes);
  EXPECT_EQ(texts(rig_->read_all()), (Texts{"two"}));
  rig_->cut();
  EXPECT_EQ(sender->status, 204);
}

TEST_F(PushReceiverTest, answers_503_when_it_takes_too_long_and_knows_the_repeat) {
  build({.answer_timeout = seconds(3)});
  const auto begun = rig_->send(push({"one", "two"}));
  rig_->read(1);
  const auto queued = rig_->send(push({"three"}));
  EXPECT_EQ(rig_->receiver().next_deadline(), rig_->clock.steady_now() + seconds(3));
  rig_->clock.advance(seconds(3));
  rig_->receiver().poll(rig_->clock.steady_now());
  EXPECT_EQ(begun->status, 503);
  EXPECT_EQ(queued->status, 503);
  EXPECT_EQ(texts(rig_->read_all()), (Texts{"two"}));
  rig_->cut();
  const auto again = rig_->send(push({"one", "two"}));
  rig_->send(push({"three"}));
  EXPECT_EQ(texts(rig_->read_all()), (Texts{"three"}));
  EXPECT_EQ(again->status, 204);
}

TEST_F(PushReceiverTest, stops_when_what_it_took_is_stored) {
  const auto begun = rig_->send(push({"one", "two"}));
  rig_->read(1);
  const auto queued = rig_->send(push({"three"}));
  rig_->receiver().begin_stop();
  rig_->receiver().poll(rig_->clock.steady_now());
  EXPECT_EQ(queued->status, 503);
  EXPECT_EQ(texts(rig_->read()), (Texts{"two"}));
  rig_->receiver().poll(rig_->clock.steady_now());
  EXPECT_FALSE(rig_->receiver().ready());
  EXPECT_TRUE(rig_->receiver().wants_cut());
  rig_->cut();
  EXPECT_EQ(begun->status, 204);
  ASSERT_TRUE(rig_->receiver().ready());
  rig_->read();
  EXPECT_EQ(rig_->last_outcome, Source::Outcome::kEnded);
}

TEST_F(PushReceiverTest, does_not_wait_for_ever_for_a_cut_at_its_stop) {
  rig_->send(push({"one"}));
  rig_->read_all();
  rig_->receiver().begin_stop();
  rig_->receiver().poll(rig_->clock.steady_now());
  EXPECT_FALSE(rig_->receiver().ready());
  EXPECT_EQ(rig_->receiver().next_deadline(),
            rig_->clock.steady_now() + PushReceiver::kStopPatience);
  rig_->clock.advance(PushReceiver::kStopPatience);
  rig_->receiver().poll(rig_->clock.steady_now());
  ASSERT_TRUE(rig_->receiver().ready());
  rig_->read();
  EXPECT_EQ(rig_->last_outcome, Source::Outcome::kEnded);
}

TEST_F(PushReceiverTest, refuses_what_comes_while_it_stops) {
  rig_->receiver().begin_stop();
  EXPECT_EQ(rig_->send(push({"one"}))->status, 503);
  const auto early = rig_->receiver().inbox().early(push({"x"}));
  ASSERT_TRUE(early);
  EXPECT_EQ(early->status, 503);
}

TEST_F(PushReceiverTest, its_resume_point_says_how_far_it_is) {
  rig_->send(push({"one", "two"}));
  rig_->read(1);
  rig_->cut();
  const ResumePoint& point = *rig_->cut_point();
  EXPECT_EQ(point.kind, SourceKind::kReceiver);
  EXPECT_EQ(point.source, 7U);
  EXPECT_EQ(point.job, "push");
  EXPECT_EQ(point.path, "loki_push_api/push/0");
  EXPECT_EQ(point.position, 1U);
  EXPECT_NE(point.cursor_details, "");
  EXPECT_EQ(point.cursor, "");
}

TEST_F(PushReceiverTest, fixed_labels_win) {
  build({.fixed_labels = {{"a", "fixed"}, {"c", "d"}}});
  rig_->send(push({"one"}));
  rig_->send(PushRig::request("/promtail/api/v1/raw", "", "plain\r\n\n two\n"));
  EXPECT_EQ(rig_->read_all(), (std::vector<GotLine>{{"one", "{a=\"fixed\", c=\"d\"}"},
                                                    {"plain", "{a=\"fixed\", c=\"d\"}"},
                                                    {" two", "{a=\"fixed\", c=\"d\"}"}}));
}

}  // namespace
}  // namespace tailrace::receivers
