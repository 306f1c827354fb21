// Syncing before removing, and again after a failure.
#include "positions/segment_syncer.h"

#include <cerrno>
#include <thread>

#include <gtest/gtest.h>

#include "tests/positions/outbox_fixture.h"

namespace tailrace::positions::testing {
namespace {

class SegmentSyncerTest : public ::testing::Test {
 protected:
  SegmentSyncerTest() { EXPECT_TRUE(files_.make_directories("/a/b")); }
  std::string path(std::uint64_t number) { return segment_path("/a/b", number); }
  void write(std::uint64_t number, std::string_view text) {
    auto file = files_.open(path(number), OpenMode::kReadWrite);
    ASSERT_TRUE(file);
    ASSERT_TRUE((*file)->write_at(0, std::vector<std::string_view>{text}));
  }

  FakeClock clock_;
  MemoryFileSystem files_{clock_};
  SegmentSyncer syncer_{files_, "/a/b"};
};

TEST_F(SegmentSyncerTest, names_segments_by_sixteen_digits) {
  EXPECT_EQ(segment_path("/d", 12), "/d/0000000000000012.seg");
}

TEST_F(SegmentSyncerTest, makes_new_segments_and_their_folders_durable) {
  write(1, "text");
  syncer_.note_created(1);
  ASSERT_TRUE(syncer_.sync());
  files_.crash();
  EXPECT_EQ(files_.content(path(1)), "text");
}

TEST_F(SegmentSyncerTest, makes_later_writes_durable) {
  write(1, "text");
  syncer_.note_created(1);
  ASSERT_TRUE(syncer_.sync());
  write(1, "more");
  syncer_.note_written(1);
  ASSERT_TRUE(syncer_.sync());
  write(1, "lost");
  files_.crash();
  EXPECT_EQ(files_.content(path(1)), "more");
}

TEST_F(SegmentSyncerTest, removes_condemned_segments_only_after_everything_is_durable) {
  write(1, "old");
  write(2, "new");
  syncer_.note_created(2);
  syncer_.condemn(1);
  files_.fail_on(Operation::kSync, path(2), EIO, 1);
  const Status failed = syncer_.sync();
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, EIO);
  EXPECT_TRUE(syncer_.take_failed());
  EXPECT_FALSE(syncer_.take_failed());
  EXPECT_TRUE(files_.content(path(1)));
  EXPECT_TRUE(syncer_.take_removed().empty());
  ASSERT_TRUE(syncer_.sync());
  EXPECT_FALSE(syncer_.take_failed());
  EXPECT_FALSE(files_.content(path(1)));
  EXPECT_EQ(syncer_.take_removed(), std::vector<std::uint64_t>{1});
  EXPECT_TRUE(syncer_.take_removed().empty());
}

TEST_F(SegmentSyncerTest, tries_the_directory_again) {
  write(1, "text");
  syncer_.note_created(1);
  files_.fail_on(Operation::kSyncDirectory, "/a/b", EIO, 1);
  EXPECT_FALSE(syncer_.sync());
  ASSERT_TRUE(syncer_.sync());
  files_.crash();
  EXPECT_EQ(files_.content(path(1)), "text");
}

TEST_F(SegmentSyncerTest, tries_to_remove_again_and_takes_a_missing_file_for_removed) {
  write(2, "text");
  syncer_.condemn(1);
  syncer_.condemn(2);
  files_.fail_on(Operation::kRemove, path(2), EACCES, 1);
  EXPECT_FALSE(syncer_.sync());
  EXPECT_EQ(syncer_.take_removed(), std::vector<std::uint64_t>{1});
  EXPECT_TRUE(syncer_.sync());
  EXPECT_EQ(syncer_.take_removed(), std::vector<std::uint64_t>{2});
}

TEST_F(SegmentSyncerTest, does_not_sync_what_is_condemned) {
  write(1, "text");
  syncer_.note_created(1);
  syncer_.condemn(1);
  files_.fail_on(Operation::kSync, path(1), EIO);
  EXPECT_TRUE(syncer_.sync());
}

TEST_F(SegmentSyncerTest, may_be_used_from_two_threads) {
  std::thread disk([this] {
    for (int i = 0; i < 200; ++i)
      static_cast<void>(syncer_.sync());
  });
  for (std::uint64_t number = 1; number <= 100; ++number) {
    write(number, "text");
    syncer_.note_created(number);
    syncer_.condemn(number);
  }
  disk.join();
  ASSERT_TRUE(syncer_.sync());
  EXPECT_EQ(syncer_.take_removed().size(), 100U);
}

}  // namespace
}  // namespace tailrace::positions::testing
