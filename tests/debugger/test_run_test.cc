// What a test compares, and what is recorded.
#include "debugger/test_run.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/config/loading.h"

namespace tailrace::debugger {
namespace {

constexpr const char* kConfig = R"(clients: [{url: "http://a"}]
scrape_configs:
- job_name: app
  static_configs: [{labels: {__path__: /a}}]
  pipeline_stages:
  - regex: {expression: '^(?P<time>\S+) (?P<level>\w+)'}
  - timestamp: {source: time, format: RFC3339}
  - labels: {level: }
  - metrics: {n_total: {type: Counter, config: {match_all: true, action: inc}}}
  - drop: {source: level, value: debug}
)";

std::string test_text(const std::string& expect) {
  return "tests:\n- name: t\n  job: app\n  lines: [plain, '2027-01-02T03:04:05.6Z error', "
         "'2027-01-02T03:04:05Z debug']\n  expect: " +
         expect + "\n";
}

TestResult run(const std::string& expect) {
  std::vector<config::Diagnostic> diagnostics;
  const auto file = parse_test_file(test_text(expect), diagnostics);
  EXPECT_TRUE(file) << expect;
  const config::Config config = config::valid(kConfig);
  return run_test(file->tests.at(0), &config, {});
}

// "what: expected|observed"
std::vector<std::string> differences(const TestResult& result) {
  std::vector<std::string> texts;
  for (const Difference& one : result.differences) {
    texts.push_back(one.what + ": " + one.expected.value_or("-") + "|" +
                    one.observed.value_or("-"));
  }
  return texts;
}

using Whats = std::vector<std::string>;

TEST(TestRun, passes_when_all_is_as_expected) {
  const TestResult result = run(
      "{entries: [{line: plain, labels: {}, timestamp: read, structured_metadata: {}, tenant: ''}, "
      "{line: '2027-01-02T03:04:05.6Z error', labels: {level: error}, timestamp: "
      "'2027-01-02T03:04:05.6Z'}], metrics: ['promtail_custom_n_total{level=\"error\"} 1']}");
  EXPECT_EQ(differences(result), Whats{});
  EXPECT_TRUE(result.passed());
  EXPECT_EQ(result.entries.size(), 2U);
}

TEST(TestRun, tells_each_thing_that_differs) {
  EXPECT_EQ(differences(run("{entries: [{timestamp: '2026-01-01T00:00:01Z', structured_metadata: "
                            "{a: b}, tenant: t}, {line: x, labels: {a: b}, timestamp: read}]}")),
            (Whats{"entry 1, timestamp: 2026-01-01T00:00:01Z|2026-01-01T00:00:00Z",
                   "entry 1, structured_metadata: a=b|", "entry 1, tenant: t|",
                   "entry 2, line: x|2027-01-02T03:04:05.6Z error",
                   "entry 2, labels: {a=\"b\"}|{level=\"error\"}",
                   "entry 2, timestamp: read|2027-01-02T03:04:05.6Z"}));
}

TEST(TestRun, tells_what_is_missing_and_what_is_too_much) {
  EXPECT_EQ(differences(run("{entries: [{}]}")),
            (Whats{"entry 2: -|{level=\"error\"} 2027-01-02T03:04:05.6Z error"}));
  EXPECT_EQ(differences(run("{entries: [{}, {}, third, {}]}")),
            (Whats{"entry 3: third|-", "entry 4: an entry|-"}));
  EXPECT_EQ(differences(run("{entries: []}")).size(), 2U);
}

TEST(TestRun, of_a_metric_the_value_that_it_has_is_shown) {
  EXPECT_EQ(differences(run("{metrics: ['promtail_custom_n_total{level=\"debug\"} 7', 'x 1']}")),
            (Whats{"metric: promtail_custom_n_total{level=\"debug\"} "
                   "7|promtail_custom_n_total{level=\"debug\"} 1",
                   "metric: x 1|-"}));
}

TEST(TestRun, a_job_that_is_not_there_is_a_difference) {
  std::vector<config::Diagnostic> diagnostics;
  const auto file = parse_test_file(test_text("{entries: []}"), diagnostics);
  EXPECT_EQ(differences(run_test(file->tests.at(0), nullptr, {})),
            (Whats{"job: app|no configuration is given"}));
  const config::Config other = config::valid("clients: [{url: \"http://a\"}]");
  EXPECT_EQ(differences(run_test(file->tests.at(0), &other, {})), (Whats{"job: app|no such job"}));
}

TEST(TestRun, stages_that_cannot_be_built_fail_the_test) {
  std::vector<config::Diagnostic> diagnostics;
  const auto file = parse_test_file(
      "tests: [{name: t, pipeline_stages: [{regex: {expression: '('}}], lines: [x], expect: "
      "{entries: []}}]",
      diagnostics);
  const TestResult result = run_test(file->tests.at(0), nullptr, {});
  EXPECT_FALSE(result.passed());
  EXPECT_EQ(result.diagnostics.size(), 1U);
}

TEST(TestRun, what_was_recorded_passes) {
  const std::string text = test_text("{entries: [wrong], metrics: [wrong 1]}");
  std::vector<config::Diagnostic> diagnostics;
  const config::Config config = config::valid(kConfig);
  const auto file = parse_test_file(text, diagnostics);
  const TestResult result = run_test(file->tests.at(0), &config, {});
  EXPECT_FALSE(result.passed());
  const std::string recorded = record_tests(text, std::vector<TestResult>{result});
  const auto again = parse_test_file(recorded, diagnostics);
  ASSERT_TRUE(again) << recorded;
  EXPECT_EQ(differences(run_test(again->tests.at(0), &config, {})), Whats{}) << recorded;
  EXPECT_NE(recorded.find("timestamp: \"2027-01-02T03:04:05.6Z\""), std::string::npos) << recorded;
  EXPECT_NE(recorded.find("timestamp: read"), std::string::npos);
  EXPECT_EQ(recorded.find("wrong"), std::string::npos);
}

}  // namespace
}  // namespace tailrace::debugger
