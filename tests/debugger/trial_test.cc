// A pipeline without a worker.
#include "debugger/trial.h"

#include <chrono>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "debugger/pipeline_test.h"
#include "tests/config/loading.h"

namespace tailrace::debugger {
namespace {

using std::chrono::seconds;
using Lines = std::vector<std::string>;

class TrialTest : public ::testing::Test {
 protected:
  void start(const std::string& stages, config::LabelMap labels = {{"job", "t"}}) {
    std::vector<config::Diagnostic> diagnostics;
    auto trial = Trial::create(config::valid_job("pipeline_stages: " + stages).pipeline_stages,
                               {std::move(labels), kTestBegin, nullptr, {}}, diagnostics);
    ASSERT_TRUE(trial);
    trial_ = std::move(*trial);
  }
  Lines lines() const {
    Lines result;
    for (const EntrySnapshot& entry : trial_->entries())
      result.push_back(entry.line);
    return result;
  }

  std::unique_ptr<Trial> trial_;
};

TEST_F(TrialTest, an_entry_has_labels_time_metadata_and_tenant) {
  start(
      "[{regex: {expression: '(?P<user>\\w+) (?P<rest>.*)'}}, {labels: {user: }}, {tenant: "
      "{source: user}}, {structured_metadata: {rest: }}, {output: {source: rest}}]");
  trial_->run("ann hello there");
  ASSERT_EQ(trial_->entries().size(), 1U);
  const EntrySnapshot& entry = trial_->entries()[0];
  EXPECT_EQ(entry.labels, (config::LabelMap{{"job", "t"}, {"user", "ann"}}));
  EXPECT_EQ(entry.tenant, "ann");
  EXPECT_EQ(entry.line, "hello there");
  EXPECT_EQ(entry.time.ns(), unix_nanoseconds(kTestBegin));
  EXPECT_EQ(entry.metadata, (config::TextPairs{{"rest", "hello there"}}));
}

TEST_F(TrialTest, time_passes_only_when_it_is_told) {
  start("[{multiline: {firstline: '^\\S', max_wait_time: 3s}}]");
  trial_->run("one");
  trial_->run(" two");
  trial_->wait(seconds(2));
  EXPECT_EQ(lines(), Lines{});
  trial_->wait(seconds(2));
  EXPECT_EQ(lines(), Lines{"one\n two"});
  EXPECT_EQ(trial_->now(), kTestBegin + seconds(4));
  trial_->run("three");
  trial_->end();
  EXPECT_EQ(lines(), (Lines{"one\n two", "three"}));
}

TEST_F(TrialTest, a_limit_that_waits_moves_the_clock) {
  start("[{limit: {rate: 1, burst: 1, drop: false}}]");
  for (int i = 0; i < 3; ++i)
    trial_->run("x");
  EXPECT_EQ(lines(), (Lines{"x", "x", "x"}));
  EXPECT_GE(trial_->now(), kTestBegin + seconds(1));
}

TEST_F(TrialTest, metrics_are_those_of_the_stages) {
  start(
      "[{metrics: {n_total: {type: Counter, config: {match_all: true, action: inc}}}}, {drop: "
      "{expression: bad}}]");
  trial_->run("x");
  trial_->run("bad");
  EXPECT_EQ(trial_->metrics(), (Lines{"logentry_dropped_lines_total{reason=\"drop_stage\"} 1",
                                      "promtail_custom_n_total{job=\"t\"} 2"}));
}

TEST_F(TrialTest, stages_that_cannot_be_built_are_told) {
  std::vector<config::Diagnostic> diagnostics;
  const auto trial = Trial::create(
      config::valid_job("pipeline_stages: [{regex: {expression: '('}}]").pipeline_stages,
      {{}, kTestBegin, nullptr, {}}, diagnostics);
  EXPECT_FALSE(trial);
  EXPECT_EQ(diagnostics.size(), 1U);
}

}  // namespace
}  // namespace tailrace::debugger
