// Test files: what is read, and what is refused where.
#include "debugger/pipeline_test.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/config/loading.h"

namespace tailrace::debugger {
namespace {

TEST(PipelineTestFile, everything_in_it_is_read) {
  std::vector<config::Diagnostic> diagnostics;
  const auto file = parse_test_file(R"(config: promtail.yaml
tests:
- name: first
  job: app
  labels: {a: b}
  time: 2026-05-06T07:08:09.5Z
  lines: [one, {wait: 1m}, 2, '']
  expect:
    entries:
    - just a line
    - {line: x, labels: {}, timestamp: read, structured_metadata: {m: n}, tenant: t}
    metrics: ['x 1']
- name: second
  pipeline_stages: [{labels: {a: }}]
  lines: [one]
  expect: {entries: []}
)",
                                    diagnostics);
  ASSERT_TRUE(file) << config::messages(diagnostics).at(0);
  EXPECT_EQ(file->config, "promtail.yaml");
  ASSERT_EQ(file->tests.size(), 2U);
  const PipelineTest& first = file->tests[0];
  EXPECT_EQ(first.name, "first");
  EXPECT_EQ(first.job, "app");
  EXPECT_EQ(first.labels, (config::LabelMap{{"a", "b"}}));
  EXPECT_EQ(unix_nanoseconds(first.begin), 1778051289500000000);
  EXPECT_EQ(first.steps, (std::vector<TestStep>{"one", std::chrono::minutes(1), "2", ""}));
  EXPECT_EQ(first.location.line, 3);
  ASSERT_TRUE(first.entries);
  ASSERT_EQ(first.entries->size(), 2U);
  EXPECT_EQ(first.entries->at(0).line, "just a line");
  EXPECT_FALSE(first.entries->at(0).labels);
  const ExpectedEntry& second = first.entries->at(1);
  EXPECT_EQ(second.labels, config::LabelMap{});
  EXPECT_EQ(second.timestamp, "read");
  EXPECT_EQ(second.metadata, (config::TextPairs{{"m", "n"}}));
  EXPECT_EQ(second.tenant, "t");
  EXPECT_EQ(first.metrics, (std::vector<std::string>{"x 1"}));
  EXPECT_EQ(file->tests[1].stages.size(), 1U);
  ASSERT_TRUE(file->tests[1].entries);
  EXPECT_TRUE(file->tests[1].entries->empty());
  EXPECT_EQ(file->tests[1].begin, kTestBegin);
}

TEST(PipelineTestFile, all_faults_are_told_with_their_place) {
  std::vector<config::Diagnostic> diagnostics;
  EXPECT_FALSE(parse_test_file(R"(tests:
- name: a
  job: x
  pipeline_stages: [{labels: {a: }}]
  lines: [{wait: soon}, {pause: 1s}]
  time: yesterday
  expect: {entry: []}
- lines: [x]
  expects: {}
)",
                               diagnostics));
  const std::vector<std::string> expected = {
      "tests[0].pipeline_stages: stands beside `job`: give one of them",
      "tests[0].lines[0].wait: \"soon\" is not a duration: it needs numbers with units, such as "
      "1h30m",
      "tests[0].lines[1].pause: `pause` is not a known key",
      "tests[0].lines[1].wait: is required",
      "tests[0].time: \"yesterday\" is not like 2026-01-02T03:04:05Z",
      "tests[0].expect: says nothing to compare: `entries`, `metrics` or both",
      "tests[0].expect.entry: `entry` is not a known key",
      "tests[1].name: is required",
      "tests[1]: needs a `job` of the configuration, or `pipeline_stages`",
      "tests[1].expect: is required",
      "tests[1].expects: `expects` is not a known key; did you mean \"expect\"?"};
  std::vector<std::string> actual = config::messages(diagnostics);
  std::vector<std::string> sorted = expected;
  std::sort(actual.begin(), actual.end());
  std::sort(sorted.begin(), sorted.end());
  EXPECT_EQ(actual, sorted);
  for (const config::Diagnostic& diagnostic : diagnostics)
    EXPECT_GT(diagnostic.location.line, 0) << diagnostic.message;
}

TEST(PipelineTestFile, a_file_without_tests_is_refused) {
  for (const char* text : {"", "tests: []", "config: x", "[", "- a"}) {
    std::vector<config::Diagnostic> diagnostics;
    EXPECT_FALSE(parse_test_file(text, diagnostics)) << text;
    EXPECT_FALSE(diagnostics.empty()) << text;
  }
}

}  // namespace
}  // namespace tailrace::debugger
