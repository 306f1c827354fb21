// Tests of stages beyond what recorded cases show: nesting, sharing, replays, geoip, warnings.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>

#include "tests/pipeline/pipeline_rig.h"

namespace tailrace::pipeline::testing {
namespace {

using Lines = std::vector<std::string>;

config::MatchStageConfig match(std::string selector, std::vector<config::StageConfig> nested) {
  config::MatchStageConfig config;
  config.selector = std::move(selector);
  config.stages = std::move(nested);
  return config;
}

TEST(MatchStage, keeps_the_order_of_lines_and_runs_what_is_nested_only_where_it_matches) {
  PipelineRig rig(stages(match("{job=\"t\"} |= \"x\"",
                               stages(match("{job=\"t\"} |= \"y\"",
                                            stages(config::StaticLabelsStageConfig{{{"b", "2"}}})),
                                      config::StaticLabelsStageConfig{{{"a", "1"}}})),
                         config::StaticLabelsStageConfig{{{"c", "3"}}}));
  rig.run_all({"x", "-", "xy", "y"});
  EXPECT_EQ(rig.sent_lines(), (Lines{"x", "-", "xy", "y"}));
  EXPECT_EQ(rig.sent_labels(), (Lines{R"({a="1", c="3", job="t"})", R"({c="3", job="t"})",
                                      R"({a="1", b="2", c="3", job="t"})", R"({c="3", job="t"})"}));
}

TEST(MatchStage, a_nested_multiline_goes_on_behind_the_match) {
  PipelineRig rig(stages(match("{job=\"t\"}", stages(multiline("^S"))),
                         config::StaticLabelsStageConfig{{{"a", "1"}}}));
  rig.run_all({"S1", "two", "S2"});
  EXPECT_EQ(rig.sent_lines(), (Lines{"S1\ntwo"}));
  EXPECT_EQ(rig.last().labels, R"({a="1", job="t"})");
}

TEST(MatchStage, errors_of_nested_stages_have_their_own_place) {
  config::StageConfig bad{regex("("), {"path.of.nested", 7, 9}};
  PipelineRig rig(stages(match("{job=\"t\"}", {bad})));
  ASSERT_EQ(rig.diagnostics_.size(), 1U);
  EXPECT_EQ(rig.diagnostics_[0].location.line, 7);
}

config::LimitStageConfig limit(config::LimitStageConfig::Excess excess) {
  config::LimitStageConfig config;
  config.rate = 1;
  config.burst = 2;
  config.excess = excess;
  return config;
}

TEST(LimitStage, pauses_the_job_when_the_tokens_are_gone) {
  PipelineRig rig(stages(limit(config::LimitStageConfig::Excess::kWait)));
  rig.run("a");
  EXPECT_LE(rig.pipeline_->paused_until(), rig.clock_.steady_now());
  rig.run("b");
  EXPECT_GT(rig.pipeline_->paused_until(), rig.clock_.steady_now());
  rig.advance(std::chrono::milliseconds(1001));
  EXPECT_LE(rig.pipeline_->paused_until(), rig.clock_.steady_now());
  EXPECT_EQ(rig.sent_lines(), (Lines{"a", "b"}));
}

TEST(LimitStage, replayed_lines_pass_and_take_no_token) {
  PipelineRig rig(stages(limit(config::LimitStageConfig::Excess::kDrop)));
  for (int i = 0; i < 5; ++i)
    rig.run("old", EntryRole::kReplayed);
  rig.run_all({"a", "b", "c"});
  EXPECT_EQ(rig.sent_.size(), 7U);
  EXPECT_EQ(rig.metric_lines("logentry_dropped_lines_total"),
            (Lines{R"(logentry_dropped_lines_total{reason="ratelimit_drop_stage"} 1)"}));
}

TEST(SamplingStage, keeps_about_its_rate_and_all_that_is_replayed) {
  config::SamplingStageConfig config;
  config.rate = 0.3;
  PipelineRig rig(stages(config));
  for (int i = 0; i < 2000; ++i)
    rig.run("x");
  EXPECT_GT(rig.sent_.size(), 480U);
  EXPECT_LT(rig.sent_.size(), 720U);
  const std::size_t before = rig.sent_.size();
  for (int i = 0; i < 50; ++i)
    rig.run("x", EntryRole::kReplayed);
  EXPECT_EQ(rig.sent_.size(), before + 50);
}

TEST(TemplateStage, a_template_may_use_all_of_the_data) {
  config::TemplateStageConfig config{"all", "{{ range $k, $v := . }}{{ $k }}={{ $v }};{{ end }}"};
  PipelineRig rig(
      stages(regex(R"((?P<word>\w+) (?P<second>\w+))"), config, config::OutputStageConfig{"all"}));
  rig.target_ = {{"job", "t"}, {"zone", "z"}};
  rig.run("one two");
  EXPECT_EQ(rig.last().line, "Entry=one two;job=t;second=two;word=one;zone=z;");
}

TEST(TemplateStage, warns_when_nobody_reads_the_value) {
  PipelineRig rig(stages(config::TemplateStageConfig{"unused", "x"}));
  ASSERT_EQ(rig.diagnostics_.size(), 1U);
  EXPECT_EQ(rig.diagnostics_[0].message, "the value \"unused\" is never used");
  rig.run("a");
  EXPECT_EQ(rig.sent_lines(), (Lines{"a"}));
}

TEST(ReplaceStage, warns_of_what_does_nothing) {
  PipelineRig rig(stages(config::ReplaceStageConfig{"x", std::nullopt, "{{ .a"}));
  EXPECT_EQ(rig.diagnostics_.size(), 2U);
  rig.run("x");
  EXPECT_EQ(rig.sent_lines(), (Lines{"x"}));
}

TEST(EventLogMessageStage, replaces_what_no_label_name_has) {
  PipelineRig rig(stages(regex("(?s)(?P<message>.*)"), config::EventLogMessageStageConfig{},
                         labels({"Logon_ID", "_", "_1st", "_x_"})));
  rig.run("Logon ID: 1\r\n: empty\r\nno colon\r\n1st:3\r\n\xC3\xA9x-:  4 \xC2\xA0");
  EXPECT_EQ(rig.last().labels, R"({Logon_ID="1", _="empty", _x_="4", job="t"})");
}

TEST(EventLogMessageStage, drops_keys_that_are_no_names_if_told_so) {
  config::EventLogMessageStageConfig config;
  config.drop_invalid_labels = true;
  PipelineRig rig(stages(regex("(?s)(?P<message>.*)"), config, labels({"a_b", "ok"})));
  rig.run("a b: 1\r\nok: 2");
  EXPECT_EQ(rig.last().labels, R"({job="t", ok="2"})");
}

// A database with one record for every address; the bytes are those of tests/fuzz/corpus/mmdb.
TEST(GeoIpStage, sets_labels_and_warns_of_what_does_not_fit) {
  const std::string path = TAILRACE_SOURCE_DIR "/tests/fuzz/corpus/mmdb/one_record";
  PipelineRig rig(stages(regex("^(?P<ip>\\S*)"), config::GeoIpStageConfig{path, "city", "ip"}));
  rig.run_all({"10.0.0.1", "nothing"});
  EXPECT_EQ(rig.sent_labels(), (Lines{R"({geoip_city_name="Town", geoip_subdivision_code="B", )"
                                      R"(geoip_subdivision_name="Inner", job="t"})",
                                      R"({job="t"})"}));
  PipelineRig wrong(stages(config::GeoIpStageConfig{path, "asn", std::nullopt}));
  EXPECT_EQ(wrong.diagnostics_.size(), 2U);
  wrong.run("x");
  EXPECT_EQ(wrong.sent_lines(), (Lines{"x"}));
  PipelineRig none(stages(config::GeoIpStageConfig{"/nowhere", "city", "ip"}));
  EXPECT_EQ(none.pipeline_, nullptr);
}

TEST(LabelAllowStage, later_stages_see_what_is_left) {
  PipelineRig rig(stages(
      config::LabelAllowStageConfig{{"a", "b"}}, config::StaticLabelsStageConfig{{{"b", "new"}}},
      match("{job=\"\", a=\"1\"}", stages(config::StaticLabelsStageConfig{{{"m", "y"}}}))));
  rig.target_ = {{"a", "1"}, {"b", "2"}, {"job", "t"}};
  rig.run("x");
  EXPECT_EQ(rig.last().labels, R"({a="1", b="new", m="y"})");
}

// Sums of floats depend on their order: it is that of the lines, however many blocks they come in.
TEST(MetricsStage, sums_add_up_line_by_line) {
  config::MetricConfig histogram = counter("v");
  histogram.type = config::MetricConfig::Type::kHistogram;
  histogram.match_all = false;
  histogram.buckets = {1};
  const std::vector<std::string> values = {"1", "0.0007", "1", "0.05", "120", "5"};
  for (std::size_t block = 1; block <= values.size(); ++block) {
    PipelineRig rig(stages(regex("(?P<v>.*)"), config::MetricsStageConfig{{histogram}}));
    for (std::size_t i = 0; i < values.size(); ++i) {
      rig.run(values[i]);
      if ((i + 1) % block == 0) rig.metric_lines("");
    }
    EXPECT_EQ(rig.metric_lines("promtail_custom_v_sum"),
              std::vector<std::string>{R"(promtail_custom_v_sum{job="t"} 127.0507)"})
        << block;
  }
}

}  // namespace
}  // namespace tailrace::pipeline::testing
