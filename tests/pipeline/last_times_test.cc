// Tests of the last timestamps per label set.
#include "pipeline/stages/last_times.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace tailrace::pipeline {
namespace {

class LastTimesTest : public ::testing::Test {
 protected:
  const LabelSet& labels(const std::string& value) {
    return table_.intern(std::vector<LabelPair>{{"l", value}});
  }

  static Timestamp at(std::int64_t ns) { return Timestamp::of_ns(ns); }

  LabelSetTable table_;
  LastTimes times_{3};
};

TEST_F(LastTimesTest, each_next_is_one_nanosecond_on) {
  EXPECT_EQ(times_.next(labels("a")), std::nullopt);
  times_.set(labels("a"), at(100));
  EXPECT_EQ(times_.next(labels("a")), at(101));
  EXPECT_EQ(times_.next(labels("a")), at(102));
  times_.set(labels("a"), at(50));
  EXPECT_EQ(times_.next(labels("a")), at(51));
  EXPECT_EQ(times_.next(labels("b")), std::nullopt);
}

TEST_F(LastTimesTest, a_time_that_was_parsed_is_settled_and_one_that_was_not_is_fudged) {
  EXPECT_EQ(times_.settle(labels("a"), std::nullopt), std::nullopt);
  EXPECT_EQ(times_.settle(labels("a"), at(9)), at(9));
  EXPECT_EQ(times_.settle(labels("a"), std::nullopt), at(10));
}

TEST_F(LastTimesTest, forgets_the_one_unused_for_longest) {
  times_.set(labels("a"), at(1));
  times_.set(labels("b"), at(2));
  times_.set(labels("c"), at(3));
  times_.next(labels("a"));
  times_.set(labels("d"), at(4));
  EXPECT_EQ(times_.next(labels("b")), std::nullopt);
  EXPECT_FALSE(labels("b").pinned());
  times_.set(labels("e"), at(5));
  EXPECT_EQ(times_.next(labels("c")), std::nullopt);
  EXPECT_EQ(times_.next(labels("a")), at(3));
  EXPECT_EQ(times_.next(labels("d")), at(5));
  EXPECT_EQ(times_.next(labels("e")), at(6));
  times_.set(labels("f"),
             at(6));  // The oldest of the list, the middle and the newest were touched.
  EXPECT_EQ(times_.next(labels("a")), std::nullopt);
}

TEST_F(LastTimesTest, keeps_its_label_sets_over_sweeps_and_lets_them_go) {
  {
    LastTimes times;
    times.set(labels("a"), at(1));
    labels("b");
    table_.sweep();
    table_.sweep();
    EXPECT_EQ(table_.size(), 1U);
    EXPECT_EQ(times.next(labels("a")), at(2));
  }
  EXPECT_FALSE(labels("a").pinned());
}

}  // namespace
}  // namespace tailrace::pipeline
