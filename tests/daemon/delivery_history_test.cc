// What is remembered of cuts and answers, and for how long.
#include "daemon/delivery_history.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace tailrace::daemon {
namespace {

using positions::CutShare;
using positions::LaneKey;

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kMinute = 60 * kSecond;
const LaneKey kLane{"client", "tenant"};

CutRecord cut(std::uint64_t number, std::int64_t time_ns, std::uint32_t entries,
              std::size_t ranges = 1) {
  CutRecord record;
  record.cut = number;
  record.time_ns = time_ns;
  record.ranges.resize(ranges);
  if (entries > 0) {
    CutLane& lane = record.lanes.emplace_back();
    lane.client = kLane.client;
    lane.tenant = kLane.tenant;
    lane.entries = entries;
  }
  return record;
}

TEST(DeliveryHistory, an_answer_is_divided_among_the_cuts_it_is_about) {
  DeliveryHistory history(0, {});
  history.add(cut(1, kSecond, 3));
  history.add(cut(2, 2 * kSecond, 5));
  const std::vector<CutShare> shares{{1, 3}, {2, 2}};
  history.answered(kLane, shares, {}, 3 * kSecond);
  EXPECT_EQ(history.records()[0].lanes[0].accepted, 3U);
  EXPECT_EQ(history.records()[0].lanes[0].answered_ns, 3 * kSecond);
  EXPECT_EQ(history.records()[1].lanes[0].accepted, 2U);
  EXPECT_EQ(history.records()[1].lanes[0].pending(), 3U);
  const std::vector<CutShare> rest{{2, 1}};
  history.answered(kLane, rest, {.accepted = false, .reason = "bad", .status = 400, .words = "no"},
                   4 * kSecond);
  const CutLane& lane = history.records()[1].lanes[0];
  EXPECT_EQ(lane.refused, 1U);
  EXPECT_EQ(lane.pending(), 2U);
  EXPECT_EQ(lane.reason, "bad");
  EXPECT_EQ(lane.status, 400);
  EXPECT_EQ(lane.answer, "no");
}

TEST(DeliveryHistory, other_lanes_and_cuts_that_are_not_known_are_left_alone) {
  DeliveryHistory history(0, {});
  history.add(cut(5, kSecond, 3));
  const std::vector<CutShare> shares{{4, 3}, {6, 3}, {0, 3}};
  history.answered(kLane, shares, {}, kSecond);
  const std::vector<CutShare> known{{5, 3}};
  history.answered({"client", "other"}, known, {}, kSecond);
  EXPECT_EQ(history.records()[0].lanes[0].pending(), 3U);
}

TEST(DeliveryHistory, a_cut_with_nothing_in_it_is_not_recorded) {
  DeliveryHistory history(0, {});
  history.add(cut(1, kSecond, 0, 0));
  EXPECT_TRUE(history.records().empty());
}

TEST(DeliveryHistory, what_is_answered_goes_after_its_time_and_what_waits_stays) {
  DeliveryHistory history(7, {});
  EXPECT_EQ(history.since_ns(), 7);
  history.add(cut(1, kSecond, 0));
  history.add(cut(2, 2 * kSecond, 3));
  history.add(cut(3, 11 * kMinute, 0));
  ASSERT_EQ(history.records().size(), 2U);
  EXPECT_EQ(history.records()[0].cut, 2U);
  EXPECT_EQ(history.since_ns(), kSecond + 1);
  const std::vector<CutShare> shares{{2, 3}};
  history.answered(kLane, shares, {}, 12 * kMinute);
  ASSERT_EQ(history.records().size(), 1U);
  EXPECT_EQ(history.records()[0].cut, 3U);
}

TEST(DeliveryHistory, its_bytes_are_bounded_whatever_comes) {
  DeliveryHistory history(0, {.bytes_max = 64U << 10U});
  for (std::uint64_t i = 1; i <= 2000; ++i) {
    history.add(cut(i, kSecond, 1));
    const std::vector<CutShare> shares{{i, 1}};
    const std::string words(5000, 'x');
    history.answered(kLane, shares,
                     {.accepted = false, .reason = "bad", .status = 400, .words = words}, kSecond);
    ASSERT_LE(history.bytes(), 64U << 10U);
  }
  EXPECT_EQ(history.records().back().cut, 2000U);
  EXPECT_GT(history.records().size(), 10U);
  EXPECT_EQ(history.records().back().lanes[0].answer.size(), 1000U);
  history.add(cut(2001, kSecond, 1, 100'000));
  EXPECT_FALSE(history.records().back().complete);
  EXPECT_LE(history.bytes(), 64U << 10U);
  EXPECT_GT(history.records().back().ranges.size(), 10U);
}

TEST(DeliveryHistory, a_client_is_renamed_or_given_up) {
  DeliveryHistory history(0, {});
  history.add(cut(1, kSecond, 3));
  history.rename_client("client", "a longer name");
  EXPECT_EQ(history.records()[0].lanes[0].client, "a longer name");
  const std::size_t bytes = history.bytes();
  history.give_up("client", "gone", kSecond);
  EXPECT_EQ(history.records()[0].lanes[0].pending(), 3U);
  history.give_up("a longer name", "gone", 2 * kSecond);
  EXPECT_EQ(history.records()[0].lanes[0].refused, 3U);
  EXPECT_EQ(history.records()[0].lanes[0].reason, "gone");
  EXPECT_EQ(history.bytes(), bytes + 4);
}

}  // namespace
}  // namespace tailrace::daemon
