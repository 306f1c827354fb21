// The body of a metrics stage.
#include <limits>

#include <gtest/gtest.h>

#include "tests/config/loading.h"

namespace tailrace::config {
namespace {

using namespace std::chrono_literals;
using Type = MetricConfig::Type;
using Action = MetricConfig::Action;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

MetricConfig valid_metric(const std::string& keys) {
  return valid_stage<MetricsStageConfig>("{metrics: {m: {" + keys + "}}}").metrics.at(0);
}

TEST(ParseMetrics, reads_every_key) {
  MetricConfig expected;
  expected.name = "m";
  expected.type = Type::kCounter;
  expected.description = "d";
  expected.prefix = "p_";
  expected.source = "s";
  expected.max_idle = 90s;
  expected.action = Action::kAdd;
  expected.match_all = true;
  expected.count_entry_bytes = true;
  EXPECT_EQ(valid_metric(
                "type: COUNTER, description: d, prefix: p_, source: s, max_idle_duration: 90500ms, "
                "config: {action: Add, match_all: true, count_entry_bytes: true}"),
            expected);
}

TEST(ParseMetrics, has_promtails_defaults) {
  MetricConfig expected;
  expected.name = "m";
  expected.source = "m";
  expected.value = "x";
  EXPECT_EQ(valid_metric("type: Counter, prefix: '', config: {action: inc, value: x, buckets: x}"),
            expected);
}

TEST(ParseMetrics, a_gauge_has_five_actions) {
  for (const auto& [name, action] : {std::pair{"set", Action::kSet},
                                     {"INC", Action::kInc},
                                     {"dec", Action::kDec},
                                     {"add", Action::kAdd},
                                     {"Sub", Action::kSub}}) {
    const MetricConfig metric =
        valid_metric(std::string("type: gauge, config: {match_all: true, "
                                 "count_entry_bytes: true, value: x, action: ") +
                     name + "}");
    EXPECT_EQ(metric.action, action);
    EXPECT_EQ(metric.type, Type::kGauge);
    EXPECT_FALSE(metric.match_all);
    EXPECT_FALSE(metric.count_entry_bytes);
  }
}

TEST(ParseMetrics, a_histogram_has_buckets) {
  const std::vector<double> defaults = {.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10};
  EXPECT_EQ(valid_metric("type: Histogram").buckets, defaults);
  EXPECT_EQ(valid_metric("type: Histogram, config: {}").buckets, defaults);
  EXPECT_EQ(valid_metric("type: Histogram, config: {buckets: []}").buckets, defaults);
  EXPECT_EQ(valid_metric(
                "type: Histogram, config: {buckets: [-1, 2.5, .inf], action: foo, match_all: true}")
                .buckets,
            (std::vector<double>{-1, 2.5, kInfinity}));
}

TEST(ParseMetrics, an_empty_body_is_no_metric) {
  EXPECT_TRUE(valid_stage<MetricsStageConfig>("{metrics: }").metrics.empty());
  EXPECT_TRUE(valid_stage<MetricsStageConfig>("{metrics: {}}").metrics.empty());
}

}  // namespace
}  // namespace tailrace::config
