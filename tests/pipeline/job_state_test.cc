// Tests of custom metric families that several workers share.
#include "pipeline/job_state.h"

#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/fakes/fake_clock.h"

namespace tailrace::pipeline {
namespace {

using Type = config::MetricConfig::Type;

config::MetricConfig metric(std::string name, Type type = Type::kCounter) {
  config::MetricConfig config;
  config.name = std::move(name);
  config.type = type;
  return config;
}

class JobStateTest : public ::testing::Test {
 protected:
  MetricFamilyId family(const config::MetricConfig& config) {
    const auto result = job_.family(config);
    EXPECT_TRUE(result.has_value());
    return result.value_or(0);
  }
  const LabelSet& labels(std::vector<LabelPair> pairs) { return table_.intern(pairs); }
  void add(MetricFamilyId id, const LabelSet& set, SeriesHandle& handle, double amount) {
    const std::vector<SeriesUpdate> updates = {
        {.labels = &set, .handle = &handle, .amount = amount, .bucket_counts = {}}};
    job_.update(id, updates);
  }
  bool shows(const std::string& line) {
    return ("\n" + metrics_.serialize()).find("\n" + line + "\n") != std::string::npos;
  }

  tailrace::testing::FakeClock clock_;
  Metrics metrics_;
  LabelSetTable table_;
  JobState job_{metrics_, clock_, 3};
};

TEST_F(JobStateTest, adds_what_workers_counted) {
  const MetricFamilyId id = family(metric("x_total"));
  SeriesHandle one;
  SeriesHandle other;
  add(id, labels({{"job", "t"}}), one, 2);
  add(id, labels({{"job", "t"}}), other, 3);
  add(id, labels({{"job", "t"}}), one, 1);
  EXPECT_TRUE(shows(R"(promtail_custom_x_total{job="t"} 6)"));
  EXPECT_TRUE(shows("# TYPE promtail_custom_x_total counter"));
}

TEST_F(JobStateTest, a_gauge_that_was_set_loses_what_it_was) {
  const MetricFamilyId id = family(metric("g", Type::kGauge));
  SeriesHandle handle;
  add(id, labels({}), handle, 5);
  const std::vector<SeriesUpdate> updates = {{.labels = &labels({}),
                                              .handle = &handle,
                                              .replaces = true,
                                              .amount = 2,
                                              .bucket_counts = {}}};
  job_.update(id, updates);
  EXPECT_TRUE(shows("promtail_custom_g 2"));
  EXPECT_TRUE(shows("# TYPE promtail_custom_g gauge"));
}

TEST_F(JobStateTest, histograms_are_cumulative_with_an_implied_last_bucket) {
  config::MetricConfig config = metric("h", Type::kHistogram);
  config.buckets = {0.5, 1, std::numeric_limits<double>::infinity()};
  const MetricFamilyId id = family(config);
  SeriesHandle handle;
  const std::vector<std::uint64_t> counts = {2, 1, 4};
  const std::vector<SeriesUpdate> updates = {
      {.labels = &labels({}), .handle = &handle, .amount = 7.5, .bucket_counts = counts}};
  job_.update(id, updates);
  job_.update(id, updates);
  EXPECT_TRUE(shows(R"(promtail_custom_h_bucket{le="0.5"} 4)"));
  EXPECT_TRUE(shows(R"(promtail_custom_h_bucket{le="1"} 6)"));
  EXPECT_TRUE(shows(R"(promtail_custom_h_bucket{le="+Inf"} 14)"));
  EXPECT_TRUE(shows("promtail_custom_h_sum 15"));
  EXPECT_TRUE(shows("promtail_custom_h_count 14"));
}

TEST_F(JobStateTest, hidden_labels_do_not_split_a_series) {
  const MetricFamilyId id = family(metric("x_total"));
  SeriesHandle one;
  SeriesHandle other;
  add(id, labels({{"__l", "a"}, {"e", ""}}), one, 1);
  add(id, labels({{"__l", "b"}, {"bad-name", "b"}, {"e", ""}}), other, 1);
  EXPECT_TRUE(shows(R"(promtail_custom_x_total{e=""} 2)"));
}

TEST_F(JobStateTest, one_name_twice_is_one_family_unless_the_definitions_differ) {
  config::MetricConfig histogram = metric("h", Type::kHistogram);
  histogram.buckets = {1};
  EXPECT_EQ(family(metric("x")), family(metric("x")));
  EXPECT_NE(family(metric("x")), family(histogram));
  EXPECT_FALSE(job_.family(metric("x", Type::kGauge)).has_value());
  histogram.buckets = {2};
  EXPECT_FALSE(job_.family(histogram).has_value());
}

TEST_F(JobStateTest, refuses_what_prometheus_does_not_take) {
  EXPECT_TRUE(job_.family(metric("a:b_9")).has_value());
  const auto bad_name = job_.family(metric("my-lines"));
  ASSERT_FALSE(bad_name.has_value());
  EXPECT_EQ(bad_name.error().message, R"("promtail_custom_my-lines" is not a valid metric name)");
  for (const std::vector<double>& buckets :
       {std::vector<double>{1, 0.5}, std::vector<double>{1, 1}}) {
    config::MetricConfig config = metric("h", Type::kHistogram);
    config.buckets = buckets;
    EXPECT_FALSE(job_.family(config).has_value());
  }
}

TEST_F(JobStateTest, an_idle_series_is_shown_once_more_and_starts_over) {
  config::MetricConfig config = metric("x");
  config.max_idle = std::chrono::seconds(10);
  const MetricFamilyId id = family(config);
  SeriesHandle idle;
  SeriesHandle busy;
  add(id, labels({{"l", "idle"}}), idle, 5);
  clock_.advance(std::chrono::seconds(9));
  add(id, labels({{"l", "busy"}}), busy, 5);
  EXPECT_TRUE(shows(R"(promtail_custom_x{l="idle"} 5)"));
  clock_.advance(std::chrono::seconds(1));
  EXPECT_TRUE(shows(R"(promtail_custom_x{l="idle"} 5)"));
  EXPECT_FALSE(shows(R"(promtail_custom_x{l="idle"} 5)"));
  EXPECT_TRUE(shows(R"(promtail_custom_x{l="busy"} 5)"));
  add(id, labels({{"l", "idle"}}), idle, 1);
  EXPECT_TRUE(shows(R"(promtail_custom_x{l="idle"} 1)"));
}

TEST_F(JobStateTest, a_handle_of_a_removed_series_never_reaches_its_successor) {
  config::MetricConfig config = metric("x");
  config.max_idle = std::chrono::seconds(1);
  const MetricFamilyId id = family(config);
  SeriesHandle old_handle;
  SeriesHandle new_handle;
  add(id, labels({{"l", "old"}}), old_handle, 1);
  clock_.advance(std::chrono::seconds(1));
  metrics_.serialize();
  add(id, labels({{"l", "new"}}), new_handle, 7);
  add(id, labels({{"l", "old"}}), old_handle, 1);
  EXPECT_TRUE(shows(R"(promtail_custom_x{l="new"} 7)"));
  EXPECT_TRUE(shows(R"(promtail_custom_x{l="old"} 1)"));
}

TEST_F(JobStateTest, too_many_series_push_out_the_one_idle_for_longest) {
  const MetricFamilyId id = family(metric("x"));
  std::vector<SeriesHandle> handles(4);
  for (const std::size_t i : {1U, 0U, 2U, 3U}) {
    const std::string value = std::to_string(i);
    add(id, labels({{"l", value}}), handles[i], 1);
    clock_.advance(std::chrono::seconds(1));
  }
  EXPECT_FALSE(shows(R"(promtail_custom_x{l="1"} 1)"));
  for (const char* const rest : {"0", "2", "3"}) {
    EXPECT_TRUE(shows(std::string(R"(promtail_custom_x{l=")") + rest + "\"} 1"));
  }
  EXPECT_TRUE(shows("tailrace_custom_metric_series_removed_total 1"));
}

TEST_F(JobStateTest, its_families_go_with_it) {
  {
    JobState job(metrics_, clock_);
    SeriesHandle handle;
    const std::vector<SeriesUpdate> updates = {
        {.labels = &labels({}), .handle = &handle, .amount = 1, .bucket_counts = {}}};
    job.update(*job.family(metric("x")), updates);
    EXPECT_TRUE(shows("promtail_custom_x 1"));
  }
  EXPECT_FALSE(shows("promtail_custom_x 1"));
}

}  // namespace
}  // namespace tailrace::pipeline
