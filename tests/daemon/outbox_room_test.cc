// What the outboxes may take of disk and memory.
#include "daemon/outbox_room.h"

#include <gtest/gtest.h>

#include "tests/fakes/fake_clock.h"
#include "tests/fakes/memory_file_system.h"

namespace tailrace::daemon {
namespace {

constexpr std::uint64_t kRoomMiB = 1U << 20U;

class OutboxRoomTest : public ::testing::Test {
 protected:
  OutboxRoom find(std::uint64_t clients = 1, std::uint64_t memory = 0) {
    return find_outbox_room(files_, {.directory = "/state/positions.yaml.outbox",
                                     .clients = clients,
                                     .workers = 2,
                                     .memory_limit_bytes = memory});
  }
  tailrace::testing::FakeClock clock_;
  tailrace::testing::MemoryFileSystem files_{clock_};
};

TEST_F(OutboxRoomTest, is_half_of_what_is_free_in_equal_parts) {
  files_.set_capacity(100 * kRoomMiB);
  EXPECT_EQ(find().share_max, 50 * kRoomMiB);  // No directory yet.
  EXPECT_EQ(find(5).share_max, 10 * kRoomMiB);
  EXPECT_FALSE(find().in_memory);
}

TEST_F(OutboxRoomTest, counts_what_the_outboxes_have_already) {
  files_.set_capacity(100 * kRoomMiB);
  files_.append("/state/positions.yaml.outbox/1/0.seg", std::string(20 * kRoomMiB, 'x'));
  EXPECT_EQ(find().share_max, 50 * kRoomMiB);
  files_.append("/other", std::string(20 * kRoomMiB, 'x'));
  EXPECT_EQ(find().share_max, 40 * kRoomMiB);
}

TEST_F(OutboxRoomTest, leaves_something_to_each_worker_on_a_full_disk) {
  files_.set_capacity(0);
  EXPECT_EQ(find().share_max, 2 * kRoomMiB);
}

TEST_F(OutboxRoomTest, is_small_in_memory) {
  files_.set_capacity(1000 * kRoomMiB);
  files_.become_memory_backed();
  EXPECT_TRUE(find().in_memory);
  EXPECT_EQ(find().share_max, 16 * kRoomMiB);
  EXPECT_EQ(find(1, 64 * kRoomMiB).share_max, 8 * kRoomMiB);
  EXPECT_EQ(find(2, 64 * kRoomMiB).share_max, 4 * kRoomMiB);
}

TEST_F(OutboxRoomTest, without_a_directory_there_is_no_cap) {
  files_.set_capacity(10);
  EXPECT_EQ(find_outbox_room(files_, {}).share_max, OutboxRoom::kUnlimited);
}

}  // namespace
}  // namespace tailrace::daemon
