// Tests of token buckets.
#include "pipeline/rate_limit.h"

#include <chrono>

#include <gtest/gtest.h>

namespace tailrace::pipeline {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(TokenBucket, begins_full_and_refills_at_its_rate) {
  const SteadyTime start{};
  TokenBucket bucket(2, 3, start);
  for (int i = 0; i < 3; ++i)
    EXPECT_TRUE(bucket.try_take(start));
  EXPECT_FALSE(bucket.try_take(start));
  EXPECT_FALSE(bucket.try_take(start + milliseconds(499)));
  EXPECT_TRUE(bucket.try_take(start + milliseconds(500)));
  EXPECT_FALSE(bucket.try_take(start + milliseconds(500)));
}

TEST(TokenBucket, never_holds_more_than_its_burst) {
  const SteadyTime start{};
  TokenBucket bucket(1000, 2, start);
  const SteadyTime later = start + seconds(100);
  EXPECT_TRUE(bucket.try_take(later));
  EXPECT_TRUE(bucket.try_take(later));
  EXPECT_FALSE(bucket.try_take(later));
}

TEST(TokenBucket, says_when_the_next_token_is_there) {
  const SteadyTime start = SteadyTime{} + seconds(7);
  TokenBucket bucket(1, 2, start);
  EXPECT_LE(bucket.take(start), start);
  const auto near = [](SteadyTime time, SteadyTime expected) {
    return time > expected - milliseconds(1) && time < expected + milliseconds(1);
  };
  EXPECT_TRUE(near(bucket.take(start), start + seconds(1)));
  EXPECT_TRUE(near(bucket.take(start), start + seconds(2)));  // On credit.
}

config::LimitStageConfig by_label(std::int64_t labels_max) {
  config::LimitStageConfig config;
  config.rate = 1;
  config.burst = 1;
  config.by_label = "ns";
  config.distinct_labels_max = labels_max;
  return config;
}

TEST(RateLimit, each_value_has_its_own_bucket) {
  const SteadyTime now{};
  RateLimit limit(by_label(10), now);
  EXPECT_TRUE(limit.bucket_of("a", now)->try_take(now));
  EXPECT_FALSE(limit.bucket_of("a", now)->try_take(now));
  EXPECT_TRUE(limit.bucket_of("b", now)->try_take(now));
}

TEST(RateLimit, forgets_values_that_were_not_seen_for_two_generations) {
  const SteadyTime now{};
  RateLimit limit(by_label(2), now);
  EXPECT_TRUE(limit.bucket_of("a", now)->try_take(now));
  const std::uint64_t generation = limit.generation();
  limit.count_dropped("a", 1);
  limit.bucket_of("b", now);
  limit.bucket_of("c", now);  // a and b become old.
  EXPECT_NE(limit.generation(), generation);
  std::vector<MetricFamily> families;
  limit.collect(families);
  EXPECT_TRUE(families.empty());
  limit.bucket_of("d", now);
  limit.bucket_of("e", now);  // a and b are forgotten.
  EXPECT_TRUE(limit.bucket_of("a", now)->try_take(now));
}

TEST(RateLimit, counts_what_was_dropped_by_value) {
  RateLimit limit(by_label(2), {});
  limit.count_dropped("a", 2);
  limit.count_dropped("a", 3);
  std::vector<MetricFamily> families;
  limit.collect(families);
  ASSERT_EQ(families.size(), 1U);
  EXPECT_EQ(families[0].name, "logentry_dropped_lines_by_label_total");
  ASSERT_EQ(families[0].samples.size(), 1U);
  EXPECT_EQ(families[0].samples[0].labels,
            (MetricLabels{{"label_name", "ns"}, {"label_value", "a"}}));
  EXPECT_EQ(families[0].samples[0].value, 5);
}

}  // namespace
}  // namespace tailrace::pipeline
