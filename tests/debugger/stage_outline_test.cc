// The stages of a job in the order in which they run.
#include "debugger/stage_outline.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/config/loading.h"

namespace tailrace::debugger {
namespace {

using TextList = std::vector<std::string>;

TEST(StageOutline, numbers_nested_stages_behind_their_match) {
  const config::ScrapeConfig job = config::valid_job(
      "pipeline_stages:\n    - match:\n        selector: '{a=\"b\"}'\n        stages:\n        - "
      "match: {selector: '{c=\"d\"}', stages: [{labels: {x: }}]}\n        - output: {source: x}\n"
      "    - docker: {}\n");
  const std::vector<StageOutline> outline = outline_of(job.pipeline_stages);
  TextList texts;
  for (const StageOutline& stage : outline) {
    texts.push_back(std::to_string(stage.number) + " " + std::to_string(stage.depth) + " " +
                    stage.name + " " + std::to_string(stage.location.line));
  }
  EXPECT_EQ(texts, (TextList{"0 0 match 6", "1 1 match 9", "2 2 labels 9", "3 1 output 10",
                             "4 0 docker 11"}));
  ASSERT_EQ(outline.size(), 5U);
  EXPECT_TRUE(std::holds_alternative<config::OutputStageConfig>(outline[3].config->stage));
  EXPECT_TRUE(outline_of({}).empty());
}

TEST(StageOutline, finds_the_metrics_of_all_stages_once) {
  const config::ScrapeConfig job = config::valid_job(
      "pipeline_stages: [{metrics: {a: {type: Counter, prefix: p_, config: {action: inc}}, b: "
      "{type: Gauge, config: {action: inc}}}}, {match: {selector: '{c=\"d\"}', stages: [{metrics: "
      "{b: {type: Gauge, config: {action: inc}}, c: {type: Gauge, config: {action: inc}}}}]}}]");
  EXPECT_EQ(metric_names(job.pipeline_stages),
            (TextList{"p_a", "promtail_custom_b", "promtail_custom_c"}));
}

TEST(StageOutline, takes_the_samples_of_its_metrics_and_of_drops) {
  const TextList metrics = {"a", "h"};
  const TextList samples = {"a 1",
                            "a{x=\"y\"} 2",
                            "ab 3",
                            "a_bucket 4",
                            "h_bucket{le=\"1\"} 5",
                            "h_sum 6",
                            "h_count 7",
                            "h_other 8",
                            "logentry_dropped_lines_total{reason=\"r\"} 9",
                            "logentry_dropped_lines_by_label_total 10",
                            "other 11"};
  EXPECT_EQ(samples_of(metrics, samples),
            (TextList{"a 1", "a{x=\"y\"} 2", "a_bucket 4", "h_bucket{le=\"1\"} 5", "h_sum 6",
                      "h_count 7", "logentry_dropped_lines_total{reason=\"r\"} 9",
                      "logentry_dropped_lines_by_label_total 10"}));
}

}  // namespace
}  // namespace tailrace::debugger
