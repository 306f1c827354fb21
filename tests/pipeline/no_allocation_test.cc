// Shows that a line costs no heap allocation once everything has its size.
#include <cstdint>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/pipeline/pipeline_rig.h"
#include "tests/support/allocation_counter.h"
#include "tests/support/stage_examples.h"

namespace tailrace::pipeline::testing {
namespace {

using tailrace::testing::resume_counting_allocations;
using tailrace::testing::start_counting_allocations;
using tailrace::testing::stop_counting_allocations;

constexpr std::size_t kWarmUpLines = 2000;
constexpr std::size_t kCountedLines = 10'000;

// Takes entries and keeps nothing.
class CountingSink : public EntrySink {
 public:
  void accept(const LabelSet& labels, const Entry& entry) override {
    bytes_ += labels.pairs().size() + entry.line.size();
  }
  std::uint64_t bytes_ = 0;
};

// Allocations while the counted lines run; each line is different.
template <typename MakeLine>
std::uint64_t allocations_of(std::vector<config::StageConfig> config, MakeLine make_line) {
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < kWarmUpLines + kCountedLines; ++i) {
    lines.push_back(make_line(static_cast<int>(i)));
  }
  PipelineRig rig(std::move(config));
  EXPECT_NE(rig.pipeline_, nullptr);
  CountingSink sink;
  const LabelSet& labels = rig.table_.intern(rig.target_);
  const std::int64_t time = unix_nanoseconds(rig.clock_.wall_now());
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (i == kWarmUpLines) start_counting_allocations();
    const LineOrigin origin{1, i};
    Line line;
    line.text = lines[i];
    rig.held_.begin_line(origin, i, time, line.text);
    rig.pipeline_->run(line, origin, labels, time, EntryRole::kFresh, sink);
    rig.arena_.reset();
    // As a worker does after each block; publishing may allocate per block, not per line.
    if (i % 1000 == 999) {
      stop_counting_allocations();
      rig.pipeline_->publish();
      if (i >= kWarmUpLines) resume_counting_allocations();
    }
  }
  const std::uint64_t allocations = stop_counting_allocations();
  EXPECT_NE(sink.bytes_, 0U);
  return allocations;
}

std::string digits(int value, int count) {
  std::string text = std::to_string(value);
  return std::string(static_cast<std::size_t>(count) - text.size(), '0') + text;
}

std::string access_line(int i) {
  return "2026-01-0" + std::to_string(1 + i % 9) + "T10:00:00." + digits(i, 6) + "Z " +
         (i % 3 == 0 ? "info" : "error") + " path=/p/" + std::to_string(i) +
         " ms=" + std::to_string(i % 700) + "." + std::to_string(i % 10);
}

config::TimestampStageConfig rfc3339(std::string source) {
  return {.source = std::move(source),
          .format = "RFC3339Nano",
          .fallback_formats = {},
          .location = std::nullopt};
}

TEST(NoAllocation, counting_counts) {
  start_counting_allocations();
  const std::vector<std::string> something(3, std::string(100, 'x'));
  EXPECT_EQ(stop_counting_allocations(), 5U) << something.size();
}

class EveryStage : public ::testing::TestWithParam<tailrace::testing::StageExample> {};

TEST_P(EveryStage, allocates_nothing_per_line) {
  const tailrace::testing::StageExample& example = GetParam();
  const std::uint64_t allocations = allocations_of(
      tailrace::testing::parse_stages(example),
      [&example](int i) { return tailrace::testing::example_line(example.line, i); });
  EXPECT_LE(static_cast<double>(allocations),
            example.re2_allocations * static_cast<double>(kCountedLines));
}

INSTANTIATE_TEST_SUITE_P(Examples, EveryStage,
                         ::testing::ValuesIn(tailrace::testing::stage_examples()),
                         [](const auto& test) { return test.param.name; });

TEST(NoAllocation, regex_timestamp_labels_metrics) {
  config::MetricConfig histogram;
  histogram.name = "ms";
  histogram.source = "ms";
  histogram.type = config::MetricConfig::Type::kHistogram;
  histogram.buckets = {1, 10, 100};
  config::MetricConfig sum = histogram;
  sum.name = "sum";
  sum.type = config::MetricConfig::Type::kCounter;
  sum.action = config::MetricConfig::Action::kAdd;
  config::MetricsStageConfig metrics{{histogram, sum, counter("lines")}};
  EXPECT_EQ(allocations_of(stages(regex(R"(^(?P<ts>\S+) (?P<level>\w+) path=(?P<path>\S+) )"
                                        R"(ms=(?P<ms>[\d.]+)$)"),
                                  rfc3339("ts"), labels({"level"}), metrics),
                           access_line),
            0U);
}

TEST(NoAllocation, json_labels_drop_output) {
  config::JsonStageConfig json;
  json.expressions = {{"level", ""}, {"msg", ""}, {"ms", "times.ms"}};
  config::DropStageConfig drop;
  drop.sources = {{"ms", "level"}};
  drop.expression = "^7;";
  EXPECT_EQ(allocations_of(stages(json, labels({"level"}), drop, config::OutputStageConfig{"msg"},
                                  config::LabelDropStageConfig{{"job"}}),
                           [](int i) {
                             return R"({"level":")" + std::string(i % 2 == 0 ? "info" : "warn") +
                                    R"(","msg":"a \"message\" )" + std::to_string(i) +
                                    R"(","times":{"ms":)" + std::to_string(i % 50) + "}}";
                           }),
            0U);
}

TEST(NoAllocation, cri_with_partial_lines) {
  EXPECT_EQ(allocations_of(stages(config::CriStageConfig{}, count("lines")),
                           [](int i) {
                             return "2026-01-02T10:00:00." + digits(i, 6) + "Z std" +
                                    (i % 7 < 3 ? "err " : "out ") + (i % 3 == 0 ? "P" : "F") +
                                    " text " + digits(i, 6);
                           }),
            0U);
}

TEST(NoAllocation, multiline) {
  EXPECT_EQ(allocations_of(stages(regex(R"(^\[(?P<id>\d+)\])"), multiline(R"(^\[\d+\])", 4),
                                  regex("(?P<level>info|warn)"), labels({"level"})),
                           [](int i) {
                             return i % 6 == 0 ? "[" + std::to_string(i) + "] warn"
                                               : "  at line " + digits(i, 6);
                           }),
            0U);
}

TEST(NoAllocation, docker_match_template_pack) {
  config::MatchStageConfig match;
  match.selector = R"({stream="stdout"} |= "x" |~ "i[nm]fo")";
  match.stages = stages(config::StaticLabelsStageConfig{{{"m", "y"}}});
  config::PackStageConfig pack;
  pack.labels = {"job", "stream"};
  EXPECT_EQ(
      allocations_of(
          stages(config::DockerStageConfig{}, match,
                 config::TemplateStageConfig{
                     "level",
                     R"({{ if eq .stream "stdout" }}{{ .job | ToUpper }}{{ else }}e{{ end }})"},
                 labels({"level"}), config::TenantStageConfig{std::nullopt, "level", std::nullopt},
                 config::LabelAllowStageConfig{{"job", "level", "stream"}}, pack,
                 config::DecolorizeStageConfig{}),
          [](int i) {
            return R"({"log":"info x )" + digits(i, 6) + R"(\n","stream":"std)" +
                   (i % 3 == 0 ? "err" : "out") + R"(","time":"2026-01-02T10:00:00.)" +
                   digits(i, 6) + R"(Z"})";
          }),
      0U);
}

TEST(NoAllocation, logfmt_replace_metadata_limit) {
  config::LogfmtStageConfig logfmt;
  logfmt.mapping = {{"level", "level"}, {"id", "id"}};
  config::LimitStageConfig limit;
  limit.rate = 1;
  limit.burst = 1;
  limit.excess = config::LimitStageConfig::Excess::kDrop;
  limit.by_label = "level";
  config::SamplingStageConfig sampling;
  sampling.rate = 0.5;
  EXPECT_EQ(
      allocations_of(
          stages(logfmt, labels({"level"}), config::StructuredMetadataStageConfig{{{"id", "id"}}},
                 config::ReplaceStageConfig{R"(id=(\d+))", std::nullopt, "{{ .Value | ToUpper }}!"},
                 sampling, limit),
          [](int i) {
            return "level=l" + std::to_string(i % 4) + " id=" + digits(i, 6) +
                   " msg=\"a \\\"b\\\"\"";
          }),
      0U);
}

}  // namespace
}  // namespace tailrace::pipeline::testing
