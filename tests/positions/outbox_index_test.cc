// Lanes and their bookkeeping.
#include "positions/outbox_index.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace tailrace::positions {
namespace {

FragmentRef ref(std::uint64_t cut, std::uint32_t entries = 1, std::uint64_t line_bytes = 10) {
  FragmentRef made;
  made.cut = cut;
  made.entries = entries;
  made.line_bytes = line_bytes;
  made.size = 100;
  return made;
}

FragmentRef found(std::uint64_t sequence, std::uint64_t segment, std::uint32_t entries = 5) {
  FragmentRef made = ref(0, entries);
  made.sequence = sequence;
  made.segment = segment;
  return made;
}

std::vector<std::uint64_t> sequences(const Lane& lane) {
  std::vector<std::uint64_t> numbers;
  for (const FragmentRef& one : lane.fragments)
    numbers.push_back(one.sequence);
  return numbers;
}

using Numbers = std::vector<std::uint64_t>;

class OutboxIndexTest : public ::testing::Test {
 protected:
  OutboxIndex index_;
  const LaneId lane_ = index_.lane_id({"client", "tenant"});
};

TEST_F(OutboxIndexTest, gives_one_id_per_lane) {
  EXPECT_EQ(index_.lane_id({"client", "tenant"}), lane_);
  EXPECT_NE(index_.lane_id({"client", "other"}), lane_);
  EXPECT_EQ(index_.size(), 2U);
}

TEST_F(OutboxIndexTest, states_gaps_behind_the_first_fragment) {
  for (std::uint64_t cut = 1; cut <= 8; ++cut)
    index_.push(lane_, ref(cut));
  index_.erase(lane_, 3, 1);
  index_.erase(lane_, 3, 1);
  index_.erase(lane_, 1, 1);
  EXPECT_EQ(index_.lane(lane_).record().dropped, (std::vector<SequenceRange>{{1, 2}, {3, 5}}));
  index_.erase(lane_, 0, 1);
  EXPECT_EQ(index_.lane(lane_).record().first_undone, 2U);
  EXPECT_EQ(index_.lane(lane_).record().dropped, (std::vector<SequenceRange>{{3, 5}}));
  index_.erase(lane_, 0, 4);
  const LaneRecord record = index_.lane(lane_).record();
  EXPECT_EQ(record.first_undone, 8U);
  EXPECT_EQ(record.next, 8U);
  EXPECT_TRUE(record.dropped.empty());
}

TEST_F(OutboxIndexTest, sorts_what_is_found_on_disk_by_number) {
  index_.restore(lane_, found(7, 1));
  index_.restore(lane_, found(9, 1));
  index_.restore(lane_, found(5, 2));
  index_.restore(lane_, found(7, 2));  // Copied forward.
  EXPECT_EQ(sequences(index_.lane(lane_)), (Numbers{5, 7, 9}));
  EXPECT_EQ(index_.use(1).fragments, 1U);
  EXPECT_EQ(index_.use(2).fragments, 2U);
  EXPECT_EQ(index_.use(2).bytes, 200U);
  EXPECT_EQ(index_.lane(lane_).next_sequence, 10U);
  EXPECT_EQ(index_.lane(lane_).pending_line_bytes, 30U);
}

TEST_F(OutboxIndexTest, applies_what_records_say_of_a_lane) {
  for (std::uint64_t n = 3; n < 9; ++n)
    index_.restore(lane_, found(n, 1));
  index_.finish_restoring(
      {{lane_,
        {.key = {}, .next = 20, .first_undone = 5, .done_entries = 2, .dropped = {{6, 8}}}}});
  EXPECT_EQ(sequences(index_.lane(lane_)), (Numbers{5, 8}));
  EXPECT_EQ(index_.lane(lane_).fragments.front().done_entries, 2U);
  EXPECT_EQ(index_.lane(lane_).next_sequence, 20U);
  EXPECT_EQ(index_.use(1).fragments, 2U);
  EXPECT_EQ(index_.fragments(), 2U);
  EXPECT_EQ(index_.lane(lane_).record().dropped, (std::vector<SequenceRange>{{6, 8}}));
}

TEST_F(OutboxIndexTest, does_not_count_answers_of_a_fragment_that_is_missing) {
  index_.restore(lane_, found(6, 1));
  index_.restore_lane(lane_, {.key = {}, .first_undone = 5, .done_entries = 2, .dropped = {}});
  EXPECT_EQ(index_.lane(lane_).fragments.front().done_entries, 0U);
}

TEST_F(OutboxIndexTest, never_reuses_numbers_that_were_answered) {
  index_.restore_lane(lane_, {.key = {}, .next = 3, .first_undone = 9, .dropped = {}});
  EXPECT_EQ(index_.push(lane_, ref(1)).sequence, 9U);
}

TEST_F(OutboxIndexTest, answers_entries_in_order_and_keeps_fragments_until_the_request_is_over) {
  index_.push(lane_, ref(1, 3));
  index_.push(lane_, ref(2, 2));
  index_.push(lane_, ref(3, 2));
  index_.lane(lane_).request_fragments = 2;
  index_.lane(lane_).pending_line_bytes = 10;
  EXPECT_FALSE(index_.answer(lane_, 4));
  EXPECT_EQ(index_.lane(lane_).fragments.size(), 3U);
  EXPECT_EQ(index_.lane(lane_).record().first_undone, 1U);
  EXPECT_EQ(index_.lane(lane_).record().done_entries, 1U);
  EXPECT_EQ(index_.oldest_undone_cut(), 2U);
  EXPECT_TRUE(index_.answer(lane_, 1));
  index_.end_request(lane_);
  EXPECT_EQ(sequences(index_.lane(lane_)), Numbers{2});
  EXPECT_EQ(index_.lane(lane_).pending_line_bytes, 10U);
  EXPECT_FALSE(index_.lane(lane_).in_flight());
}

TEST_F(OutboxIndexTest, aborts_when_more_is_answered_than_was_asked) {
  index_.push(lane_, ref(1, 3));
  index_.lane(lane_).request_fragments = 1;
  EXPECT_DEATH(index_.answer(lane_, 4), "answered_fragments");
}

TEST_F(OutboxIndexTest, counts_bytes_in_memory_and_per_client) {
  FragmentRef& one = index_.push(lane_, ref(1));
  const std::uint64_t share = 100 + OutboxIndex::kFragmentOverheadBytes;
  EXPECT_EQ(index_.client_bytes("client"), share);
  EXPECT_EQ(index_.client_bytes("nobody"), 0U);
  EXPECT_EQ(index_.bytes_in_memory(), 0U);
  index_.keep_bytes(one, std::string(100, 'x'));
  EXPECT_EQ(index_.bytes_in_memory(), 100U);
  EXPECT_GT(index_.memory_bytes(), 100U);
  index_.forget_bytes(one);
  index_.forget_bytes(one);
  EXPECT_EQ(index_.bytes_in_memory(), 0U);
  index_.keep_bytes(one, std::string(100, 'x'));
  index_.erase(lane_, 0, 1);
  EXPECT_EQ(index_.bytes_in_memory(), 0U);
  EXPECT_EQ(index_.client_bytes("client"), 0U);
}

TEST_F(OutboxIndexTest, knows_who_uses_a_segment) {
  FragmentRef& one = index_.push(lane_, ref(1));
  index_.place(one, 4, 50, 9);
  EXPECT_EQ(one.offset, 50U);
  EXPECT_EQ(one.checksum, 9U);
  EXPECT_EQ(index_.use(4).bytes, 100U);
  index_.place(one, 5, 60, 9);
  EXPECT_EQ(index_.use(4).fragments, 0U);
  EXPECT_EQ(index_.use(5).fragments, 1U);
  index_.unplace(one);
  EXPECT_EQ(one.segment, 0U);
  EXPECT_EQ(index_.use(5).fragments, 0U);
}

TEST_F(OutboxIndexTest, finds_the_oldest_cut_over_all_lanes) {
  EXPECT_EQ(index_.oldest_undone_cut(), UINT64_MAX);
  index_.push(lane_, ref(5));
  index_.push(index_.lane_id({"b", ""}), ref(3));
  EXPECT_EQ(index_.oldest_undone_cut(), 3U);
}

}  // namespace
}  // namespace tailrace::positions
