// What the running program tells about a file.
#include "daemon/why_facts.h"

#include <chrono>
#include <string>

#include "tests/daemon/engine_rig.h"

namespace tailrace::daemon {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class WhyFactsTest : public EngineRig {
 protected:
  static std::string client(const std::string& more = {}) {
    return "[{name: main, url: \"http://a\", batchwait: 100ms, " + more +
           " backoff_config: {min_period: 50ms, max_period: 200ms}}]";
  }
  // Asked on the one thread there is.
  WhyFacts facts(const std::string& path = "/logs/a.log") {
    return why_facts_of(*engine_->workers().front(), clock_, why_question(files_, clock_, path));
  }
};

TEST_F(WhyFactsTest, an_accepted_line_is_in_a_cut_with_its_answer) {
  start(config(client()));
  pass(seconds(1));
  write("one\ntwo\n");
  write("other\n", "b.log");
  pass(seconds(1));
  const WhyFacts told = facts();
  ASSERT_EQ(told.sources.size(), 1U);
  EXPECT_EQ(told.sources[0].job, "app");
  EXPECT_EQ(told.sources[0].offset, 8U);
  EXPECT_EQ(told.sources[0].cut, 8U);
  EXPECT_EQ(told.sources[0].lines, 2U);
  EXPECT_FALSE(told.sources[0].earlier_runs);
  EXPECT_EQ(told.sources[0].labels.at("filename"), "/logs/a.log");
  ASSERT_FALSE(told.cuts.empty());
  std::uint64_t lines = 0;
  for (const CutRecord& cut : told.cuts) {
    ASSERT_EQ(cut.ranges.size(), 1U);
    EXPECT_EQ(cut.ranges[0].path, "/logs/a.log");
    lines += cut.ranges[0].lines;
    for (const CutLane& lane : cut.lanes) {
      EXPECT_EQ(lane.client, "main");
      EXPECT_EQ(lane.accepted, lane.entries);
      EXPECT_EQ(lane.entries, cut.other_lines + cut.ranges[0].lines);
    }
  }
  EXPECT_EQ(lines, 2U);
  EXPECT_TRUE(told.retries.empty());
}

TEST_F(WhyFactsTest, a_refusal_is_kept_with_lokis_status) {
  lokis_["http://a"].answer = [](const std::string&) { return 204; };
  start(config(client()));
  write("good\n");
  pass(seconds(1));
  lokis_["http://a"].answer = [](const std::string&) { return 400; };
  write("bad\n");
  pass(seconds(2));
  const WhyFacts told = facts();
  ASSERT_FALSE(told.cuts.empty());
  const CutRecord& last = told.cuts.back();
  EXPECT_EQ(last.ranges[0].begin, 5U);
  EXPECT_EQ(last.ranges[0].end, 9U);
  ASSERT_EQ(last.lanes.size(), 1U);
  EXPECT_EQ(last.lanes[0].refused, 1U);
  EXPECT_EQ(last.lanes[0].status, 400);
  EXPECT_NE(last.lanes[0].answer.find("400"), std::string::npos);
}

TEST_F(WhyFactsTest, a_client_that_is_away_is_told_with_its_error) {
  lokis_["http://a"].answer = [](const std::string&) { return 503; };
  start(config(client()));
  pass(seconds(1));
  const std::int64_t before = unix_nanoseconds(clock_.wall_now());
  write("one\n");
  pass(seconds(3));
  const WhyFacts told = facts();
  ASSERT_EQ(told.retries.size(), 1U);
  EXPECT_EQ(told.retries[0].client, "main");
  EXPECT_NE(told.retries[0].error.find("503"), std::string::npos);
  EXPECT_GE(told.retries[0].since_ns, before);
  EXPECT_LT(told.retries[0].since_ns, before + 1'000'000'000);
  EXPECT_GT(told.retries[0].attempts, 3U);
  ASSERT_FALSE(told.cuts.empty());
  EXPECT_EQ(told.cuts.back().lanes.at(0).pending(), 1U);
}

TEST_F(WhyFactsTest, after_a_restart_it_is_known_that_an_earlier_run_read) {
  start(config(client()));
  write("one\n");
  pass(seconds(2));
  EXPECT_TRUE(engine_->save());
  kill();
  start(config(client()));
  pass(seconds(1));
  const WhyFacts told = facts();
  ASSERT_EQ(told.sources.size(), 1U);
  EXPECT_TRUE(told.sources[0].earlier_runs);
  EXPECT_EQ(told.sources[0].first, 4U);
}

TEST_F(WhyFactsTest, held_lines_and_files_that_are_not_there_are_told) {
  start(config(client(), "[{multiline: {firstline: '^first', max_wait_time: 1h}}]"));
  write("first\nsecond\n");
  pass(seconds(1));
  EXPECT_EQ(facts().sources.at(0).held_from, 0U);
  const WhyFacts none = facts("/logs/none.log");
  EXPECT_FALSE(none.exists);
  EXPECT_TRUE(none.sources.empty());
  EXPECT_TRUE(none.cuts.empty());
}

TEST_F(WhyFactsTest, asking_changes_no_metric) {
  start(config(client(),
               "[{metrics: {lines: {type: Counter, source: none, max_idle_duration: 1s, "
               "config: {match_all: true, action: inc}}}}, {drop: {expression: bad}}]"));
  write("one\nbad\n");
  pass(seconds(3));
  const WhyFacts told = gather_why_facts({.workers = {},
                                          .file_system = files_,
                                          .clock = clock_,
                                          .metrics = *metrics_,
                                          .positions = engine_->positions()},
                                         "/logs/a.log", milliseconds(0));
  EXPECT_EQ(told.dropped.at("logentry_dropped_lines_total{reason=\"drop_stage\"}"), 1);
  const auto shown = [this] {
    return metrics_->serialize().find("promtail_custom_lines{") != std::string::npos;
  };
  EXPECT_TRUE(shown());  // Idle: the first read still shows it.
  EXPECT_FALSE(shown());
}

TEST_F(WhyFactsTest, json_brings_everything_back) {
  lokis_["http://a"].answer = [](const std::string&) { return 503; };
  start(config(client(), "[{multiline: {firstline: '^first', max_wait_time: 100ms}}]"));
  write("first\nsecond\n");
  pass(seconds(2));
  write("first again\n");
  pass(milliseconds(50));
  WhyFacts told = facts();
  told.saved_position = "12";
  told.config_yaml = "a: b";
  told.silent_workers = {3};
  told.stalled_workers = {1, 2};
  told.troubles = {"t"};
  told.lost_bytes = {{"truncated", 5}};
  told.dropped = {{"x{a=\"b\"}", 2}};
  told.lanes.push_back({"main", "t", 5, 6, true});
  const std::string json = why_facts_json(told);
  const auto back = parse_why_facts(json);
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(why_facts_json(*back), json);
  EXPECT_EQ(back->retries.size(), 1U);
  EXPECT_EQ(back->sources.at(0).held_from, told.sources.at(0).held_from);
  EXPECT_EQ(back->saved_position, "12");
  EXPECT_FALSE(parse_why_facts("[]"));
  EXPECT_FALSE(parse_why_facts("{"));
  const auto odd = parse_why_facts(R"({"path": 5, "cuts": {}, "sources": [{"offset": "x"}]})");
  ASSERT_TRUE(odd);
  EXPECT_EQ(odd->sources.at(0).offset, 0U);
}

}  // namespace
}  // namespace tailrace::daemon
