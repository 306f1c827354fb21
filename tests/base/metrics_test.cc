// Metrics and their text, number for number as Promtail writes it.
#include "base/metrics.h"

#include <limits>
#include <memory>
#include <stdexcept>
#include <thread>

#include <gtest/gtest.h>
#include <prometheus/counter.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

namespace tailrace {
namespace {

TEST(GoNumber, prints_as_strconv_does) {
  struct Case {
    double value;
    std::string text;
  };
  const double infinity = std::numeric_limits<double>::infinity();
  for (const Case& c : std::vector<Case>{
           {0, "0"},
           {-0.0, "0"},
           {1, "1"},
           {-1, "-1"},
           {0.005, "0.005"},
           {2.5, "2.5"},
           {100, "100"},
           {999999, "999999"},
           {999999.5, "999999.5"},
           {999999.9999999999, "999999.9999999999"},
           {1000000, "1e+06"},
           {10000000, "1e+07"},
           {1234567, "1.234567e+06"},
           {123456789012.1, "1.234567890121e+11"},
           {1.7976931348623157e308, "1.7976931348623157e+308"},
           {0.0001, "0.0001"},
           {0.00001, "1e-05"},
           {-0.000123, "-0.000123"},
           {5e-324, "5e-324"},
           {0.1 + 0.2, "0.30000000000000004"},
           {infinity, "+Inf"},
           {-infinity, "-Inf"},
           {std::numeric_limits<double>::quiet_NaN(), "NaN"},
       }) {
    EXPECT_EQ(go_number(c.value), c.text);
  }
}

TEST(Metrics, shows_counters_and_gauges_sorted_by_name_and_labels) {
  Metrics metrics;
  metrics.gauge("b_gauge", "How much").set(-1.5);
  metrics.counter("a_total", "How often", {{"host", "two"}}).increment();
  metrics.counter("a_total", "ignored: the first help wins", {{"host", "one"}}).add(2);
  metrics.counter("a_total", "How often", {{"host", "one"}}).add(3);
  EXPECT_EQ(metrics.serialize(),
            "# HELP a_total How often\n"
            "# TYPE a_total counter\n"
            "a_total{host=\"one\"} 5\n"
            "a_total{host=\"two\"} 1\n"
            "# HELP b_gauge How much\n"
            "# TYPE b_gauge gauge\n"
            "b_gauge -1.5\n");
}

TEST(Metrics, keeps_an_empty_help) {
  Metrics metrics;
  metrics.counter("a_total", "");
  EXPECT_EQ(metrics.serialize(), "# HELP a_total \n# TYPE a_total counter\na_total 0\n");
}

TEST(Metrics, escapes_help_and_label_values_each_in_its_way) {
  Metrics metrics;
  metrics.counter("a_total", "a \"b\" \\ \n c", {{"path", "a \"b\" \\ \n c"}, {"bad", "\xFF"}});
  EXPECT_EQ(metrics.serialize(),
            "# HELP a_total a \"b\" \\\\ \\n c\n"
            "# TYPE a_total counter\n"
            "a_total{bad=\"\xEF\xBF\xBD\",path=\"a \\\"b\\\" \\\\ \\n c\"} 0\n");
}

TEST(Metrics, shows_a_histogram_with_cumulative_buckets) {
  Metrics metrics;
  MetricHistogram& histogram =
      metrics.histogram("d_seconds", "Durations", {0.5, 1, 1e7}, {{"host", "a"}});
  histogram.observe(0.5);  // A bound belongs to its bucket.
  histogram.observe(0.75);
  histogram.observe(2e7);
  EXPECT_EQ(&metrics.histogram("d_seconds", "", {9}, {{"host", "a"}}), &histogram);
  EXPECT_EQ(metrics.serialize(),
            "# HELP d_seconds Durations\n"
            "# TYPE d_seconds histogram\n"
            "d_seconds_bucket{host=\"a\",le=\"0.5\"} 1\n"
            "d_seconds_bucket{host=\"a\",le=\"1\"} 2\n"
            "d_seconds_bucket{host=\"a\",le=\"1e+07\"} 2\n"
            "d_seconds_bucket{host=\"a\",le=\"+Inf\"} 3\n"
            "d_seconds_sum{host=\"a\"} 2.000000125e+07\n"
            "d_seconds_count{host=\"a\"} 3\n");
}

TEST(Metrics, a_histogram_without_labels_has_only_le) {
  Metrics metrics;
  metrics.histogram("d", "", {}).observe(4);
  EXPECT_EQ(metrics.serialize(),
            "# HELP d \n# TYPE d histogram\nd_bucket{le=\"+Inf\"} 1\nd_sum 4\nd_count 1\n");
}

TEST(Metrics, collectors_add_families_until_they_are_removed) {
  Metrics metrics;
  const int token = metrics.add_collector([](std::vector<MetricFamily>& families) {
    families.push_back({.name = "file_bytes",
                        .help = "Size",
                        .type = MetricType::kGauge,
                        .samples = {{.labels = {{"path", "/a"}}, .value = 7}}});
    families.push_back({.name = "empty", .help = "No series, not shown"});
  });
  const int other = metrics.add_collector([](std::vector<MetricFamily>&) {});
  EXPECT_NE(token, other);
  EXPECT_EQ(metrics.serialize(),
            "# HELP file_bytes Size\n# TYPE file_bytes gauge\nfile_bytes{path=\"/a\"} 7\n");
  metrics.remove_collector(token);
  EXPECT_EQ(metrics.serialize(), "");
}

TEST(Metrics, merges_families_of_one_name_and_keeps_the_first_of_equal_series) {
  Metrics metrics;
  metrics.counter("a_total", "Own", {{"k", "1"}}).set(1);
  metrics.add_collector([](std::vector<MetricFamily>& families) {
    families.push_back(
        {.name = "a_total",
         .help = "Other",
         .samples = {{.labels = {{"k", "1"}}, .value = 99}, {.labels = {{"k", "0"}}, .value = 2}}});
    families.push_back({.name = "a_total",
                        .help = "Of another type, left out",
                        .type = MetricType::kGauge,
                        .samples = {{.labels = {{"k", "5"}}, .value = 3}}});
  });
  EXPECT_EQ(metrics.serialize(),
            "# HELP a_total Own\n"
            "# TYPE a_total counter\n"
            "a_total{k=\"0\"} 2\n"
            "a_total{k=\"1\"} 1\n");
}

TEST(Metrics, shows_what_the_caller_gathered_beside_its_own) {
  Metrics metrics;
  metrics.counter("b_total", "Own").set(1);
  EXPECT_EQ(metrics.serialize({{.name = "a_total", .help = "More", .samples = {{.value = 2}}},
                               {.name = "b_total",
                                .help = "Second",
                                .samples = {{.value = 3}, {.labels = {{"k", "1"}}, .value = 4}}}}),
            "# HELP a_total More\n"
            "# TYPE a_total counter\n"
            "a_total 2\n"
            "# HELP b_total Own\n"
            "# TYPE b_total counter\n"
            "b_total 1\n"
            "b_total{k=\"1\"} 4\n");
  EXPECT_EQ(metrics.serialize(), "# HELP b_total Own\n# TYPE b_total counter\nb_total 1\n");
}

TEST(Metrics, a_collector_may_count_its_own_calls) {
  Metrics metrics;
  metrics.add_collector(
      [&](std::vector<MetricFamily>&) { metrics.counter("scrapes_total", "").increment(); });
  EXPECT_EQ(metrics.serialize(), "");
  EXPECT_NE(metrics.serialize().find("scrapes_total 1\n"), std::string::npos);
}

TEST(Metrics, shows_a_registry_of_prometheus_cpp_until_it_is_gone) {
  Metrics metrics;
  auto registry = std::make_shared<prometheus::Registry>();
  metrics.add_collectable(registry);
  prometheus::BuildCounter()
      .Name("c_total")
      .Help("")
      .Labels({{"z", "1"}})
      .Register(*registry)
      .Add({{"a", "2"}})
      .Increment(1e7);
  prometheus::BuildGauge().Name("g").Help("G").Register(*registry).Add({}).Set(0.5);
  prometheus::BuildHistogram()
      .Name("h")
      .Help("H")
      .Register(*registry)
      .Add({}, prometheus::Histogram::BucketBoundaries{1e7})
      .Observe(3);
  EXPECT_EQ(metrics.serialize(),
            "# HELP c_total \n"
            "# TYPE c_total counter\n"
            "c_total{a=\"2\",z=\"1\"} 1e+07\n"
            "# HELP g G\n"
            "# TYPE g gauge\n"
            "g 0.5\n"
            "# HELP h H\n"
            "# TYPE h histogram\n"
            "h_bucket{le=\"1e+07\"} 1\n"
            "h_bucket{le=\"+Inf\"} 1\n"
            "h_sum 3\n"
            "h_count 1\n");
  registry.reset();
  EXPECT_EQ(metrics.serialize(), "");
}

// Gives what a registry never gives: other types, a histogram without its last bucket.
class OddCollectable final : public prometheus::Collectable {
 public:
  std::vector<prometheus::MetricFamily> Collect() const override {
    prometheus::ClientMetric summary;
    summary.summary.quantile = {{0.5, 1.5}, {0.9, 2}};
    summary.summary.sample_sum = 10;
    summary.summary.sample_count = 4;
    prometheus::ClientMetric untyped;
    untyped.untyped.value = 3;
    prometheus::ClientMetric histogram;
    histogram.histogram.sample_count = 5;
    return {{"s", "", prometheus::MetricType::Summary, {summary}},
            {"u", "", prometheus::MetricType::Untyped, {untyped}},
            {"h", "", prometheus::MetricType::Histogram, {histogram}}};
  }
};

class ThrowingCollectable final : public prometheus::Collectable {
 public:
  std::vector<prometheus::MetricFamily> Collect() const override {
    throw std::runtime_error("broken");
  }
};

TEST(Metrics, shows_every_type_that_prometheus_knows) {
  Metrics metrics;
  const auto odd = std::make_shared<OddCollectable>();
  metrics.add_collectable(odd);
  EXPECT_EQ(metrics.serialize(),
            "# HELP h \n# TYPE h histogram\nh_bucket{le=\"+Inf\"} 5\nh_sum 0\nh_count 5\n"
            "# HELP s \n# TYPE s summary\n"
            "s{quantile=\"0.5\"} 1.5\ns{quantile=\"0.9\"} 2\ns_sum 10\ns_count 4\n"
            "# HELP u \n# TYPE u untyped\nu 3\n");
}

TEST(Metrics, a_collectable_that_throws_does_not_cost_the_others) {
  Metrics metrics;
  const auto throwing = std::make_shared<ThrowingCollectable>();
  metrics.add_collectable(throwing);
  metrics.counter("a_total", "");
  EXPECT_NE(metrics.serialize().find("a_total 0\n"), std::string::npos);
}

TEST(Metrics, its_own_values_are_read_without_collectors) {
  Metrics metrics;
  metrics.counter("b_total", "help", {{"x", "y"}}).increment();
  metrics.gauge("a", "");
  int calls = 0;
  metrics.add_collector([&calls](std::vector<MetricFamily>&) { ++calls; });
  EXPECT_EQ(metrics.serialize_own(),
            "# HELP a \n# TYPE a gauge\na 0\n"
            "# HELP b_total help\n# TYPE b_total counter\nb_total{x=\"y\"} 1\n");
  EXPECT_EQ(calls, 0);
  EXPECT_EQ(metrics.serialize(), metrics.serialize_own());
  EXPECT_EQ(calls, 1);
}

TEST(Metrics, counts_exactly_from_several_threads_while_scraped) {
  Metrics metrics;
  const auto count = [&] {
    for (int i = 0; i < 5000; ++i) {
      metrics.counter("a_total", "").increment();
      metrics.histogram("h", "", {1}).observe(1);
    }
  };
  std::thread one(count);
  std::thread two(count);
  for (int i = 0; i < 20; ++i)
    EXPECT_NE(metrics.serialize(), "x");
  one.join();
  two.join();
  EXPECT_EQ(metrics.counter("a_total", "").value(), 10000);
  EXPECT_EQ(metrics.histogram("h", "", {}).sample().buckets.at(0).second, 10000U);
}

TEST(MetricsDeathTest, one_name_with_two_types_is_a_bug) {
  ::testing::FLAGS_gtest_death_test_style = "threadsafe";
  Metrics metrics;
  metrics.counter("a_total", "");
  EXPECT_DEATH(metrics.gauge("a_total", ""), "broken invariant");
}

TEST(MetricHistogramDeathTest, bounds_rise) {
  ::testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_DEATH(MetricHistogram({2, 1}), "broken invariant");
}

}  // namespace
}  // namespace tailrace
