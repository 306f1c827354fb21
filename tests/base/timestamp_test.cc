// Tests of times over all years that the wire carries.
#include "base/timestamp.h"

#include <limits>

#include <gtest/gtest.h>

namespace tailrace {
namespace {

constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();

TEST(Timestamp, nanoseconds_count_forward_before_1970_too) {
  EXPECT_EQ(Timestamp::of_ns(1'000'000'002), (Timestamp{1, 2}));
  EXPECT_EQ(Timestamp::of_ns(-1), (Timestamp{-1, 999'999'999}));
  EXPECT_EQ(Timestamp::of_ns(-1'000'000'000), (Timestamp{-1, 0}));
  for (const std::int64_t ns : {kMax, std::int64_t{-1}, std::int64_t{0}, kMin + 999'999'999})
    EXPECT_EQ(Timestamp::of_ns(ns).ns(), ns);
}

TEST(Timestamp, reaches_from_year_1_to_year_9999) {
  EXPECT_EQ(Timestamp::of(-62'135'596'800, 0), (Timestamp{-62'135'596'800, 0}));
  EXPECT_FALSE(Timestamp::of(-62'135'596'800, -1));
  EXPECT_EQ(Timestamp::of(253'402'300'799, 999'999'999), (Timestamp{253'402'300'799, 999'999'999}));
  EXPECT_FALSE(Timestamp::of(253'402'300'800, 0));
  EXPECT_EQ(Timestamp::of(253'402'300'800, -1), (Timestamp{253'402'300'799, 999'999'999}));
  EXPECT_EQ(Timestamp::of(-1, -500'000'000), (Timestamp{-2, 500'000'000}));
  EXPECT_FALSE(Timestamp::of(kMin, -1));
}

TEST(Timestamp, what_64_bits_of_nanoseconds_cannot_hold_is_the_nearest) {
  EXPECT_EQ((Timestamp{Timestamp::kSecondsMax, 0}).ns(), kMax);
  EXPECT_EQ((Timestamp{Timestamp::kSecondsMin, 0}).ns(), kMin);
}

TEST(Timestamp, the_next_is_a_nanosecond_later_and_the_last_stays) {
  EXPECT_EQ((Timestamp{5, 999'999'999}).next(), (Timestamp{6, 0}));
  EXPECT_EQ((Timestamp{5, 3}).next(), (Timestamp{5, 4}));
  constexpr Timestamp kLast{Timestamp::kSecondsMax, 999'999'999};
  EXPECT_EQ(kLast.next(), kLast);
  EXPECT_LT((Timestamp{5, 999'999'999}), (Timestamp{6, 0}));
}

}  // namespace
}  // namespace tailrace
