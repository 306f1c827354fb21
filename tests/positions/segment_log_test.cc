// Appending, rolling, failing and reading back.
#include "positions/segment_log.h"

#include <cerrno>

#include <gtest/gtest.h>

#include "tests/positions/outbox_fixture.h"

namespace tailrace::positions::testing {
namespace {

using Parts = std::vector<std::string_view>;
constexpr auto kOrdinary = SegmentLog::Priority::kOrdinary;
constexpr auto kReserved = SegmentLog::Priority::kReserved;

class SegmentLogTest : public ::testing::Test {
 protected:
  std::string content(std::uint64_t number) {
    return files_.content(segment_path("/d", number)).value_or("missing");
  }
  void begin() { ASSERT_TRUE(log_.begin({}, Parts{"first"})); }

  FakeClock clock_;
  MemoryFileSystem files_{clock_};
  SegmentLog log_{files_, "/d"};
};

TEST(SegmentNumber, is_read_from_names_of_segments_only) {
  EXPECT_EQ(segment_number("0000000000000012.seg"), 12U);
  EXPECT_EQ(segment_number("0000000000000000.seg"), std::nullopt);
  EXPECT_EQ(segment_number("000000000000001x.seg"), std::nullopt);
  EXPECT_EQ(segment_number("12.seg"), std::nullopt);
  EXPECT_EQ(segment_number("0000000000000012.sog"), std::nullopt);
  EXPECT_EQ(segment_number("aside-0000000000000012-1.seg"), std::nullopt);
}

TEST_F(SegmentLogTest, begins_with_a_header_and_appends_behind) {
  begin();
  EXPECT_TRUE(log_.has_current());
  EXPECT_EQ(log_.current_growth(), 0U);
  const auto place = log_.append(Parts{"sec", "ond"}, kOrdinary);
  ASSERT_TRUE(place);
  EXPECT_EQ(place->segment, 1U);
  EXPECT_EQ(place->offset, kSegmentHeaderBytes + 5);
  EXPECT_EQ(log_.current_growth(), 6U);
  EXPECT_EQ(content(1).substr(kSegmentHeaderBytes), "firstsecond");
  EXPECT_EQ(log_.disk_bytes(), kSegmentHeaderBytes + 11);
  EXPECT_EQ(*log_.read(1, place->offset, 6), "second");
}

TEST_F(SegmentLogTest, numbers_segments_behind_those_that_are_there) {
  files_.append("/d/0000000000000041.seg", "old");
  log_.add_existing(41, 3);
  begin();
  EXPECT_EQ(log_.current(), 42U);
  EXPECT_EQ(log_.oldest(), 41U);
  EXPECT_EQ(*log_.read(41, 1, 2), "ld");
  EXPECT_EQ(log_.read(41, 1, 3).error().code, Error::kCorrupt);
}

TEST_F(SegmentLogTest, never_writes_over_segments_that_nobody_told_it_of) {
  files_.append("/d/0000000000000007.seg", "from a directory that came late");
  begin();
  EXPECT_EQ(log_.current(), 8U);
  EXPECT_EQ(content(7), "from a directory that came late");
  EXPECT_EQ(decode_segment_header(content(8))->number, 8U);
}

TEST_F(SegmentLogTest, gives_reserved_room_back_for_the_next_segment_on_a_full_disk) {
  begin();
  ASSERT_TRUE(log_.append(Parts{std::string_view("second")}, kOrdinary));
  const std::string large(100'000, 'l');
  ASSERT_TRUE(log_.append(Parts{large}, kOrdinary));  // Reserves a step in advance.
  files_.set_capacity(500'000);
  EXPECT_TRUE(log_.begin({}, Parts{large}));
  EXPECT_LE(files_.stat(segment_path("/d", 1))->blocks * 512, 110'000U);
}

TEST_F(SegmentLogTest, gives_reserved_room_back_at_the_end) {
  {
    SegmentLog short_lived(files_, "/e");
    ASSERT_TRUE(short_lived.begin({}, Parts{"first"}));
  }
  EXPECT_LE(files_.stat(segment_path("/e", 1))->blocks * 512, 8192U);
}

TEST_F(SegmentLogTest, holds_the_lock_of_its_directory) {
  ASSERT_TRUE(log_.prepare());
  ASSERT_TRUE(log_.prepare());
  SegmentLog second(files_, "/d");
  EXPECT_EQ(second.prepare().error().code, EWOULDBLOCK);
  EXPECT_FALSE(second.prepared());
}

TEST_F(SegmentLogTest, truncates_a_short_write_away) {
  begin();
  files_.tear_next_write_after(3, EIO);
  EXPECT_FALSE(log_.append(Parts{"second"}, kOrdinary));
  EXPECT_TRUE(log_.has_current());
  EXPECT_EQ(content(1).substr(kSegmentHeaderBytes), "first");
  ASSERT_TRUE(log_.append(Parts{"third"}, kOrdinary));
  EXPECT_EQ(content(1).substr(kSegmentHeaderBytes), "firstthird");
}

TEST_F(SegmentLogTest, leaves_a_segment_whose_short_write_cannot_be_truncated) {
  begin();
  files_.tear_next_write_after(3, EIO);
  files_.fail_on(Operation::kTruncate, "", EIO, 1);
  EXPECT_FALSE(log_.append(Parts{"second"}, kOrdinary));
  EXPECT_FALSE(log_.has_current());
  begin();
  EXPECT_EQ(log_.current(), 2U);
  EXPECT_EQ(content(1).substr(kSegmentHeaderBytes), "firstsec");
}

TEST_F(SegmentLogTest, removes_a_segment_that_could_not_be_begun) {
  begin();
  files_.tear_next_write_after(3, EIO);
  EXPECT_FALSE(log_.begin({}, Parts{"other"}));
  EXPECT_EQ(content(2), "missing");
  EXPECT_EQ(log_.current(), 1U);
  ASSERT_TRUE(log_.append(Parts{"second"}, kOrdinary));
}

TEST_F(SegmentLogTest, keeps_room_for_small_records_on_a_full_disk) {
  begin();
  files_.set_capacity(kSegmentHeaderBytes + 5 + SegmentLog::kReservedBytes);
  const auto refused = log_.append(Parts{"second"}, kOrdinary);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ENOSPC);
  const std::string small(1000, 's');
  for (int i = 0; i < 64; ++i)
    ASSERT_TRUE(log_.append(Parts{small}, kReserved)) << i;
}

TEST_F(SegmentLogTest, reserves_again_what_truncating_gave_back) {
  begin();
  files_.tear_next_write_after(1, EIO);
  EXPECT_FALSE(log_.append(Parts{"second"}, kReserved));
  files_.set_capacity(kSegmentHeaderBytes + 5 + SegmentLog::kReservedBytes);
  EXPECT_TRUE(log_.append(Parts{std::string_view("small")}, kReserved));
}

TEST_F(SegmentLogTest, does_without_reserving_where_that_cannot_be_done) {
  files_.fail_on(Operation::kReserve, "", EOPNOTSUPP);
  begin();
  const std::string large(200'000, 'l');
  EXPECT_TRUE(log_.append(Parts{large}, kOrdinary));
}

TEST_F(SegmentLogTest, takes_the_last_room_when_the_step_does_not_fit) {
  begin();
  const std::string large(100'000, 'l');
  files_.set_capacity(200'000);
  EXPECT_TRUE(log_.append(Parts{large}, kOrdinary));
}

TEST_F(SegmentLogTest, counts_condemned_segments_until_they_are_removed) {
  begin();
  begin();
  const std::uint64_t size = kSegmentHeaderBytes + 5;
  log_.condemn(1);
  log_.condemn(1);
  EXPECT_EQ(log_.segments().size(), 1U);
  EXPECT_EQ(log_.condemned_bytes(), size);
  EXPECT_EQ(log_.disk_bytes(), 2 * size);
  EXPECT_EQ(log_.oldest(), 1U);
  ASSERT_TRUE(log_.sync());
  EXPECT_TRUE(log_.take_news());
  EXPECT_EQ(log_.condemned_bytes(), 0U);
  EXPECT_EQ(log_.disk_bytes(), size);
  EXPECT_EQ(log_.oldest(), 2U);
  EXPECT_EQ(content(1), "missing");
}

TEST_F(SegmentLogTest, tells_once_that_a_sync_failed) {
  begin();
  files_.fail_on(Operation::kSync, "", EIO, 1);
  EXPECT_FALSE(log_.sync());
  EXPECT_FALSE(log_.take_news());
  EXPECT_TRUE(log_.take_news());
}

TEST_F(SegmentLogTest, gives_reserved_room_back_when_it_leaves_a_segment) {
  begin();
  log_.leave_current();
  EXPECT_FALSE(log_.has_current());
  const auto stat = files_.stat(segment_path("/d", 1));
  ASSERT_TRUE(stat);
  EXPECT_LE(stat->blocks * 512, 8192U);
  EXPECT_EQ(stat->size, kSegmentHeaderBytes + 5);
}

TEST_F(SegmentLogTest, condemns_everything_when_told) {
  begin();
  begin();
  log_.condemn_all();
  ASSERT_TRUE(log_.sync());
  EXPECT_EQ(content(1), "missing");
  EXPECT_EQ(content(2), "missing");
  EXPECT_TRUE(log_.segments().empty());
  EXPECT_TRUE(log_.take_news());
  EXPECT_EQ(log_.oldest(), UINT64_MAX);
}

}  // namespace
}  // namespace tailrace::positions::testing
