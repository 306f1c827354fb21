// Tests of the stages that act on an entry: labels, labeldrop, output, drop, metrics. More are in
// tests/cases/stages.
#include <gtest/gtest.h>

#include "pipeline/stages/drop_stage.h"
#include "pipeline/stages/labeldrop_stage.h"
#include "pipeline/stages/labels_stage.h"
#include "pipeline/stages/metrics_stage.h"
#include "pipeline/stages/output_stage.h"
#include "tests/pipeline/pipeline_rig.h"

namespace tailrace::pipeline::testing {
namespace {

using Texts = std::vector<std::string>;
using Action = config::MetricConfig::Action;
using Type = config::MetricConfig::Type;

TEST(LabelsStage, leaves_out_what_is_not_utf8) {
  PipelineRig rig(stages(regex("=(?P<a>(?s:.*))"), labels({"a"})));
  rig.run("=");
  EXPECT_EQ(rig.last().labels, R"({a="", job="t"})");
  rig.run("=\xFF");
  EXPECT_EQ(rig.last().labels, R"({job="t"})");
}

TEST(LabelDropStage, removes_and_can_be_undone_by_a_later_stage) {
  PipelineRig rig(stages(config::LabelDropStageConfig{{"job", "absent"}}));
  rig.run("x");
  EXPECT_EQ(rig.last().labels, "{}");
  EXPECT_EQ(rig.table_.size(), 2U);
  PipelineRig again(stages(config::LabelDropStageConfig{{"job"}}, labels({"job"})));
  again.run("x");
  EXPECT_EQ(again.last().labels, R"({job="t"})");
}

TEST(OutputStage, an_empty_value_makes_an_empty_line_and_an_absent_one_none) {
  PipelineRig rig(stages(regex("^a(?P<o>z*)"), config::OutputStageConfig{"o"}));
  rig.run_all({"a", "b"});
  EXPECT_EQ(rig.sent_lines(), (Texts{"", "b"}));
}

// --- drop ---

// Lines kept of `lines`.
Texts kept(const config::DropStageConfig& drop, const Texts& lines) {
  PipelineRig rig(stages(regex("a=(?P<a>\\w*)"), regex("b=(?P<b>\\w*)"), drop));
  rig.run_all(lines);
  return rig.sent_lines();
}

TEST(DropStage, an_expression_alone_is_for_the_line) {
  config::DropStageConfig drop;
  drop.expression = "b$";
  EXPECT_EQ(kept(drop, {"ab", "ba"}), (Texts{"ba"}));
}

TEST(DropStage, sources_alone_must_all_be_there) {
  config::DropStageConfig drop;
  drop.sources = {{"a", "b"}};
  EXPECT_EQ(kept(drop, {"a=1", "b=1", "a= b="}), (Texts{"a=1", "b=1"}));
}

TEST(DropStage, values_are_joined_without_those_that_are_absent) {
  config::DropStageConfig drop;
  drop.sources = {{"a", "b"}};
  drop.value = "1;2";
  EXPECT_EQ(kept(drop, {"a=1 b=2", "a=1", "a=1 b=22", "b=2 a=1"}), (Texts{"a=1", "a=1 b=22"}));
  drop.value = std::nullopt;
  drop.expression = "^$";
  EXPECT_EQ(kept(drop, {"none", "a=1"}), (Texts{"a=1"}));
  drop.separator = "";
  drop.expression = "^12$";
  EXPECT_EQ(kept(drop, {"a=1 b=2", "a=12"}), Texts{});
}

TEST(DropStage, longer_than_counts_bytes_of_the_line) {
  config::DropStageConfig drop;
  drop.longer_than = 3;
  EXPECT_EQ(kept(drop, {"123", "1234", "\xC3\xBC\xC3\xBC"}), (Texts{"123"}));
  drop.expression = "x";
  EXPECT_EQ(kept(drop, {"xyzz", "1234", "x"}), (Texts{"1234", "x"}));
}

TEST(DropStage, older_than_looks_at_the_time_of_the_entry) {
  config::DropStageConfig drop;
  drop.older_than = std::chrono::hours(24);
  const config::TimestampStageConfig time = {
      .source = "ts", .format = "RFC3339", .fallback_formats = {}, .location = std::nullopt};
  PipelineRig rig(stages(regex("(?P<ts>.*)"), time, drop));
  rig.run_all({"2025-12-30T23:59:59Z", "2025-12-31T00:00:00Z"});
  EXPECT_EQ(rig.sent_lines(), (Texts{"2025-12-31T00:00:00Z"}));
  drop.older_than = std::chrono::nanoseconds::min();
  PipelineRig beyond(stages(drop));
  beyond.run("x");
  EXPECT_EQ(beyond.sent_.size(), 1U);
}

TEST(DropStage, a_replayed_line_does_not_grow_old_while_the_program_is_stopped) {
  config::DropStageConfig drop;
  drop.older_than = std::chrono::hours(1);
  PipelineRig rig(stages(drop));
  rig.received_ns_ = unix_nanoseconds(rig.clock_.wall_now()) - 2 * 3'600'000'000'000;
  rig.run("fresh");
  rig.run("replayed", EntryRole::kReplayed);
  EXPECT_EQ(rig.sent_lines(), (Texts{"replayed"}));
}

TEST(DropStage, counts_by_reason_and_not_what_was_sent_before) {
  config::DropStageConfig drop;
  drop.expression = "x";
  drop.drop_counter_reason = "why";
  PipelineRig rig(stages(drop));
  EXPECT_TRUE(rig.metric_lines("logentry").empty());
  rig.run_all({"x", "x", "y"});
  rig.run("x", EntryRole::kReplayed);
  rig.run("x", EntryRole::kContext);
  EXPECT_EQ(rig.metric_lines("logentry"),
            (Texts{R"(logentry_dropped_lines_total{reason="why"} 3)"}));
  rig.run("x");
  EXPECT_EQ(rig.metric_lines("logentry"),
            (Texts{R"(logentry_dropped_lines_total{reason="why"} 4)"}));
}

// --- metrics ---

config::MetricConfig metric(const std::string& name, Type type, Action action) {
  config::MetricConfig config;
  config.name = name;
  config.source = "n";
  config.type = type;
  config.action = action;
  return config;
}

// What the metrics show after "n=<text>" for each text.
Texts counted(std::vector<config::MetricConfig> metrics, const Texts& numbers) {
  PipelineRig rig(stages(regex("n=(?P<n>\\S+)"), config::MetricsStageConfig{std::move(metrics)}));
  for (const std::string& number : numbers)
    rig.run("n=" + number);
  return rig.metric_lines("promtail_custom");
}

TEST(MetricsStage, counts_and_adds) {
  EXPECT_EQ(counted({metric("add", Type::kCounter, Action::kAdd),
                     metric("inc", Type::kCounter, Action::kInc)},
                    {"1.5", "2", "abc", "1e2", "250ms", ""}),
            (Texts{R"(promtail_custom_add{job="t"} 103.75)", R"(promtail_custom_inc{job="t"} 5)"}));
}

TEST(MetricsStage, gauges_take_the_last_set_and_what_follows_it) {
  EXPECT_EQ(
      counted({metric("add", Type::kGauge, Action::kAdd), metric("dec", Type::kGauge, Action::kDec),
               metric("inc", Type::kGauge, Action::kInc), metric("set", Type::kGauge, Action::kSet),
               metric("sub", Type::kGauge, Action::kSub)},
              {"5", "-2", "x"}),
      (Texts{R"(promtail_custom_add{job="t"} 3)", R"(promtail_custom_dec{job="t"} -3)",
             R"(promtail_custom_inc{job="t"} 3)", R"(promtail_custom_set{job="t"} -2)",
             R"(promtail_custom_sub{job="t"} -3)"}));
}

TEST(MetricsStage, a_set_in_one_block_outlives_additions_of_the_block_before) {
  PipelineRig rig(stages(regex("set=(?P<n>\\d+)"),
                         config::MetricsStageConfig{{metric("g", Type::kGauge, Action::kSet)}}));
  rig.run("set=7");
  EXPECT_EQ(rig.metric_lines("promtail_custom"), (Texts{R"(promtail_custom_g{job="t"} 7)"}));
  rig.run("none");
  EXPECT_EQ(rig.metric_lines("promtail_custom"), (Texts{R"(promtail_custom_g{job="t"} 7)"}));
  rig.run("set=3");
  EXPECT_EQ(rig.metric_lines("promtail_custom"), (Texts{R"(promtail_custom_g{job="t"} 3)"}));
}

TEST(MetricsStage, histograms_count_each_observation_once_over_publishes) {
  config::MetricConfig config = metric("h", Type::kHistogram, Action::kInc);
  config.buckets = {0.1, 0.5, 1};
  PipelineRig rig(stages(regex("n=(?P<n>\\S+)"), config::MetricsStageConfig{{config}}));
  rig.run_all({"n=0.05", "n=100ms"});
  rig.metric_lines("");
  rig.run_all({"n=0.5s", "n=2m", "n=bad", "n=NaN"});
  EXPECT_EQ(
      rig.metric_lines("promtail_custom_h_"),
      (Texts{R"(promtail_custom_h_bucket{job="t",le="0.1"} 2)",
             R"(promtail_custom_h_bucket{job="t",le="0.5"} 3)",
             R"(promtail_custom_h_bucket{job="t",le="1"} 3)",
             R"(promtail_custom_h_bucket{job="t",le="+Inf"} 5)",
             R"(promtail_custom_h_sum{job="t"} NaN)", R"(promtail_custom_h_count{job="t"} 5)"}));
}

TEST(MetricsStage, a_value_must_be_equal_as_text) {
  config::MetricConfig config = metric("x", Type::kCounter, Action::kInc);
  config.value = "error";
  EXPECT_EQ(counted({config}, {"error", "errors", "err"}),
            (Texts{R"(promtail_custom_x{job="t"} 1)"}));
}

TEST(MetricsStage, match_all_counts_lines_or_bytes_and_without_them_nothing) {
  config::MetricConfig lines = metric("lines", Type::kCounter, Action::kInc);
  lines.match_all = true;
  config::MetricConfig bytes = metric("bytes", Type::kCounter, Action::kAdd);
  bytes.match_all = bytes.count_entry_bytes = true;
  config::MetricConfig nothing = metric("nothing", Type::kCounter, Action::kAdd);
  nothing.match_all = true;
  config::MetricConfig gauge = metric("gauge", Type::kGauge, Action::kInc);
  gauge.match_all = true;  // Ignored.
  PipelineRig rig(stages(config::MetricsStageConfig{{bytes, gauge, lines, nothing}}));
  rig.run_all({"abc", "\xC3\xA9"});
  EXPECT_EQ(rig.metric_lines("promtail_custom"),
            (Texts{R"(promtail_custom_bytes{job="t"} 5)", R"(promtail_custom_lines{job="t"} 2)"}));
}

TEST(MetricsStage, updates_that_promtail_dies_of_are_skipped_and_counted) {
  config::MetricConfig histogram = metric("h", Type::kHistogram, Action::kInc);
  histogram.buckets = {1};
  PipelineRig rig(
      stages(regex("n=(?P<n>\\S+)"),
             config::MetricsStageConfig{{metric("c", Type::kCounter, Action::kAdd), histogram}}));
  rig.target_ = {{"job", "t"}, {"le", "x"}};
  rig.run_all({"n=-1", "n=1"});
  EXPECT_EQ(rig.metric_lines("promtail_custom"), (Texts{R"(promtail_custom_c{job="t",le="x"} 1)"}));
  EXPECT_EQ(rig.metric_lines("tailrace_custom"),
            (Texts{R"(tailrace_custom_metric_updates_skipped_total{reason="label_le"} 2)",
                   R"(tailrace_custom_metric_updates_skipped_total{reason="negative_add"} 1)"}));
}

TEST(MetricsStage, replayed_lines_and_context_are_not_counted) {
  PipelineRig rig(stages(count("x")));
  rig.run("a", EntryRole::kReplayed);
  rig.run("a", EntryRole::kContext);
  EXPECT_TRUE(rig.metric_lines("promtail_custom").empty());
  rig.run("a");
  EXPECT_EQ(rig.metric_lines("promtail_custom"), (Texts{R"(promtail_custom_x{job="t"} 1)"}));
}

TEST(MetricsStage, counts_of_a_label_set_that_is_swept_are_not_lost) {
  PipelineRig rig(stages(regex("(?P<l>\\w+)"), labels({"l"}), count("x")));
  rig.run("a");
  for (int i = 0; i < 3; ++i) {
    rig.pipeline_->forget_label_cache();
    rig.table_.sweep();
  }
  rig.run_all({"b", "a"});
  EXPECT_EQ(rig.metric_lines("promtail_custom"), (Texts{R"(promtail_custom_x{job="t",l="a"} 2)",
                                                        R"(promtail_custom_x{job="t",l="b"} 1)"}));
}

}  // namespace
}  // namespace tailrace::pipeline::testing
