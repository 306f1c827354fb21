// Stage bodies.
#include <gtest/gtest.h>

#include "tests/config/loading.h"

namespace tailrace::config {
namespace {

using namespace std::chrono_literals;

TEST(ParseStages, regex) {
  EXPECT_EQ(valid_stage<RegexStageConfig>("{regex: {expression: 'a', Source: b}}"),
            (RegexStageConfig{"a", "b"}));
  EXPECT_EQ(valid_stage<RegexStageConfig>("{regex: {expression: a, source: ~}}"),
            (RegexStageConfig{"a", std::nullopt}));
}

TEST(ParseStages, json) {
  const auto json = valid_stage<JsonStageConfig>(
      "{json: {expressions: {b: , a: '', 'n': x.y, my-key: z}, source: s, drop_malformed: yes}}");
  EXPECT_EQ(json,
            (JsonStageConfig{{{"b", "b"}, {"a", "a"}, {"n", "x.y"}, {"my-key", "z"}}, "s", true}));
}

TEST(ParseStages, labels) {
  EXPECT_EQ(valid_stage<LabelsStageConfig>("{labels: {b: , a: c, d: ''}}"),
            (LabelsStageConfig{{{"b", "b"}, {"a", "c"}, {"d", "d"}}}));
  EXPECT_EQ(valid_stage<LabelsStageConfig>("{labels: }"), LabelsStageConfig{});
}

TEST(ParseStages, labeldrop) {
  EXPECT_EQ(valid_stage<LabelDropStageConfig>("{labeldrop: [a, b-c]}"),
            (LabelDropStageConfig{{"a", "b-c"}}));
}

TEST(ParseStages, timestamp) {
  using OnFailure = TimestampStageConfig::OnFailure;
  EXPECT_EQ(valid_stage<TimestampStageConfig>(
                "{timestamp: {source: a, format: Unix, fallback_formats: [b, c], location: '', "
                "action_on_failure: skip}}"),
            (TimestampStageConfig{"a", "Unix", {"b", "c"}, "", OnFailure::kSkip}));
  EXPECT_EQ(valid_stage<TimestampStageConfig>(
                "{timestamp: {source: a, format: b, action_on_failure: fudge}}"),
            (TimestampStageConfig{"a", "b", {}, std::nullopt, OnFailure::kFudge}));
}

TEST(ParseStages, output) {
  EXPECT_EQ(valid_stage<OutputStageConfig>("{output: {source: a}}"), (OutputStageConfig{"a"}));
}

TEST(ParseStages, drop) {
  DropStageConfig all;
  all.sources = {"a", "b"};
  all.separator = "-";
  all.value = "1";
  all.older_than = 24h;
  all.longer_than = 8192;
  all.drop_counter_reason = "r";
  EXPECT_EQ(
      valid_stage<DropStageConfig>(
          "{drop: {source: [a, b], separator: '-', value: true, older_than: 24h, longer_than: 8kb, "
          "drop_counter_reason: r}}"),
      all);
  DropStageConfig some;
  some.expression = "5";
  some.longer_than = 1000;
  EXPECT_EQ(valid_stage<DropStageConfig>(
                "{drop: {expression: 5, longer_than: 1e3, drop_counter_reason: ''}}"),
            some);
  EXPECT_EQ(valid_stage<DropStageConfig>("{drop: {source: ''}}").sources,
            (std::vector<std::string>{""}));
  EXPECT_EQ(valid_stage<DropStageConfig>("{drop: {source: []}}").sources,
            std::vector<std::string>{});
  EXPECT_EQ(valid_stage<DropStageConfig>("{drop: {expression: ''}}").expression, "");
  EXPECT_EQ(valid_stage<DropStageConfig>("{drop: {older_than: 0}}").older_than, 0s);
  EXPECT_EQ(valid_stage<DropStageConfig>("{drop: {longer_than: 0x10}}").longer_than, 16U);
}

TEST(ParseStages, cri) {
  EXPECT_EQ(valid_stage<CriStageConfig>("{cri: }"), CriStageConfig{});
  EXPECT_EQ(valid_stage<CriStageConfig>("{cri: {}}"), CriStageConfig{});
  EXPECT_EQ(
      valid_stage<CriStageConfig>("{cri: {max_partial_lines: '5', max_partial_line_size: 0x100, "
                                  "max_partial_line_size_truncate: 1}}"),
      (CriStageConfig{5, 256, true}));
  EXPECT_EQ(valid_stage<CriStageConfig>("{cri: {max_partial_lines: 0}}").partial_streams_max, 100);
  EXPECT_EQ(valid_stage<CriStageConfig>("{cri: {max_partial_lines: -1}}").partial_streams_max, -1);
  EXPECT_GT(
      valid_stage<CriStageConfig>("{cri: {max_partial_line_size: -5}}").partial_line_bytes_max,
      1ULL << 62U);
}

TEST(ParseStages, multiline) {
  EXPECT_EQ(valid_stage<MultilineStageConfig>(
                "{multiline: {firstline: '', max_wait_time: 5s, max_lines: '0x10'}}"),
            (MultilineStageConfig{"", 5s, 16}));
  EXPECT_EQ(valid_stage<MultilineStageConfig>("{multiline: {firstline: 5}}"),
            (MultilineStageConfig{"5", 3s, 128}));
  EXPECT_EQ(
      valid_stage<MultilineStageConfig>("{multiline: {firstline: a, max_lines: -1}}").lines_max,
      0U);
  EXPECT_EQ(
      valid_stage<MultilineStageConfig>("{multiline: {firstline: a, max_lines: 0}}").lines_max, 0U);
}

TEST(ParseStages, keep_their_order_and_place) {
  const ScrapeConfig job =
      valid_job("pipeline_stages:\n      - cri:\n      - output:\n          source: a\n");
  ASSERT_EQ(job.pipeline_stages.size(), 2U);
  EXPECT_TRUE(std::holds_alternative<CriStageConfig>(job.pipeline_stages[0].stage));
  EXPECT_TRUE(std::holds_alternative<OutputStageConfig>(job.pipeline_stages[1].stage));
  EXPECT_EQ(job.pipeline_stages[1].location.path, "scrape_configs[0].pipeline_stages[1].output");
  EXPECT_EQ(job.pipeline_stages[1].location.line, 7);
  EXPECT_EQ(job.pipeline_stages[1].location.column, 9);
}

TEST(ParseStages, an_empty_list_is_no_stage) {
  EXPECT_TRUE(valid_job("pipeline_stages: []").pipeline_stages.empty());
  EXPECT_TRUE(valid_job("pipeline_stages: ").pipeline_stages.empty());
}

}  // namespace
}  // namespace tailrace::config
