// Tests of building pipelines: what is refused, and what is only warned of.
#include "pipeline/build_pipeline.h"

#include <gtest/gtest.h>

#include "tests/pipeline/pipeline_rig.h"

namespace tailrace::pipeline::testing {
namespace {

using Severity = config::Diagnostic::Severity;

TEST(BuildPipeline, tells_every_error_with_the_place_of_its_stage) {
  std::vector<config::StageConfig> config =
      stages(regex("(bad"), regex("(?P<a>good)"), multiline("(bad"), labels({"no-label", "a"}));
  for (std::size_t i = 0; i < config.size(); ++i) {
    config[i].location = {
        .path = "stages[" + std::to_string(i) + "]", .line = static_cast<int>(i) + 10, .column = 3};
  }
  PipelineRig rig(config);
  EXPECT_EQ(rig.pipeline_, nullptr);
  ASSERT_EQ(rig.diagnostics_.size(), 3U);
  EXPECT_EQ(rig.diagnostics_[0].location.line, 10);
  EXPECT_EQ(rig.diagnostics_[0].severity, Severity::kError);
  EXPECT_EQ(rig.diagnostics_[1].location.path, "stages[2]");
  EXPECT_EQ(rig.diagnostics_[2].location.line, 13);
  EXPECT_EQ(rig.diagnostics_[2].message, R"("no-label" is not a valid label name)");
}

TEST(BuildPipeline, refuses_what_does_not_compile) {
  config::TimestampStageConfig time;
  time.source = "t";
  time.format = "RFC3339";
  time.location = "Nowhere/X";
  config::JsonStageConfig json;
  json.expressions = {{"unread", "a-b"}};
  config::DropStageConfig drop;
  drop.expression = "(";
  config::MetricsStageConfig metrics = count("my-lines");
  for (const auto& config : {stages(time), stages(json), stages(drop), stages(metrics)}) {
    PipelineRig rig(config);
    EXPECT_EQ(rig.pipeline_, nullptr);
    ASSERT_EQ(rig.diagnostics_.size(), 1U);
    EXPECT_FALSE(rig.diagnostics_[0].message.empty());
  }
}

TEST(BuildPipeline, warns_of_groups_that_no_stage_reads) {
  config::DropStageConfig drop;
  drop.sources = {{"in_drop"}};
  config::TimestampStageConfig time;
  time.source = "in_time";
  time.format = "Unix";
  config::RegexStageConfig source = regex("x");
  source.source = "in_regex";
  config::JsonStageConfig json;
  json.expressions = {{"a", ""}};
  json.source = "in_json";
  config::MetricsStageConfig metrics = count("m");
  metrics.metrics[0].source = "in_metrics";
  PipelineRig rig(
      stages(regex("(?P<in_drop>a)(?P<in_time>a)(?P<in_regex>a)(?P<in_json>a)(?P<in_metrics>a)"
                   "(?P<in_labels>a)(?P<in_output>a)(?P<flags>a)(?P<tags>a)(?P<unused>a)"),
             drop, time, source, json, metrics, labels({"in_labels"}),
             config::OutputStageConfig{"in_output"}, config::CriStageConfig{}));
  ASSERT_NE(rig.pipeline_, nullptr);
  ASSERT_EQ(rig.diagnostics_.size(), 1U);
  EXPECT_EQ(rig.diagnostics_[0].severity, Severity::kWarning);
  EXPECT_EQ(rig.diagnostics_[0].message, R"(the group "unused" is never used)");
}

}  // namespace
}  // namespace tailrace::pipeline::testing
