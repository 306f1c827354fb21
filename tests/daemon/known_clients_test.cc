// The list of clients survives, whole or not at all.
#include "daemon/known_clients.h"

#include <cerrno>

#include <gtest/gtest.h>

#include "tests/fakes/fake_clock.h"
#include "tests/fakes/memory_file_system.h"

namespace tailrace::daemon {
namespace {

using tailrace::testing::FakeClock;
using tailrace::testing::MemoryFileSystem;
using tailrace::testing::Operation;
using Keys = std::vector<std::string>;

class KnownClients : public ::testing::Test {
 protected:
  KnownClients() {
    EXPECT_TRUE(files_.make_directories("/outbox"));
    files_.sync_all();
  }
  Keys load() { return load_known_clients(files_, "/outbox"); }
  Status save(const Keys& keys) { return save_known_clients(files_, "/outbox", keys); }

  FakeClock clock_;
  MemoryFileSystem files_{clock_};
};

TEST_F(KnownClients, none_are_known_at_first) {
  EXPECT_EQ(load(), Keys{});
}

TEST_F(KnownClients, come_back_in_their_order) {
  const Keys keys = {"http://b/push user=u tenant=t", "a", "http://b/push#2"};
  ASSERT_TRUE(save(keys));
  EXPECT_EQ(load(), keys);
  ASSERT_TRUE(save({}));
  EXPECT_EQ(load(), Keys{});
}

TEST_F(KnownClients, survive_a_power_loss_once_saved) {
  ASSERT_TRUE(save({"a"}));
  files_.crash();
  EXPECT_EQ(load(), Keys{"a"});
}

TEST_F(KnownClients, a_save_that_fails_leaves_the_old_list) {
  ASSERT_TRUE(save({"old"}));
  for (const Operation operation :
       {Operation::kOpen, Operation::kWrite, Operation::kSync, Operation::kRename}) {
    files_.fail_on(operation, "", EIO, 1);
    const Status saved = save({"new"});
    ASSERT_FALSE(saved);
    EXPECT_EQ(saved.error().code, EIO);
    files_.clear_failures();
    EXPECT_EQ(load(), Keys{"old"});
    files_.crash();
    EXPECT_EQ(load(), Keys{"old"});
  }
  files_.fail_on(Operation::kSyncDirectory, "", EIO, 1);
  EXPECT_FALSE(save({"new"}));
}

TEST_F(KnownClients, a_torn_last_key_is_no_key) {
  files_.append("/outbox/clients", "whole\ntor");
  EXPECT_EQ(load(), Keys{"whole"});
}

TEST_F(KnownClients, a_list_that_cannot_be_read_is_empty) {
  ASSERT_TRUE(save({"a"}));
  files_.fail_on(Operation::kRead, "", EIO, 1);
  EXPECT_EQ(load(), Keys{});
}

TEST_F(KnownClients, a_list_is_read_whole_however_little_a_read_gives) {
  const Keys keys = {"first client", "second client"};
  ASSERT_TRUE(save(keys));
  files_.limit_reads_to(5);
  EXPECT_EQ(load(), keys);
}

TEST_F(KnownClients, without_a_directory_nothing_is_kept) {
  EXPECT_TRUE(save_known_clients(files_, "", Keys{"a"}));
  EXPECT_EQ(load_known_clients(files_, ""), Keys{});
}

}  // namespace
}  // namespace tailrace::daemon
