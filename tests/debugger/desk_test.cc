// TextList through the stages of one job.
#include "debugger/desk.h"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/debugger/traced.h"

namespace tailrace::debugger {
namespace {

using TextList = std::vector<std::string>;

constexpr const char* kTwoJobs =
    "clients: [{url: \"http://a\"}]\nscrape_configs:\n"
    "- job_name: one\n  static_configs:\n  - {targets: [localhost], labels: {__path__: /a, a: "
    "'1'}}\n  - {targets: [localhost], labels: {__path__: /b, b: '2'}}\n  pipeline_stages: "
    "[{docker: {}}]\n"
    "- job_name: two\n  static_configs: [{labels: {__path__: /c}}]\n";

TEST(DeskJob, has_the_labels_and_stages_of_its_job) {
  const config::Config config = config::valid(kTwoJobs);
  const auto job = find_desk_job(config, "one");
  ASSERT_TRUE(job);
  EXPECT_EQ(job->name, "one");
  EXPECT_EQ(job->labels, (config::LabelMap{{"a", "1"}, {"b", "2"}}));
  EXPECT_EQ(job->stages.size(), 1U);
}

TEST(DeskJob, needs_a_name_when_there_are_several) {
  const config::Config config = config::valid(kTwoJobs);
  EXPECT_EQ(find_desk_job(config, "").error().message,
            "say which job is meant, with -job: one, two");
  EXPECT_EQ(find_desk_job(config, "three").error().message,
            "there is no job \"three\"; there are one, two");
  EXPECT_EQ(find_desk_job(config::valid("clients: [{url: \"http://a\"}]"), "").error().message,
            "the configuration has no job");
}

TEST(DeskJob, the_only_one_needs_none) {
  const config::Config config = config::valid(
      "clients: [{url: \"http://a\"}]\nscrape_configs:\n- job_name: one\n  static_configs: "
      "[{labels: {__path__: /a}}]\n");
  const auto job = find_desk_job(config, "");
  ASSERT_TRUE(job);
  EXPECT_EQ(job->name, "one");
}

TEST(Desk, inputs_have_labels_of_their_own_over_those_of_the_job) {
  const tailrace::testing::FakeClock stopwatch;
  std::vector<config::Diagnostic> diagnostics;
  const std::vector<DeskInput> inputs = {{{{"file", "a"}}, {"1", "2"}}, {{{"job", "y"}}, {"3"}}};
  const auto result = run_at_desk({"app", {}, {{"job", "x"}}}, inputs,
                                  {.begin = kTestBegin, .stopwatch = stopwatch}, diagnostics);
  ASSERT_TRUE(result.has_value());
  TextList texts;
  for (const EntryTrace& trace : result->traces)
    texts.push_back(trace.job + " " + trace.after.line + pairs_text(trace.after.labels));
  EXPECT_EQ(texts, (TextList{"app 1{file=\"a\", job=\"x\"}", "app 2{file=\"a\", job=\"x\"}",
                             "app 3{job=\"y\"}"}));
  EXPECT_EQ(result->traces[0].after.time.ns(), unix_nanoseconds(kTestBegin));
}

TEST(Desk, the_end_lets_go_of_what_is_held_and_counts) {
  const DeskResult result = desk_result(
      "[{multiline: {firstline: ^a}}, {metrics: {m: {type: Counter, config: {match_all: true, "
      "action: inc}}}}]",
      {"a", "b"});
  ASSERT_EQ(result.traces.size(), 3U);
  EXPECT_EQ(result.traces[2].after.line, "a\nb");
  EXPECT_EQ(result.samples, TextList{"promtail_custom_m{job=\"x\"} 1"});
}

TEST(Desk, templates_see_the_environment) {
  const tailrace::testing::FakeClock stopwatch;
  const config::ScrapeConfig job = config::valid_job(
      "pipeline_stages: [{template: {source: x, template: '{{ env \"A\" }}'}}, "
      "{labels: {x: }}]");
  std::vector<config::Diagnostic> diagnostics;
  const std::vector<DeskInput> inputs = {{{}, {"l"}}};
  const auto result = run_at_desk(
      {"app", job.pipeline_stages, {}}, inputs,
      {.begin = kTestBegin,
       .stopwatch = stopwatch,
       .environment =
           [](std::string_view name) { return std::optional("value of " + std::string(name)); }},
      diagnostics);
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(pairs_text(result->traces.at(0).after.labels), "{x=\"value of A\"}");
}

TEST(Desk, lines_behind_the_time_limit_are_left_out) {
  tailrace::testing::FakeClock stopwatch;
  const config::ScrapeConfig job =
      config::valid_job("pipeline_stages: [{template: {source: x, template: '{{ env \"A\" }}'}}]");
  std::vector<config::Diagnostic> diagnostics;
  const std::vector<DeskInput> inputs = {{{}, {"1", "2", "3", "4"}}};
  const auto result = run_at_desk({"app", job.pipeline_stages, {}}, inputs,
                                  {.begin = kTestBegin,
                                   .stopwatch = stopwatch,
                                   .environment =
                                       [&](std::string_view /*name*/) {
                                         stopwatch.advance(std::chrono::seconds(1));
                                         return std::optional<std::string>("v");
                                       },
                                   .time_max = std::chrono::seconds(3)},
                                  diagnostics);
  ASSERT_TRUE(result.has_value());
  // Each line asks twice: to explain itself and to run.
  EXPECT_EQ(result->traces.size(), 2U);
  EXPECT_EQ(result->lines_left_out, 2U);
}

TEST(DeskStages, may_have_their_key_before_them) {
  std::vector<config::Diagnostic> diagnostics;
  EXPECT_EQ(parse_desk_stages("[{docker: {}}]", diagnostics)->size(), 1U);
  EXPECT_EQ(parse_desk_stages("pipeline_stages: [{docker: {}}, {cri: {}}]", diagnostics)->size(),
            2U);
  EXPECT_EQ(parse_desk_stages("", diagnostics)->size(), 0U);
  EXPECT_TRUE(diagnostics.empty());
  EXPECT_FALSE(parse_desk_stages("[{nonsense: {}}]", diagnostics).has_value());
  EXPECT_EQ(diagnostics.size(), 1U);
  EXPECT_FALSE(parse_desk_stages("[{", diagnostics).has_value());
}

TEST(Desk, says_what_cannot_be_built) {
  const tailrace::testing::FakeClock stopwatch;
  const config::ScrapeConfig job =
      config::valid_job("pipeline_stages: [{regex: {expression: '('}}]");
  std::vector<config::Diagnostic> diagnostics;
  EXPECT_FALSE(run_at_desk({"app", job.pipeline_stages, {}}, {},
                           {.begin = kTestBegin, .stopwatch = stopwatch}, diagnostics)
                   .has_value());
  EXPECT_EQ(diagnostics.size(), 1U);
}

}  // namespace
}  // namespace tailrace::debugger
