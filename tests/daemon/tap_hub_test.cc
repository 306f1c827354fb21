// Taps on an engine that is stepped by hand: what they get, and that nothing is left behind.
#include "daemon/tap_hub.h"

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "daemon/status.h"
#include "debugger/trace_parse.h"
#include "tests/daemon/engine_rig.h"

namespace tailrace::daemon {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr const char* kStages =
    "[{regex: {expression: \"(?P<level>\\\\w+) (?P<rest>.*)\"}}, {labels: {level: }}, "
    "{drop: {source: level, value: debug, drop_counter_reason: too_low}}]";

class TapHubTest : public EngineRig {
 protected:
  ~TapHubTest() override {
    kill();  // Before the hub, which its pipelines call.
  }

  void begin(const std::string& stages = kStages, const std::string& line = {}) {
    start(config("[{url: \"http://a/push\"}]", stages));
    hub_ = std::make_unique<TapHub>(
        clock_, TapHub::Options{.workers = 1,
                                .post =
                                    [this](std::size_t worker, WorkerTask task) {
                                      engine_->workers()[worker]->post(std::move(task));
                                    },
                                .wake_main = [this] { ++wakes_; },
                                .taps = &metrics_->gauge("tailrace_taps", "")});
    if (!line.empty()) write(line);
    pass(milliseconds(100));
  }

  TapAnswer poll(const TapRequest& request) {
    auto answer = hub_->poll(request);
    EXPECT_TRUE(answer) << answer.error().message;
    return answer ? std::move(*answer) : TapAnswer{};
  }
  // The lines of what has come, with what became of them.
  std::vector<std::string> lines(const TapRequest& request) {
    std::vector<std::string> result;
    for (const std::string& json : poll(request).traces) {
      const auto trace = debugger::parse_trace(json);
      EXPECT_TRUE(trace) << json;
      if (!trace) continue;
      std::string line = trace->after.line;
      if (trace->fate != debugger::EntryTrace::Fate::kLeft) {
        line += " (" + std::string(debugger::fate_name(trace->fate)) + ")";
      }
      result.push_back(line);
    }
    return result;
  }
  void log(const std::string& text) {
    write(text);
    pass(milliseconds(100));
  }
  bool observed() { return engine_->workers().front()->intake().observed(); }
  double taps() { return metrics_->gauge("tailrace_taps", "").value(); }

  using Lines = std::vector<std::string>;
  std::unique_ptr<TapHub> hub_;
  int wakes_ = 0;
};

TEST_F(TapHubTest, a_tap_gets_what_comes_after_it) {
  begin(kStages, "info before\n");
  EXPECT_FALSE(observed());
  EXPECT_EQ(lines({.id = "a"}), Lines{});
  EXPECT_EQ(wakes_, 1);
  log("info one\ndebug two\nthree\n");
  EXPECT_TRUE(observed());
  EXPECT_EQ(lines({.id = "a"}), (Lines{"info one", "debug two (dropped)", "three"}));
  log("info four\n");
  EXPECT_EQ(poll({.id = "a"}).seen, 1U);  // Since it was last asked.
  EXPECT_EQ(poll({.id = "a"}).seen, 0U);
  EXPECT_EQ(wakes_, 1);
}

TEST_F(TapHubTest, stages_are_shown_when_asked_for) {
  begin();
  poll({.id = "with", .detail = debugger::TraceDetail::kStages});
  poll({.id = "without"});
  log("info one\ndebug two\n");
  const auto with = poll({.id = "with"}).traces;
  ASSERT_EQ(with.size(), 2U);
  const auto trace = debugger::parse_trace(with[1]);
  ASSERT_TRUE(trace);
  ASSERT_EQ(trace->steps.size(), 3U);
  EXPECT_EQ(trace->steps[2].explanation.drop_reason, "too_low");
  EXPECT_EQ(trace->steps[0].changes.at(0).now, "debug");
  // Nobody reads `rest`: the pipeline was built without it.
  EXPECT_EQ(trace->steps[0].changes.size(), 1U);
  const auto without = poll({.id = "without"}).traces;
  ASSERT_EQ(without.size(), 2U);
  EXPECT_EQ(without[1].find("\"stages\""), std::string::npos);
  EXPECT_NE(without[1].find("\"drop_reason\":\"too_low\""), std::string::npos);
}

TEST_F(TapHubTest, selectors_look_at_targets_first_and_at_the_rest_in_the_end) {
  begin();
  poll({.id = "other", .selector = "{job=\"other\"}"});
  poll({.id = "level", .selector = "{level=\"info\"}"});
  poll({.id = "debug", .selector = "{level=\"debug\"}"});
  poll({.id = "line", .selector = "{job=\"app\"} |= \"two\""});
  log("info one\ndebug two\ninfo two\n");
  EXPECT_EQ(poll({.id = "other"}).seen, 0U);
  EXPECT_EQ(lines({.id = "level"}), (Lines{"info one", "info two"}));
  EXPECT_EQ(lines({.id = "debug"}), Lines{"debug two (dropped)"});
  const TapAnswer line = poll({.id = "line"});
  EXPECT_EQ(line.seen, 3U);
  ASSERT_EQ(line.traces.size(), 2U);
  EXPECT_NE(line.traces[0].find("debug two"), std::string::npos);
}

TEST_F(TapHubTest, the_rate_caps_what_is_recorded) {
  begin("[]");
  poll({.id = "slow", .rate = 2});
  poll({.id = "fast", .rate = 1000});
  log("1\n2\n3\n4\n5\n");
  TapAnswer slow = poll({.id = "slow"});
  EXPECT_EQ(slow.traces.size(), 2U);
  EXPECT_EQ(slow.seen, 5U);
  EXPECT_EQ(slow.sampled_out, 3U);
  EXPECT_EQ(poll({.id = "fast"}).traces.size(), 5U);
  pass(milliseconds(500));
  log("6\n7\n");
  slow = poll({.id = "slow"});
  EXPECT_EQ(slow.traces.size(), 1U);
  EXPECT_EQ(slow.sampled_out, 1U);
}

TEST_F(TapHubTest, a_filter_of_lines_may_look_at_ten_times_the_rate) {
  begin("[]");
  const TapRequest request{.id = "a", .selector = "{} |= \"needle\"", .rate = 1};
  poll(request);
  std::string text;
  for (int i = 0; i < 30; ++i)
    text += i == 8 || i == 25 ? "needle\n" : "hay\n";
  log(text);
  const TapAnswer answer = poll(request);
  EXPECT_EQ(answer.traces.size(), 1U);
  EXPECT_EQ(answer.seen, 30U);
  EXPECT_EQ(answer.sampled_out, 21U);  // Nine were looked at; then the one was taken.
}

TEST_F(TapHubTest, the_oldest_go_from_a_full_queue) {
  begin("[]");
  poll({.id = "a", .rate = 1000});
  for (int second = 0; second < 3; ++second) {
    std::string text;
    for (int i = 0; i < 500; ++i)
      text += std::to_string(second * 500 + i) + "\n";
    log(text);
    pass(seconds(1), milliseconds(100));
  }
  const TapAnswer answer = poll({.id = "a"});
  EXPECT_EQ(answer.traces.size(), 1000U);
  EXPECT_EQ(answer.dropped_queue, 500U);
  EXPECT_NE(answer.traces.front().find("\"line\":\"500\""), std::string::npos);
}

TEST_F(TapHubTest, the_bytes_of_a_queue_are_bounded) {
  begin("[]");
  const TapRequest request{.id = "a", .rate = 1000};
  poll(request);
  for (int i = 0; i < 6; ++i) {
    log(std::string(900'000, 'x') + "\n");
    pass(seconds(1), milliseconds(100));
  }
  const TapAnswer answer = poll(request);
  EXPECT_EQ(answer.traces.size(), 4U);
  EXPECT_EQ(answer.dropped_queue, 2U);
  log("short\n");
  EXPECT_EQ(poll(request).traces.size(), 1U);
}

TEST_F(TapHubTest, a_trace_that_never_fits_costs_no_other) {
  begin("[{static_labels: {a: b}}]");
  const TapRequest request{.id = "a", .rate = 1000};
  poll(request);
  // Each byte is six in JSON: a line that is read whole makes a trace bigger than the queue.
  log("before\n" + std::string(900'000, '\x01') + "\n");
  pass(seconds(2), milliseconds(100));
  log("after\n");
  const TapAnswer answer = poll(request);
  EXPECT_EQ(answer.traces.size(), 2U);
  EXPECT_EQ(answer.dropped_queue, 1U);
}

TEST_F(TapHubTest, huge_lines_cost_more_of_the_rate) {
  begin("[]");
  poll({.id = "all", .rate = 10});
  poll({.id = "looks", .selector = "{} |= \"needle\"", .rate = 1});
  // 16 in each snapshot, before and after: 32 tokens and one.
  const std::string huge(16 * 4096, 'x');
  log(huge + "\nsmall\nsmall\n");
  TapAnswer all = poll({.id = "all"});
  EXPECT_EQ(all.traces.size(), 1U);
  EXPECT_EQ(all.sampled_out, 2U);
  EXPECT_EQ(poll({.id = "looks"}).sampled_out, 2U);  // It was only looked at.
  pass(seconds(2), milliseconds(100));
  log("small\n");
  EXPECT_EQ(poll({.id = "all"}).sampled_out, 1U);
  EXPECT_EQ(poll({.id = "looks"}).sampled_out, 1U);
  pass(seconds(1), milliseconds(100));
  log("needle\n");
  EXPECT_EQ(poll({.id = "all"}).traces.size(), 1U);
  EXPECT_EQ(poll({.id = "looks"}).traces.size(), 1U);
}

TEST_F(TapHubTest, a_tap_that_is_not_polled_goes_and_nobody_watches) {
  begin("[]");
  EXPECT_EQ(hub_->next_deadline(), SteadyTime::max());
  poll({.id = "a"});
  pass(seconds(4), milliseconds(100));
  poll({.id = "a"});
  const SteadyTime polled = clock_.steady_now();
  poll({.id = "b"});
  EXPECT_EQ(hub_->next_deadline(), polled + TapHub::kSilenceMax);
  EXPECT_EQ(taps(), 2);
  hub_->end("b");
  EXPECT_EQ(taps(), 1);
  pass(seconds(9), milliseconds(100));
  hub_->remove_silent();
  EXPECT_EQ(taps(), 1);
  EXPECT_TRUE(observed());
  pass(seconds(1), milliseconds(100));
  hub_->remove_silent();
  pass(milliseconds(20));
  EXPECT_EQ(taps(), 0);
  EXPECT_FALSE(observed());
  EXPECT_FALSE(status_of(*engine_->workers().front()).observed);
  log("after\n");
  EXPECT_EQ(lines({.id = "a"}), Lines{});  // Another tap.
}

TEST_F(TapHubTest, pipelines_of_a_reload_are_watched_too) {
  begin("[]");
  poll({.id = "a", .selector = "{level=~\".*n.*\"}"});
  log("info one\n");  // No stage sets a level: refused at once.
  EXPECT_EQ(poll({.id = "a"}).seen, 0U);
  ASSERT_TRUE(engine_->reload(config("[{url: \"http://a/push\"}]", kStages)));
  hub_->refresh();
  log("info two\nwarn three\n");
  EXPECT_EQ(lines({.id = "a"}), (Lines{"info two", "warn three"}));
}

TEST_F(TapHubTest, another_selector_makes_another_tap) {
  begin("[]");
  poll({.id = "a", .selector = "{job=\"other\"}", .rate = 7});
  log("one\n");
  EXPECT_EQ(lines({.id = "a", .selector = "{job=\"app\"}"}), Lines{});
  log("two\n");
  EXPECT_EQ(lines({.id = "a", .selector = "{job=\"app\"}"}), Lines{"two"});
  EXPECT_EQ(taps(), 1);
  log("3\n4\n5\n6\n7\n8\n9\n10\n11\n");
  EXPECT_EQ(poll({.id = "a"}).sampled_out, 3U);  // With the rate it had.
}

TEST_F(TapHubTest, what_cannot_be_is_refused) {
  begin("[]");
  const auto refused = [this](const TapRequest& request) {
    const auto answer = hub_->poll(request);
    EXPECT_FALSE(answer);
    return answer ? std::string() : answer.error().message;
  };
  EXPECT_EQ(refused({.id = ""}), "id: wants a text of 1 to 64 bytes");
  EXPECT_EQ(refused({.id = std::string(65, 'x')}), "id: wants a text of 1 to 64 bytes");
  EXPECT_EQ(refused({.id = "a", .rate = 0}), "rate: wants a number from 1 to 1000");
  EXPECT_EQ(refused({.id = "a", .rate = 1001}), "rate: wants a number from 1 to 1000");
  EXPECT_TRUE(refused({.id = "a", .selector = "{"}).starts_with("selector: column 2: "));
  EXPECT_EQ(taps(), 0);
  for (int i = 0; i < 16; ++i)
    poll({.id = std::to_string(i)});
  EXPECT_EQ(refused({.id = "x"}),
            "there are 16 taps already; one that is not polled for 10 s goes away");
  poll({.id = "0"});
  log("line\n");
  EXPECT_EQ(lines({.id = "15"}), Lines{"line"});
}

}  // namespace
}  // namespace tailrace::daemon
