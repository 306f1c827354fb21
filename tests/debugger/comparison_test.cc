// What the same lines become in two pipelines.
#include "debugger/comparison.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/debugger/traced.h"

namespace tailrace::debugger {
namespace {

using TextList = std::vector<std::string>;

PipelineComparison compared(const std::string& was, const std::string& now, const TextList& lines) {
  return compare(desk_result(was, lines), desk_result(now, lines), lines);
}

// "line what: was -> now", then "metric name: was -> now".
TextList found(const PipelineComparison& comparison) {
  TextList texts;
  for (const LineDifference& line : comparison.lines_changed) {
    for (const PipelineDifference& one : line.differences) {
      texts.push_back(std::to_string(line.line) + " " + one.what + ": " + one.was + " -> " +
                      one.now);
    }
  }
  for (const PipelineDifference& one : comparison.metrics_changed)
    texts.push_back("metric " + one.what + ": " + one.was + " -> " + one.now);
  return texts;
}

TEST(Comparison, the_same_stages_differ_in_nothing) {
  const std::string stages = "[{static_labels: {a: b}}]";
  const PipelineComparison comparison = compared(stages, stages, {"1", "2"});
  EXPECT_TRUE(comparison.same());
  EXPECT_EQ(comparison.lines, 2U);
  EXPECT_EQ(comparison.kept_was, 2U);
  EXPECT_EQ(comparison.streams_now, 1U);
}

TEST(Comparison, names_each_thing_that_changes) {
  const std::string json = "{json: {expressions: {t: , v: }}}";
  const PipelineComparison comparison = compared(
      "[" + json + "]",
      "[" + json +
          ", {static_labels: {a: b}}, {tenant: {source: v}}, {timestamp: {source: t, format: "
          "Unix}}, {structured_metadata: {m: v}}, {output: {source: v}}]",
      {R"({"t":"1","v":"x"})"});
  EXPECT_FALSE(comparison.same());
  EXPECT_EQ(found(comparison),
            (TextList{"0 labels: {job=\"x\"} -> {a=\"b\", job=\"x\"}",
                      "0 line: {\"t\":\"1\",\"v\":\"x\"} -> x",
                      "0 timestamp: 2026-01-01 00:00:00 +0000 UTC -> 1970-01-01 00:00:01 +0000 UTC",
                      "0 structured_metadata: {} -> {m=\"x\"}", "0 tenant:  -> x"}));
}

TEST(Comparison, lines_may_be_dropped_or_joined) {
  EXPECT_EQ(found(compared("[]", "[{drop: {expression: b}}]", {"a", "b"})),
            (TextList{"1 entries: sent -> dropped by the drop stage",
                      "metric logentry_dropped_lines_total{reason=\"drop_stage\"}:  -> 1"}));
  const PipelineComparison joined =
      compared("[]", "[{multiline: {firstline: ^a}}]", {"a", "b", "a"});
  EXPECT_EQ(found(joined),
            (TextList{"0 entries: sent -> sent with 1 lines behind it", "0 line: a -> a\nb",
                      "1 entries: sent -> part of the entry of line 1"}));
  EXPECT_EQ(joined.kept_was, 3U);
  EXPECT_EQ(joined.kept_now, 2U);
}

TEST(Comparison, a_piece_without_an_end_is_never_completed) {
  const std::string piece = "2026-01-02T03:04:05Z stdout P a";
  const TextList texts = found(compared("[{drop: {expression: a}}]", "[{cri: {}}]", {piece}));
  ASSERT_FALSE(texts.empty());
  EXPECT_EQ(texts[0], "0 entries: dropped by the drop stage -> never completed in stage cri");
}

TEST(Comparison, metrics_differ_by_series) {
  const auto counting = [](const std::string& name) {
    return "[{metrics: {" + name +
           ": {type: Counter, config: {match_all: true, action: inc}}, c: {type: Counter, config: "
           "{match_all: true, action: inc}}}}]";
  };
  EXPECT_EQ(found(compared(counting("a"), counting("b"), {"l"})),
            (TextList{"metric promtail_custom_a{job=\"x\"}: 1 -> ",
                      "metric promtail_custom_b{job=\"x\"}:  -> 1"}));
}

TEST(Comparison, is_shown_as_text_up_to_a_number_of_lines) {
  const PipelineComparison comparison =
      compared("[]", "[{drop: {expression: '[bc]'}}]", {"a", "b", "c"});
  EXPECT_EQ(comparison_text(comparison, 1, TextOutput::Colours::kNone),
            "  line 2: b\n"
            "    entries\n"
            "      - sent\n"
            "      + dropped by the drop stage\n"
            "  and more: 1\n"
            "  metrics\n"
            "    logentry_dropped_lines_total{reason=\"drop_stage\"}\n"
            "      + 2\n"
            "  2 of 3 lines change; entries 3 -> 1, streams 1 -> 1\n");
  EXPECT_NE(comparison_text(comparison, 1, TextOutput::Colours::kAnsi)
                .find("\033[31m      - sent\033[0m\n"),
            std::string::npos);
}

TEST(Comparison, is_shown_as_json) {
  const PipelineComparison comparison = compared("[]", "[{drop: {expression: b}}]", {"a", "b"});
  EXPECT_EQ(comparison_json("app", comparison),
            R"({"job":"app","lines":2,"lines_changed":[{"line":2,"text":"b","differences":)"
            R"([{"what":"entries","was":"sent","now":"dropped by the drop stage"}]}],)"
            R"("metrics_changed":[{"what":"logentry_dropped_lines_total{reason=\"drop_stage\"}",)"
            R"("was":"","now":"1"}],"entries":{"was":2,"now":1},"streams":{"was":1,"now":1}})");
}

}  // namespace
}  // namespace tailrace::debugger
