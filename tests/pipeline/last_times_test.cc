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

  LabelSetTable table_;
  LastTimes times_{3};
};

TEST_F(LastTimesTest, each_next_is_one_nanosecond_on) {
  EXPECT_EQ(times_.next(labels("a")), std::nullopt);
  times_.set(labels("a"), 100);
  EXPECT_EQ(times_.next(labels("a")), 101);
  EXPECT_EQ(times_.next(labels("a")), 102);
  times_.set(labels("a"), 50);
  EXPECT_EQ(times_.next(labels("a")), 51);
  EXPECT_EQ(times_.next(labels("b")), std::nullopt);
}

TEST_F(LastTimesTest, forgets_the_one_unused_for_longest) {
  times_.set(labels("a"), 1);
  times_.set(labels("b"), 2);
  times_.set(labels("c"), 3);
  times_.next(labels("a"));
  times_.set(labels("d"), 4);
  EXPECT_EQ(times_.next(labels("b")), std::nullopt);
  EXPECT_FALSE(labels("b").pinned());
  times_.set(labels("e"), 5);
  EXPECT_EQ(times_.next(labels("c")), std::nullopt);
  EXPECT_EQ(times_.next(labels("a")), 3);
  EXPECT_EQ(times_.next(labels("d")), 5);
  EXPECT_EQ(times_.next(labels("e")), 6);
  times_.set(labels("f"), 6);  // The oldest of the list, the middle and the newest were touched.
  EXPECT_EQ(times_.next(labels("a")), std::nullopt);
}

TEST_F(LastTimesTest, keeps_its_label_sets_over_sweeps_and_lets_them_go) {
  {
    LastTimes times;
    times.set(labels("a"), 1);
    labels("b");
    table_.sweep();
    table_.sweep();
    EXPECT_EQ(table_.size(), 1U);
    EXPECT_EQ(times.next(labels("a")), 2);
  }
  EXPECT_FALSE(labels("a").pinned());
}

}  // namespace
}  // namespace tailrace::pipeline
