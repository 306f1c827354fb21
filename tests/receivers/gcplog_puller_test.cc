// A subscription on a scripted transport, which sends again what is not acknowledged.
#include "receivers/gcplog_puller.h"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "receivers/base64.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/memory_file_system.h"
#include "tests/fakes/scripted_transport.h"

namespace tailrace::receivers {
namespace {

using testing::FakeClock;
using testing::MemoryFileSystem;
using testing::ScriptedTransport;

std::string received(const std::string& id, const std::string& ack, const std::string& data) {
  return R"({"ackId":")" + ack + R"(","message":{"messageId":")" + id + R"(","data":")" +
         encode_base64(data) + R"("}})";
}

std::string entry(const std::string& text) {
  return R"({"logName":"l","resource":{"type":"gce"},"timestamp":"2023-11-14T22:13:20Z","textPayload":")" +
         text + R"("})";
}

ScriptedTransport::Reply pulled(const std::vector<std::string>& messages) {
  ScriptedTransport::Reply reply{.status = 200};
  reply.body = R"({"receivedMessages":[)";
  for (std::size_t i = 0; i < messages.size(); ++i)
    reply.body += (i == 0 ? "" : ",") + messages[i];
  reply.body += "]}";
  return reply;
}

struct PullRig {
  PullRig() {
    options.id = 5;
    options.job = "g";
    options.name = "gcplog/g";
    options.project = "p";
    options.subscription = "s";
    options.token.wanted = GcpToken::Options::Wanted::kNo;
    options.labels = {{"job", "g"}};
    // After what the test queues: nothing comes, and acknowledgements are taken.
    transport.answer_with([](const ScriptedTransport::Sent& sent) {
      return sent.url.ends_with(":pull") ? ScriptedTransport::Reply{.status = 200, .never = true}
                                         : ScriptedTransport::Reply{.status = 200, .body = "{}"};
    });
  }
  void start() {
    std::vector<config::Diagnostic> faults;
    puller = std::make_unique<GcplogPuller>(
        options, *discovery::Relabeler::compile(rules, faults),
        GcplogPuller::World{clock, files, log, metrics, transport, table});
  }
  void turn(std::size_t lines_max = 1000) {
    puller->poll(clock.steady_now());
    if (!puller->ready()) return;
    block.clear();
    const auto outcome = puller->read(buffer, block);
    ASSERT_TRUE(outcome);
    ended = *outcome == Source::Outcome::kEnded;
    const std::size_t count = std::min(lines_max, block.lines.size());
    for (std::size_t i = 0; i < count; ++i) {
      texts.emplace_back(block.lines[i].text);
      labels.push_back(block.lines[i].labels->text());
      times.push_back(block.lines[i].time_ns);
    }
    if (count != 0) puller->consume(block.lines[count - 1]);
  }
  void cut() {
    ResumePoint point;
    puller->fill_resume_point(point);
    options.resume = point;
    puller->stored();
  }
  std::vector<std::string> acknowledged() const {
    std::vector<std::string> bodies;
    for (const auto& sent : transport.sent()) {
      if (sent.url.ends_with(":acknowledge")) bodies.push_back(sent.body);
    }
    return bodies;
  }

  FakeClock clock;
  MemoryFileSystem files{clock};
  Log log = Log::discard(clock);
  Metrics metrics;
  ScriptedTransport transport{clock};
  LabelSetTable table;
  std::vector<config::RelabelConfig> rules;
  GcplogPuller::Options options;
  std::unique_ptr<GcplogPuller> puller;
  ReadBuffer buffer;
  LineBlock block;
  bool ended = false;
  std::vector<std::string> texts, labels;
  std::vector<std::int64_t> times;
};

TEST(GcplogPuller, gives_entries_and_acknowledges_what_is_stored) {
  PullRig rig;
  config::RelabelConfig rule;
  rule.source_labels = {"__gcp_resource_type"};
  rule.target_label = "type";
  rig.rules.push_back(rule);
  rig.options.times = GcpTimes::kIncoming;
  rig.transport.reply(
      pulled({received("1", "a1", entry("one")), received("2", "a2", entry("two"))}));
  rig.start();
  for (int i = 0; i < 3; ++i)
    rig.turn();
  EXPECT_EQ(rig.transport.sent()[0].url,
            "https://pubsub.googleapis.com/v1/projects/p/subscriptions/s:pull");
  EXPECT_EQ(rig.texts, (std::vector<std::string>{"one", "two"}));
  EXPECT_EQ(rig.labels[0], R"({job="g", type="gce"})");
  EXPECT_EQ(rig.times[0], 1'700'000'000'000'000'000);
  EXPECT_TRUE(rig.acknowledged().empty());
  EXPECT_FALSE(rig.puller->wants_cut());
  rig.clock.advance(std::chrono::seconds(1));
  EXPECT_TRUE(rig.puller->wants_cut());
  rig.cut();
  rig.turn();
  EXPECT_EQ(rig.acknowledged(), (std::vector<std::string>{R"({"ackIds":["a1","a2"]})"}));
  rig.turn();
  ResumePoint point;
  rig.puller->fill_resume_point(point);
  EXPECT_EQ(point.cursor_details, "");
  EXPECT_EQ(point.position, 2U);
  EXPECT_TRUE(rig.puller->status().ready);
}

// The process dies after a cut and before its acknowledgement; everything comes again.
TEST(GcplogPuller, acknowledges_what_comes_again_and_gives_it_once) {
  PullRig rig;
  rig.transport.reply(pulled({received("1", "a1", entry("one")), received("2", "a2", entry("two")),
                              received("3", "a3", entry("three"))}));
  rig.start();
  rig.turn();
  rig.turn(2);
  rig.cut();
  PullRig again;
  again.options.resume = rig.options.resume;
  again.transport.reply(
      pulled({received("3", "b3", entry("three")), received("1", "b1", entry("one"))}));
  again.start();
  for (int i = 0; i < 4; ++i)
    again.turn();
  EXPECT_EQ(rig.texts, (std::vector<std::string>{"one", "two"}));
  EXPECT_EQ(again.texts, (std::vector<std::string>{"three"}));
  EXPECT_EQ(again.acknowledged(), (std::vector<std::string>{R"({"ackIds":["b1"]})"}));
  again.cut();
  again.turn();
  EXPECT_EQ(again.acknowledged().back(), R"({"ackIds":["b3"]})");
  again.clock.advance(std::chrono::minutes(20));
  again.turn();
  again.turn();
  ResumePoint point;
  again.puller->fill_resume_point(point);
  EXPECT_EQ(point.cursor_details, "");  // "2" was acknowledged before, then.
}

TEST(GcplogPuller, a_refused_acknowledgement_does_not_hold_up_the_others) {
  PullRig rig;
  rig.transport.reply(pulled({received("1", "a1", entry("one"))}));
  rig.start();
  rig.turn();
  rig.turn();
  rig.cut();
  rig.transport.reply({.status = 400});
  rig.turn();
  rig.turn();
  ASSERT_EQ(rig.acknowledged().size(), 1U);
  for (int i = 0; i < 10; ++i) {
    rig.clock.advance(std::chrono::minutes(1));
    rig.turn();
  }
  EXPECT_EQ(rig.acknowledged().size(), 1U);
  ResumePoint point;
  rig.puller->fill_resume_point(point);
  EXPECT_EQ(point.cursor_details, "");
}

TEST(GcplogPuller, knows_what_was_not_confirmed_before_a_restart_behind_any_number_of_others) {
  PullRig rig;
  rig.transport.reply(pulled({received("old", "a1", entry("old"))}));
  rig.start();
  rig.turn();
  rig.turn();
  rig.cut();  // Killed before the acknowledgement.
  rig.texts.clear();
  rig.transport.reset();
  rig.start();
  int number = 0;
  for (std::size_t i = 0; i < GcplogPuller::kRememberedMax / 100 + 2; ++i) {
    std::vector<std::string> messages;
    for (int k = 0; k < 100; ++k, ++number)
      messages.push_back(received("n" + std::to_string(number), "a", entry("new")));
    rig.transport.answer_with([&messages](const ScriptedTransport::Sent& sent) {
      return sent.url.ends_with(":pull") ? pulled(messages)
                                         : ScriptedTransport::Reply{.status = 200, .body = "{}"};
    });
    for (int k = 0; k < 3; ++k) {
      rig.turn();
      rig.cut();
    }
  }
  rig.transport.answer_with([](const ScriptedTransport::Sent& sent) {
    return sent.url.ends_with(":pull") ? pulled({received("old", "a2", entry("old"))})
                                       : ScriptedTransport::Reply{.status = 200, .body = "{}"};
  });
  for (int k = 0; k < 6; ++k) {
    rig.turn();
    rig.cut();
  }
  EXPECT_GE(rig.texts.size(), GcplogPuller::kRememberedMax);
  EXPECT_EQ(std::count(rig.texts.begin(), rig.texts.end(), "old"), 0);
}

// The server takes every acknowledgement and the process dies before each is confirmed, but the
// last.
TEST(GcplogPuller, knows_what_one_of_several_restarts_left_behind_the_others) {
  PullRig rig;
  constexpr int kRestarts = 5;
  constexpr int kMessages = 500;
  std::vector<std::string> last;
  for (int restart = 0; restart < kRestarts; ++restart) {
    for (int pull = 0; pull < 3; ++pull) {
      last.clear();
      for (int i = 0; i < kMessages; ++i) {
        const std::string id = fmt::format("{}.{}.{}", restart, pull, i);
        last.push_back(received(id, "a" + id, entry("t")));
      }
      rig.transport.reply(pulled(last));
    }
    rig.start();
    for (int i = 0; i < 8; ++i)
      rig.turn();
    rig.cut();
    rig.transport.reset();
  }
  ASSERT_EQ(rig.texts.size(), static_cast<std::size_t>(kRestarts * 3 * kMessages));
  rig.texts.clear();
  rig.transport.reply(pulled(last));
  rig.start();
  for (int i = 0; i < 3; ++i)
    rig.turn();
  EXPECT_TRUE(rig.texts.empty());
  EXPECT_FALSE(rig.acknowledged().empty());
}

TEST(GcplogPuller, a_message_that_waits_and_comes_again_is_not_acknowledged_early) {
  PullRig rig;
  rig.transport.reply(
      pulled({received("1", "a1", entry("one")), received("2", "a2", entry("two"))}));
  rig.transport.reply(pulled({received("2", "b2", entry("two"))}));
  rig.start();
  rig.turn();
  rig.turn(1);  // The second is in a block and has not run.
  rig.puller->poll(rig.clock.steady_now());
  rig.puller->poll(rig.clock.steady_now());
  EXPECT_TRUE(rig.acknowledged().empty());
  rig.turn();
  EXPECT_EQ(rig.texts, (std::vector<std::string>{"one", "two"}));
}

TEST(GcplogPuller, what_is_no_entry_is_a_line_and_what_rules_drop_is_acknowledged) {
  PullRig rig;
  config::RelabelConfig rule;
  rule.source_labels = {"__gcp_resource_type"};
  rule.regex = "gce";
  rule.action = config::RelabelConfig::Action::kDrop;
  rig.rules.push_back(rule);
  rig.transport.reply(pulled({received("1", "a1", entry("dropped")), received("2", "a2", "raw")}));
  rig.start();
  for (int i = 0; i < 3; ++i)
    rig.turn();
  EXPECT_EQ(rig.texts, (std::vector<std::string>{"raw"}));
  EXPECT_EQ(rig.acknowledged(), (std::vector<std::string>{R"({"ackIds":["a1"]})"}));
  EXPECT_EQ(
      rig.metrics.counter("promtail_gcplog_target_parsing_errors_total", "", {{"project", "p"}})
          .value(),
      1);
}

TEST(GcplogPuller, tries_again_without_end) {
  PullRig rig;
  for (const int status : {500, 403, 429})
    rig.transport.reply(status);
  rig.transport.reply({.status = 200, .body = "no json"});
  rig.transport.reply(pulled({received("1", "a1", entry("one"))}));
  rig.start();
  for (int i = 0; i < 10; ++i) {
    rig.turn();
    EXPECT_LE(rig.puller->next_deadline(), rig.clock.steady_now() + std::chrono::minutes(1));
    rig.clock.advance(std::chrono::minutes(1));
  }
  EXPECT_EQ(rig.texts, (std::vector<std::string>{"one"}));
}

TEST(GcplogPuller, an_end_waits_for_its_acknowledgement) {
  PullRig rig;
  rig.transport.reply(
      pulled({received("1", "a1", entry("one")), received("2", "a2", entry("two"))}));
  rig.start();
  rig.turn();
  rig.turn(1);
  rig.puller->begin_stop();
  EXPECT_TRUE(rig.puller->wants_cut());
  rig.turn();
  EXPECT_FALSE(rig.ended);
  rig.cut();
  for (int i = 0; i < 3; ++i)
    rig.turn();
  EXPECT_TRUE(rig.ended);
  EXPECT_EQ(rig.acknowledged(), (std::vector<std::string>{R"({"ackIds":["a1"]})"}));
  EXPECT_EQ(rig.texts, (std::vector<std::string>{"one"}));
}

TEST(GcplogPuller, sleeps_while_its_token_is_on_its_way) {
  PullRig rig;
  rig.options.token.wanted = GcpToken::Options::Wanted::kYes;
  rig.transport.reply({.status = 200, .never = true});
  rig.start();
  rig.turn();
  ASSERT_EQ(rig.transport.sent().size(), 1U);
  EXPECT_EQ(rig.puller->next_deadline(), SteadyTime::max());
}

TEST(GcplogPuller, sleeps_while_what_it_gave_cannot_be_stored) {
  PullRig rig;
  rig.transport.reply(pulled({received("1", "a1", entry("one"))}));
  rig.start();
  for (int i = 0; i < 3; ++i)
    rig.turn();
  EXPECT_EQ(rig.texts.size(), 1U);
  EXPECT_EQ(rig.puller->next_deadline(), rig.clock.steady_now() + GcplogPuller::kCutWithin);
  rig.clock.advance(std::chrono::seconds(2));
  rig.turn();
  EXPECT_TRUE(rig.puller->wants_cut());
  EXPECT_GT(rig.puller->next_deadline(), rig.clock.steady_now());
}

}  // namespace
}  // namespace tailrace::receivers
