// What only the file system in memory can do: the bytes and names behind its faults.
#include "tests/fakes/memory_file_system.h"

#include <cerrno>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/fakes/fake_clock.h"

namespace tailrace::testing {
namespace {

class MemoryFileSystemTest : public ::testing::Test {
 protected:
  std::unique_ptr<File> open(const std::string& path, OpenMode mode = OpenMode::kReadWrite) {
    return std::move(*fs_.open(path, mode));
  }
  static Status write(File& file, std::uint64_t offset, std::string_view text) {
    const std::string_view parts[] = {text};
    return file.write_at(offset, parts);
  }
  template <typename T>
  static int code(const Result<T>& result) {
    return result ? 0 : result.error().code;
  }

  FakeClock clock_;
  MemoryFileSystem fs_{clock_};
};

TEST_F(MemoryFileSystemTest, other_programs_append_and_overwrite) {
  fs_.append("/var/log/a", "one ");
  fs_.append("/var/log/a", "two");
  const std::uint64_t inode = fs_.stat("/var/log/a")->inode;
  EXPECT_EQ(fs_.content("/var/log/a"), "one two");
  fs_.overwrite("/var/log/a", "new");
  EXPECT_EQ(fs_.content("/var/log/a"), "new");
  EXPECT_EQ(fs_.stat("/var/log/a")->inode, inode);
  EXPECT_EQ(fs_.content("/var/log"), std::nullopt);
  EXPECT_EQ(fs_.content("/none"), std::nullopt);
}

TEST_F(MemoryFileSystemTest, modified_times_come_from_the_clock) {
  fs_.append("/a", "text");
  const WallTime created = clock_.wall_now();
  EXPECT_EQ(fs_.stat("/a")->modified, created);
  clock_.advance(std::chrono::seconds(5));
  const auto file = open("/a");
  EXPECT_EQ(file->stat()->modified, created);
  ASSERT_TRUE(write(*file, 0, "x").has_value());
  EXPECT_EQ(file->stat()->modified, clock_.wall_now());
  clock_.advance(std::chrono::seconds(5));
  ASSERT_TRUE(file->truncate(1).has_value());
  EXPECT_EQ(file->stat()->modified, clock_.wall_now());
  clock_.advance(std::chrono::seconds(5));
  ASSERT_TRUE(fs_.rename("/a", "/b").has_value());
  EXPECT_EQ(fs_.stat("/")->modified, clock_.wall_now());
  EXPECT_NE(file->stat()->modified, clock_.wall_now());
}

TEST_F(MemoryFileSystemTest, an_operation_fails_on_its_path_as_often_as_told) {
  fs_.append("/a", "text");
  fs_.append("/b", "text");
  fs_.fail_on(Operation::kOpen, "/a", EACCES);
  const auto refused = fs_.open("/a", OpenMode::kRead);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().message, "open /a: Permission denied");
  EXPECT_EQ(code(fs_.open("/a", OpenMode::kRead)), EACCES);
  EXPECT_TRUE(fs_.open("/b", OpenMode::kRead).has_value());
  fs_.clear_failures();
  EXPECT_TRUE(fs_.open("/a", OpenMode::kRead).has_value());

  const auto file = open("/a");
  fs_.fail_on(Operation::kSync, "/a", EIO, 2);
  EXPECT_EQ(code(file->sync()), EIO);
  EXPECT_EQ(code(file->sync()), EIO);
  EXPECT_EQ(code(file->sync()), 0);
}

TEST_F(MemoryFileSystemTest, every_operation_can_fail_on_any_path) {
  fs_.append("/d/a", "text");
  const auto file = open("/d/a");
  std::string buffer(4, '\0');
  const auto fails = [&](Operation operation, auto call) {
    fs_.fail_on(operation, "", EIO);
    const int failed = code(call());
    fs_.clear_failures();
    return failed == EIO && code(call()) != EIO;
  };
  EXPECT_TRUE(fails(Operation::kRead, [&] { return file->read_at(0, buffer); }));
  EXPECT_TRUE(fails(Operation::kRead, [&] { return file->next_data(0); }));
  EXPECT_TRUE(fails(Operation::kWrite, [&] { return write(*file, 0, "x"); }));
  EXPECT_TRUE(fails(Operation::kTruncate, [&] { return file->truncate(1); }));
  EXPECT_TRUE(
      fails(Operation::kTruncate, [&] { return fs_.open("/d/a", OpenMode::kCreateEmpty); }));
  EXPECT_TRUE(fails(Operation::kReserve, [&] { return file->reserve(0, 9); }));
  EXPECT_TRUE(fails(Operation::kStat, [&] { return file->stat(); }));
  EXPECT_TRUE(fails(Operation::kStat, [&] { return fs_.stat("/d"); }));
  EXPECT_TRUE(fails(Operation::kStat, [&] { return fs_.link_stat("/d"); }));
  EXPECT_TRUE(fails(Operation::kList, [&] { return fs_.list("/d"); }));
  EXPECT_TRUE(fails(Operation::kResolve, [&] { return fs_.real_path("/d"); }));
  EXPECT_TRUE(fails(Operation::kLock, [&] { return fs_.lock("/d/a"); }));
  EXPECT_TRUE(fails(Operation::kCreate, [&] { return fs_.open("/d/b", OpenMode::kReadWrite); }));
  EXPECT_TRUE(fails(Operation::kCreate, [&] { return fs_.make_directories("/e"); }));
  EXPECT_TRUE(fails(Operation::kSyncDirectory, [&] { return fs_.sync_directory("/d"); }));
  EXPECT_TRUE(fails(Operation::kRemove, [&] { return fs_.remove_directory("/e"); }));
  EXPECT_TRUE(fails(Operation::kRename, [&] { return fs_.rename("/d/b", "/d/c"); }));
  EXPECT_TRUE(fails(Operation::kRemove, [&] { return fs_.remove("/d/c"); }));
}

TEST_F(MemoryFileSystemTest, a_full_disk_takes_what_fits_and_fails) {
  fs_.append("/other", "12345");
  fs_.set_capacity(20);
  const auto file = open("/a");
  EXPECT_EQ(*fs_.free_bytes("/"), 15U);
  EXPECT_EQ(code(write(*file, 0, "0123456789abcdefXYZ")), ENOSPC);
  EXPECT_EQ(fs_.content("/a"), "0123456789abcde");
  EXPECT_EQ(*fs_.free_bytes("/"), 0U);
  EXPECT_TRUE(write(*file, 0, "overwriting").has_value());
  EXPECT_EQ(code(write(*file, 15, "x")), ENOSPC);
  ASSERT_TRUE(file->truncate(3).has_value());
  EXPECT_EQ(*fs_.free_bytes("/"), 12U);
  EXPECT_TRUE(write(*file, 3, "0123456789ab").has_value());
}

TEST_F(MemoryFileSystemTest, other_programs_do_not_notice_a_full_disk) {
  fs_.set_capacity(2);
  fs_.append("/a", "four");
  EXPECT_EQ(fs_.content("/a"), "four");
  EXPECT_EQ(*fs_.free_bytes("/"), 0U);
}

TEST_F(MemoryFileSystemTest, reserved_room_is_there_when_the_disk_is_full) {
  fs_.set_capacity(10);
  const auto reserved = open("/reserved");
  const auto other = open("/other");
  ASSERT_TRUE(reserved->reserve(0, 6).has_value());
  EXPECT_EQ(code(reserved->reserve(6, 5)), ENOSPC);
  EXPECT_EQ(code(write(*other, 0, "123456")), ENOSPC);
  EXPECT_TRUE(write(*reserved, 0, "abcdef").has_value());
  EXPECT_EQ(code(write(*reserved, 6, "g")), ENOSPC);
}

TEST_F(MemoryFileSystemTest, removed_files_give_their_room_back_when_closed) {
  fs_.set_capacity(10);
  auto file = open("/a");
  ASSERT_TRUE(write(*file, 0, "12345678").has_value());
  ASSERT_TRUE(fs_.remove("/a").has_value());
  EXPECT_EQ(*fs_.free_bytes("/"), 2U);
  file.reset();
  EXPECT_EQ(*fs_.free_bytes("/"), 10U);
}

TEST_F(MemoryFileSystemTest, a_read_only_disk_refuses_changes_and_allows_the_rest) {
  fs_.append("/d/a", "text");
  const auto file = open("/d/a");
  fs_.become_read_only();
  EXPECT_EQ(code(write(*file, 0, "x")), EROFS);
  EXPECT_EQ(code(file->truncate(0)), EROFS);
  EXPECT_EQ(code(fs_.open("/d/a", OpenMode::kReadWrite)), EROFS);
  EXPECT_EQ(code(fs_.open("/d/b", OpenMode::kReadWrite)), EROFS);
  EXPECT_EQ(code(fs_.rename("/d/a", "/d/b")), EROFS);
  EXPECT_EQ(code(fs_.remove("/d/a")), EROFS);
  EXPECT_EQ(code(fs_.make_directories("/e")), EROFS);
  EXPECT_EQ(code(fs_.lock("/d/lock")), EROFS);
  EXPECT_TRUE(fs_.make_directories("/d").has_value());
  EXPECT_TRUE(fs_.open("/d/a", OpenMode::kRead).has_value());
  EXPECT_TRUE(file->sync().has_value());
  EXPECT_TRUE(fs_.sync_directory("/d").has_value());
  fs_.become_writable();
  EXPECT_TRUE(write(*file, 0, "x").has_value());
  EXPECT_FALSE(*fs_.is_memory_backed("/"));
  fs_.become_memory_backed();
  EXPECT_TRUE(*fs_.is_memory_backed("/"));
}

TEST_F(MemoryFileSystemTest, a_torn_write_leaves_a_prefix_and_happens_once) {
  const auto file = open("/a");
  fs_.tear_next_write_after(3, EIO);
  fs_.append("/b", "of another program");
  const std::string_view parts[] = {"ab", "cd", "ef"};
  EXPECT_EQ(code(file->write_at(0, parts)), EIO);
  EXPECT_EQ(fs_.content("/a"), "abc");
  EXPECT_EQ(fs_.content("/b"), "of another program");
  EXPECT_TRUE(file->write_at(0, parts).has_value());
  EXPECT_EQ(fs_.content("/a"), "abcdef");
}

TEST_F(MemoryFileSystemTest, reads_can_be_short) {
  fs_.append("/a", "0123456789");
  fs_.limit_reads_to(4);
  std::string buffer(10, '\0');
  EXPECT_EQ(*open("/a", OpenMode::kRead)->read_at(3, buffer), 4U);
  EXPECT_EQ(buffer.substr(0, 4), "3456");
}

TEST_F(MemoryFileSystemTest, an_inode_number_is_used_again_on_request) {
  fs_.append("/a", "");
  const std::uint64_t inode = fs_.stat("/a")->inode;
  ASSERT_TRUE(fs_.remove("/a").has_value());
  fs_.append("/b", "");
  EXPECT_NE(fs_.stat("/b")->inode, inode);
  fs_.reuse_inode(inode);
  fs_.append("/new/c", "");
  fs_.append("/d", "");
  EXPECT_EQ(fs_.stat("/new/c")->inode, inode);
  EXPECT_NE(fs_.stat("/d")->inode, inode);
}

TEST_F(MemoryFileSystemTest, the_device_number_can_change) {
  fs_.append("/a", "");
  const auto file = open("/a");
  const std::uint64_t before = file->stat()->device;
  fs_.set_device(before + 7);
  EXPECT_EQ(file->stat()->device, before + 7);
  EXPECT_EQ(fs_.stat("/a")->device, before + 7);
}

TEST_F(MemoryFileSystemTest, a_punched_hole_frees_room_and_reads_as_zeros) {
  fs_.append("/a", std::string(5 * 4096, 'x'));
  const std::uint64_t blocks = fs_.stat("/a")->blocks;
  fs_.punch_hole("/a", 4096, 2 * 4096);
  EXPECT_EQ(fs_.stat("/a")->blocks, blocks - 16);
  EXPECT_EQ(*open("/a")->next_data(4096), 3U * 4096);
  EXPECT_EQ(*open("/a")->next_data(100), 100U);
  EXPECT_EQ(fs_.content("/a")->substr(4095, 3), std::string("x\0\0", 3));
  EXPECT_EQ(fs_.content("/a")->size(), 5U * 4096);
}

TEST_F(MemoryFileSystemTest, each_mutation_is_announced_and_can_be_stopped) {
  std::vector<std::pair<Operation, std::string>> seen;
  fs_.set_before_mutation([&](Operation operation, const std::string& path) {
    seen.emplace_back(operation, path);
    return std::optional<Error>();
  });
  const auto file = open("/a");
  ASSERT_TRUE(write(*file, 0, "text").has_value());
  ASSERT_TRUE(file->truncate(2).has_value());
  ASSERT_TRUE(file->reserve(0, 9).has_value());
  ASSERT_TRUE(file->sync().has_value());
  ASSERT_TRUE(fs_.rename("/a", "/b").has_value());
  ASSERT_TRUE(fs_.sync_directory("/").has_value());
  open("/b", OpenMode::kCreateEmpty);
  ASSERT_TRUE(fs_.remove("/b").has_value());
  ASSERT_TRUE(fs_.make_directories("/d/e").has_value());
  ASSERT_TRUE(fs_.remove_directory("/d/e").has_value());
  fs_.append("/other", "programs are not asked");
  open("/other", OpenMode::kRead);
  using enum Operation;
  EXPECT_EQ(seen, (std::vector<std::pair<Operation, std::string>>{{kCreate, "/a"},
                                                                  {kWrite, "/a"},
                                                                  {kTruncate, "/a"},
                                                                  {kReserve, "/a"},
                                                                  {kSync, "/a"},
                                                                  {kRename, "/a"},
                                                                  {kSyncDirectory, "/"},
                                                                  {kTruncate, "/b"},
                                                                  {kRemove, "/b"},
                                                                  {kCreate, "/d/e"},
                                                                  {kRemove, "/d/e"}}));

  fs_.set_before_mutation([](Operation, const std::string&) {
    return std::optional<Error>(Error{Error::kOther, "crash point"});
  });
  EXPECT_EQ(code(write(*file, 0, "x")), Error::kOther);
  EXPECT_EQ(fs_.open("/c", OpenMode::kReadWrite).error().message, "crash point");
  EXPECT_EQ(code(fs_.stat("/c")), ENOENT);
}

TEST_F(MemoryFileSystemTest, the_hook_may_tear_the_write_it_announces) {
  fs_.set_before_mutation([&](Operation operation, const std::string&) {
    if (operation == Operation::kWrite) fs_.tear_next_write_after(1, EIO);
    return std::optional<Error>();
  });
  const auto file = open("/a");
  EXPECT_EQ(code(write(*file, 0, "text")), EIO);
  EXPECT_EQ(fs_.content("/a"), "t");
}

// ---- Power loss ----

TEST_F(MemoryFileSystemTest, power_loss_takes_data_back_to_the_last_sync) {
  fs_.append("/a", "");
  fs_.sync_all();
  const auto file = open("/a");
  ASSERT_TRUE(write(*file, 0, "synced").has_value());
  ASSERT_TRUE(file->sync().has_value());
  ASSERT_TRUE(write(*file, 0, "SYNCED and more").has_value());
  fs_.crash();
  EXPECT_EQ(fs_.content("/a"), "synced");
}

TEST_F(MemoryFileSystemTest, power_loss_takes_names_back_to_the_directorys_last_sync) {
  fs_.append("/d/kept", "kept");
  fs_.sync_all();
  const auto file = open("/d/new");
  ASSERT_TRUE(write(*file, 0, "data").has_value());
  ASSERT_TRUE(file->sync().has_value());
  ASSERT_TRUE(fs_.remove("/d/kept").has_value());
  fs_.crash();
  EXPECT_EQ(code(fs_.stat("/d/new")), ENOENT);
  EXPECT_EQ(fs_.content("/d/kept"), "kept");
  EXPECT_EQ(fs_.stat("/d/kept")->links, 1U);
}

TEST_F(MemoryFileSystemTest, a_synced_name_without_synced_data_is_an_empty_file) {
  ASSERT_TRUE(write(*open("/a"), 0, "data").has_value());
  ASSERT_TRUE(fs_.sync_directory("/").has_value());
  fs_.crash();
  EXPECT_EQ(fs_.content("/a"), "");
}

TEST_F(MemoryFileSystemTest, replacing_a_file_survives_when_both_syncs_were_made) {
  const auto replace = [&] {
    const auto file = open("/new", OpenMode::kCreateEmpty);
    ASSERT_TRUE(write(*file, 0, "second").has_value());
    ASSERT_TRUE(file->sync().has_value());
    ASSERT_TRUE(fs_.rename("/new", "/a").has_value());
  };
  fs_.append("/a", "first");
  fs_.sync_all();
  replace();
  EXPECT_EQ(fs_.content("/a"), "second");
  fs_.crash();
  EXPECT_EQ(fs_.content("/a"), "first");
  replace();
  ASSERT_TRUE(fs_.sync_directory("/").has_value());
  fs_.crash();
  EXPECT_EQ(fs_.content("/a"), "second");
  EXPECT_EQ(code(fs_.stat("/new")), ENOENT);
}

TEST_F(MemoryFileSystemTest, a_directory_needs_its_parents_sync) {
  ASSERT_TRUE(fs_.make_directories("/d/e").has_value());
  ASSERT_TRUE(fs_.sync_directory("/d").has_value());
  fs_.crash();
  EXPECT_EQ(code(fs_.stat("/d")), ENOENT);
  ASSERT_TRUE(fs_.make_directories("/d/e").has_value());
  ASSERT_TRUE(fs_.sync_directory("/").has_value());
  fs_.crash();
  EXPECT_TRUE(fs_.stat("/d").has_value());
  EXPECT_EQ(code(fs_.stat("/d/e")), ENOENT);
}

TEST_F(MemoryFileSystemTest, power_loss_ends_open_files_and_locks) {
  const auto file = open("/a");
  const auto other = std::move(*fs_.open_for_other_program("/a", OpenMode::kReadWrite));
  auto lock = fs_.lock("/lock");
  ASSERT_TRUE(lock.has_value());
  fs_.sync_all();
  fs_.crash();
  std::string buffer(1, '\0');
  EXPECT_EQ(code(file->read_at(0, buffer)), EBADF);
  EXPECT_EQ(code(write(*file, 0, "x")), EBADF);
  EXPECT_EQ(code(write(*other, 0, "x")), EBADF);
  auto next = fs_.lock("/lock");
  EXPECT_TRUE(next.has_value());
  lock->reset();
  EXPECT_EQ(code(fs_.lock("/lock")), EWOULDBLOCK);
}

TEST_F(MemoryFileSystemTest, a_dead_process_leaves_its_data_and_no_locks) {
  const auto file = open("/a");
  const auto other = std::move(*fs_.open_for_other_program("/a", OpenMode::kReadWrite));
  const auto lock = fs_.lock("/lock");
  ASSERT_TRUE(write(*file, 0, "unsynced").has_value());
  fs_.tear_next_write_after(0, EIO);
  fs_.kill();
  EXPECT_EQ(fs_.content("/a"), "unsynced");
  EXPECT_EQ(code(write(*file, 0, "x")), EBADF);
  EXPECT_TRUE(write(*other, 0, "U").has_value());
  EXPECT_EQ(fs_.content("/a"), "Unsynced");
  EXPECT_TRUE(fs_.lock("/lock").has_value());
  EXPECT_TRUE(write(*open("/a"), 0, "new life").has_value());
}

// ---- Ranges ----

TEST(ByteRanges, join_and_cut) {
  ByteRanges ranges;
  ranges.add(10, 20);
  ranges.add(30, 40);
  ranges.add(5, 5);
  EXPECT_EQ(ranges.total(), 20U);
  EXPECT_EQ(ranges.missing(15, 35), 10U);
  EXPECT_EQ(ranges.next(0), 10U);
  EXPECT_EQ(ranges.next(15), 15U);
  EXPECT_EQ(ranges.next(20), 30U);
  EXPECT_EQ(ranges.next(40), UINT64_MAX);
  ranges.add(20, 30);
  EXPECT_EQ(ranges.total(), 30U);
  ranges.cut(15, 18);
  ranges.cut(38, 100);
  ranges.cut(3, 3);
  EXPECT_EQ(ranges.total(), 25U);
  EXPECT_EQ(ranges.next(16), 18U);
  EXPECT_EQ(ranges.blocks(10), 3U);
  ranges.add(100, 101);
  EXPECT_EQ(ranges.blocks(10), 4U);
}

}  // namespace
}  // namespace tailrace::testing
