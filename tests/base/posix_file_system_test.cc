// One body of tests on the kernel's file system and on the one in memory: they behave the same.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/file_system.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/memory_file_system.h"
#include "tests/support/temp_folder.h"

namespace tailrace {
namespace {

// The kernel's, in a fresh directory.
class PosixDisk {
 public:
  PosixFileSystem& file_system() { return file_system_; }
  std::string root() const { return directory_.path(); }
  void symlink(const std::string& target, const std::string& path) {
    ASSERT_EQ(::symlink(target.c_str(), path.c_str()), 0);
  }
  void hard_link(const std::string& existing, const std::string& path) {
    ASSERT_EQ(::link(existing.c_str(), path.c_str()), 0);
  }

 private:
  testing::TempFolder directory_;
  PosixFileSystem file_system_;
};

class MemoryDisk {
 public:
  MemoryDisk() { EXPECT_TRUE(file_system_.make_directories(root()).has_value()); }
  testing::MemoryFileSystem& file_system() { return file_system_; }
  std::string root() const { return "/var/root"; }
  void symlink(const std::string& target, const std::string& path) {
    ASSERT_TRUE(file_system_.symlink(target, path).has_value());
  }
  void hard_link(const std::string& existing, const std::string& path) {
    ASSERT_TRUE(file_system_.hard_link(existing, path).has_value());
  }

 private:
  testing::FakeClock clock_;
  testing::MemoryFileSystem file_system_{clock_};
};

template <typename Disk>
class FileSystemTest : public ::testing::Test {
 protected:
  std::string at(const std::string& name) const { return disk_.root() + "/" + name; }
  FileSystem& fs() { return disk_.file_system(); }

  std::unique_ptr<File> open(const std::string& name, OpenMode mode = OpenMode::kReadWrite) {
    auto file = fs().open(at(name), mode);
    EXPECT_TRUE(file.has_value()) << (file ? "" : file.error().message);
    return file ? std::move(*file) : nullptr;
  }
  void write(const std::string& name, std::string_view text) {
    const auto file = open(name, OpenMode::kCreateEmpty);
    write_at(*file, 0, text);
  }
  static void write_at(File& file, std::uint64_t offset, std::string_view text) {
    const std::string_view parts[] = {text};
    ASSERT_TRUE(file.write_at(offset, parts).has_value());
  }
  static std::string read_all(File& file) {
    std::string text;
    std::string buffer(7, '\0');
    for (;;) {
      const auto count = file.read_at(text.size(), buffer);
      if (!count || *count == 0) return text;
      text += buffer.substr(0, *count);
    }
  }
  std::string read(const std::string& name) { return read_all(*open(name, OpenMode::kRead)); }
  bool exists(const std::string& name) { return fs().link_stat(at(name)).has_value(); }
  template <typename T>
  static int code(const Result<T>& result) {
    return result ? 0 : result.error().code;
  }

  Disk disk_;
};

using Disks = ::testing::Types<PosixDisk, MemoryDisk>;
TYPED_TEST_SUITE(FileSystemTest, Disks);

TYPED_TEST(FileSystemTest, writes_parts_one_behind_the_other_and_reads_them_back) {
  const auto file = this->open("a");
  const std::string_view parts[] = {"one ", "", "two ", "three"};
  ASSERT_TRUE(file->write_at(0, parts).has_value());
  this->write_at(*file, 4, "TWO");
  EXPECT_EQ(this->read("a"), "one TWO three");
  ASSERT_TRUE(file->write_at(3, {}).has_value());
  EXPECT_EQ(file->stat()->size, 13U);
}

TYPED_TEST(FileSystemTest, writes_more_parts_than_one_call_takes) {
  std::string expected;
  std::vector<std::string> texts;
  for (int i = 0; i < 3000; ++i)
    texts.push_back(std::to_string(i) + ",");
  std::vector<std::string_view> parts;
  for (const std::string& text : texts) {
    parts.emplace_back(text);
    expected += text;
  }
  const auto file = this->open("a");
  ASSERT_TRUE(file->write_at(0, parts).has_value());
  EXPECT_EQ(this->read("a"), expected);
}

TYPED_TEST(FileSystemTest, reading_at_or_behind_the_end_gives_nothing) {
  this->write("a", "abc");
  const auto file = this->open("a", OpenMode::kRead);
  std::string buffer(10, '\0');
  EXPECT_EQ(*file->read_at(1, buffer), 2U);
  EXPECT_EQ(buffer.substr(0, 2), "bc");
  EXPECT_EQ(*file->read_at(3, buffer), 0U);
  EXPECT_EQ(*file->read_at(300, buffer), 0U);
  EXPECT_EQ(*file->read_at(0, {}), 0U);
}

TYPED_TEST(FileSystemTest, open_modes_create_keep_and_empty) {
  EXPECT_EQ(this->code(this->fs().open(this->at("a"), OpenMode::kRead)), ENOENT);
  this->open("a", OpenMode::kReadWrite);
  this->write("a", "text");
  this->open("a", OpenMode::kReadWrite);
  EXPECT_EQ(this->read("a"), "text");
  this->open("a", OpenMode::kCreateEmpty);
  EXPECT_EQ(this->read("a"), "");
}

TYPED_TEST(FileSystemTest, errors_say_what_was_tried_on_which_path) {
  const auto missing = this->fs().open(this->at("no/such"), OpenMode::kRead);
  ASSERT_FALSE(missing.has_value());
  EXPECT_EQ(missing.error().code, ENOENT);
  EXPECT_EQ(missing.error().message, "open " + this->at("no/such") + ": No such file or directory");
  EXPECT_EQ(this->fs().stat(this->at("b")).error().message,
            "stat " + this->at("b") + ": No such file or directory");
  EXPECT_EQ(this->fs().list(this->at("b")).error().message,
            "list " + this->at("b") + ": No such file or directory");
  EXPECT_EQ(this->fs().remove(this->at("b")).error().message,
            "remove " + this->at("b") + ": No such file or directory");
  EXPECT_EQ(this->fs().remove_directory(this->at("b")).error().message,
            "remove directory " + this->at("b") + ": No such file or directory");
  EXPECT_EQ(this->fs().real_path(this->at("b")).error().message,
            "resolve " + this->at("b") + ": No such file or directory");
  EXPECT_EQ(this->fs().rename(this->at("b"), this->at("c")).error().message,
            "rename " + this->at("b") + " to " + this->at("c") + ": No such file or directory");
}

TYPED_TEST(FileSystemTest, a_file_opened_for_reading_cannot_be_changed) {
  this->write("a", "text");
  const auto file = this->open("a", OpenMode::kRead);
  const std::string_view parts[] = {"x"};
  EXPECT_EQ(this->code(file->write_at(0, parts)), EBADF);
  EXPECT_EQ(this->code(file->truncate(0)), EINVAL);
  EXPECT_EQ(this->code(file->reserve(0, 10)), EBADF);
  EXPECT_EQ(this->read("a"), "text");
}

TYPED_TEST(FileSystemTest, a_directory_is_not_a_file) {
  ASSERT_TRUE(this->fs().make_directories(this->at("d")).has_value());
  EXPECT_EQ(this->code(this->fs().open(this->at("d"), OpenMode::kReadWrite)), EISDIR);
  EXPECT_EQ(this->code(this->fs().remove(this->at("d"))), EISDIR);
  const auto directory = this->open("d", OpenMode::kRead);
  std::string buffer(4, '\0');
  EXPECT_EQ(this->code(directory->read_at(0, buffer)), EISDIR);
  EXPECT_EQ(directory->stat()->kind, FileKind::kDirectory);
  this->write("f", "");
  EXPECT_EQ(this->code(this->fs().open(this->at("f/x"), OpenMode::kReadWrite)), ENOTDIR);
  EXPECT_EQ(this->code(this->fs().list(this->at("f"))), ENOTDIR);
  EXPECT_EQ(this->code(this->fs().remove_directory(this->at("f"))), ENOTDIR);
  EXPECT_EQ(this->code(this->fs().sync_directory(this->at("f"))), ENOTDIR);
}

TYPED_TEST(FileSystemTest, a_file_keeps_its_identity_through_rename_and_writing) {
  this->write("a", "one");
  const FileStat before = *this->fs().stat(this->at("a"));
  const auto file = this->open("a");
  ASSERT_TRUE(this->fs().rename(this->at("a"), this->at("b")).has_value());
  this->write_at(*file, 3, " two");
  EXPECT_FALSE(this->exists("a"));
  EXPECT_EQ(this->read("b"), "one two");
  const FileStat after = *this->fs().stat(this->at("b"));
  EXPECT_EQ(after.inode, before.inode);
  EXPECT_EQ(after.device, before.device);
  EXPECT_EQ(after.size, 7U);
  this->write("a", "");
  EXPECT_NE(this->fs().stat(this->at("a"))->inode, before.inode);
}

TYPED_TEST(FileSystemTest, an_open_file_survives_its_removal_without_a_name) {
  this->write("a", "text");
  const auto file = this->open("a");
  EXPECT_EQ(file->stat()->links, 1U);
  ASSERT_TRUE(this->fs().remove(this->at("a")).has_value());
  EXPECT_EQ(file->stat()->links, 0U);
  this->write_at(*file, 4, " more");
  EXPECT_EQ(this->read_all(*file), "text more");
  EXPECT_FALSE(this->exists("a"));
}

TYPED_TEST(FileSystemTest, rename_replaces_what_has_the_new_name) {
  this->write("new", "new");
  this->write("old", "old");
  const auto old = this->open("old", OpenMode::kRead);
  ASSERT_TRUE(this->fs().rename(this->at("new"), this->at("old")).has_value());
  EXPECT_EQ(this->read("old"), "new");
  EXPECT_EQ(this->read_all(*old), "old");
  EXPECT_EQ(old->stat()->links, 0U);
}

TYPED_TEST(FileSystemTest, rename_knows_directories) {
  FileSystem& fs = this->fs();
  ASSERT_TRUE(fs.make_directories(this->at("d/sub")).has_value());
  ASSERT_TRUE(fs.make_directories(this->at("empty")).has_value());
  this->write("f", "");
  EXPECT_EQ(this->code(fs.rename(this->at("d"), this->at("f"))), ENOTDIR);
  EXPECT_EQ(this->code(fs.rename(this->at("f"), this->at("d"))), EISDIR);
  EXPECT_EQ(this->code(fs.rename(this->at("empty"), this->at("d"))), ENOTEMPTY);
  EXPECT_EQ(this->code(fs.rename(this->at("d"), this->at("d/sub/d"))), EINVAL);
  EXPECT_EQ(this->code(fs.rename(this->at("f"), this->at("no/f"))), ENOENT);
  EXPECT_TRUE(fs.rename(this->at("f"), this->at("f")).has_value());
  EXPECT_TRUE(fs.rename(this->at("d"), this->at("empty")).has_value());
  EXPECT_TRUE(this->exists("empty/sub"));
}

TYPED_TEST(FileSystemTest, hard_names_are_one_file) {
  this->write("a", "text");
  this->disk_.hard_link(this->at("a"), this->at("b"));
  EXPECT_EQ(this->fs().stat(this->at("b"))->links, 2U);
  EXPECT_EQ(this->fs().stat(this->at("b"))->inode, this->fs().stat(this->at("a"))->inode);
  ASSERT_TRUE(this->fs().rename(this->at("a"), this->at("b")).has_value());
  EXPECT_TRUE(this->exists("a"));
  ASSERT_TRUE(this->fs().remove(this->at("a")).has_value());
  EXPECT_EQ(this->fs().stat(this->at("b"))->links, 1U);
  EXPECT_EQ(this->read("b"), "text");
}

TYPED_TEST(FileSystemTest, links_are_followed_by_stat_and_not_by_link_stat) {
  ASSERT_TRUE(this->fs().make_directories(this->at("d")).has_value());
  this->write("d/file", "text");
  this->disk_.symlink("d/file", this->at("link"));
  EXPECT_EQ(this->fs().stat(this->at("link"))->kind, FileKind::kRegular);
  EXPECT_EQ(this->fs().stat(this->at("link"))->size, 4U);
  EXPECT_EQ(this->fs().link_stat(this->at("link"))->kind, FileKind::kSymlink);
  EXPECT_EQ(this->fs().link_stat(this->at("link"))->size, 6U);
  EXPECT_EQ(this->read("link"), "text");
  EXPECT_EQ(*this->fs().real_path(this->at("link")), this->at("d/file"));
  ASSERT_TRUE(this->fs().remove(this->at("link")).has_value());
  EXPECT_TRUE(this->exists("d/file"));
}

TYPED_TEST(FileSystemTest, paths_go_through_links_and_dots) {
  ASSERT_TRUE(this->fs().make_directories(this->at("real/sub")).has_value());
  this->write("real/sub/file", "text");
  this->disk_.symlink(this->at("real"), this->at("absolute"));
  this->disk_.symlink("absolute/sub", this->at("relative"));
  EXPECT_EQ(*this->fs().real_path(this->at("relative/../sub/./file")), this->at("real/sub/file"));
  EXPECT_EQ(*this->fs().real_path(this->at("real//sub/")), this->at("real/sub"));
  EXPECT_EQ(*this->fs().real_path("/"), "/");
  EXPECT_EQ(*this->fs().real_path("/.."), "/");
  EXPECT_EQ(this->read("absolute/sub/file"), "text");
}

TYPED_TEST(FileSystemTest, dangling_and_circular_links) {
  this->disk_.symlink("gone", this->at("dangling"));
  EXPECT_EQ(this->code(this->fs().stat(this->at("dangling"))), ENOENT);
  EXPECT_TRUE(this->fs().link_stat(this->at("dangling")).has_value());
  EXPECT_EQ(this->code(this->fs().open(this->at("dangling"), OpenMode::kRead)), ENOENT);
  this->disk_.symlink("loop", this->at("loop"));
  EXPECT_EQ(this->code(this->fs().stat(this->at("loop"))), ELOOP);
  EXPECT_EQ(this->code(this->fs().stat(this->at("loop/x"))), ELOOP);
  this->write("dangling", "made");
  EXPECT_EQ(this->read("gone"), "made");
}

TYPED_TEST(FileSystemTest, lists_names_with_their_kinds) {
  ASSERT_TRUE(this->fs().make_directories(this->at("dir")).has_value());
  this->write("file", "");
  this->disk_.symlink("file", this->at("link"));
  auto entries = *this->fs().list(this->disk_.root());
  std::sort(entries.begin(), entries.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  ASSERT_EQ(entries.size(), 3U);
  EXPECT_EQ(entries[0].name, "dir");
  EXPECT_EQ(entries[0].kind, FileKind::kDirectory);
  EXPECT_EQ(entries[1].name, "file");
  EXPECT_EQ(entries[1].kind, FileKind::kRegular);
  EXPECT_EQ(entries[2].name, "link");
  EXPECT_EQ(entries[2].kind, FileKind::kSymlink);
  EXPECT_TRUE(this->fs().list(this->at("dir"))->empty());
}

TYPED_TEST(FileSystemTest, makes_and_removes_directories) {
  FileSystem& fs = this->fs();
  ASSERT_TRUE(fs.make_directories(this->at("a/b/c")).has_value());
  ASSERT_TRUE(fs.make_directories(this->at("a/b/c/")).has_value());
  ASSERT_TRUE(fs.make_directories("/").has_value());
  EXPECT_EQ(fs.stat(this->at("a/b/c"))->kind, FileKind::kDirectory);
  EXPECT_EQ(this->code(fs.remove_directory(this->at("a/b"))), ENOTEMPTY);
  ASSERT_TRUE(fs.remove_directory(this->at("a/b/c")).has_value());
  EXPECT_FALSE(this->exists("a/b/c"));
  this->write("file", "");
  EXPECT_EQ(this->code(fs.make_directories(this->at("file"))), ENOTDIR);
  EXPECT_EQ(this->code(fs.make_directories(this->at("file/x"))), ENOTDIR);
}

TYPED_TEST(FileSystemTest, truncates_and_extends) {
  this->write("a", "0123456789");
  const auto file = this->open("a");
  ASSERT_TRUE(file->truncate(4).has_value());
  EXPECT_EQ(this->read("a"), "0123");
  ASSERT_TRUE(file->truncate(6).has_value());
  EXPECT_EQ(this->read("a"), std::string("0123\0\0", 6));
}

TYPED_TEST(FileSystemTest, holes_read_as_zeros_take_no_room_and_are_skipped) {
  constexpr std::uint64_t kFar = 1U << 20U;
  const auto file = this->open("sparse");
  this->write_at(*file, kFar, "end");
  const FileStat stat = *file->stat();
  EXPECT_EQ(stat.size, kFar + 3);
  EXPECT_GT(stat.blocks, 0U);
  EXPECT_LT(stat.blocks * 512, kFar / 2);
  std::string buffer(2, 'x');
  EXPECT_EQ(*file->read_at(10, buffer), 2U);
  EXPECT_EQ(buffer, std::string(2, '\0'));
  EXPECT_EQ(*file->next_data(0), kFar);
  EXPECT_EQ(*file->next_data(kFar + 1), kFar + 1);
  EXPECT_EQ(*file->next_data(kFar + 3), kFar + 3);
  ASSERT_TRUE(file->truncate(2 * kFar).has_value());
  EXPECT_EQ(*file->next_data(kFar + kFar / 2), 2 * kFar);
  EXPECT_EQ(*file->next_data(3 * kFar), 3 * kFar);
}

TYPED_TEST(FileSystemTest, reserving_room_keeps_the_size) {
  const auto file = this->open("a");
  const Status reserved = file->reserve(0, 65536);
  if (!reserved && reserved.error().code == EOPNOTSUPP) GTEST_SKIP() << reserved.error().message;
  ASSERT_TRUE(reserved.has_value());
  EXPECT_EQ(file->stat()->size, 0U);
  EXPECT_GE(file->stat()->blocks * 512, 65536U);
  EXPECT_EQ(this->code(file->reserve(0, 0)), EINVAL);
}

TYPED_TEST(FileSystemTest, syncs_files_and_directories) {
  const auto file = this->open("a");
  this->write_at(*file, 0, "text");
  EXPECT_TRUE(file->sync().has_value());
  EXPECT_TRUE(this->fs().sync_directory(this->disk_.root()).has_value());
  EXPECT_EQ(this->code(this->fs().sync_directory(this->at("no"))), ENOENT);
}

TYPED_TEST(FileSystemTest, tells_free_space_and_kind_of_disk) {
  EXPECT_GT(*this->fs().free_bytes(this->disk_.root()), 0U);
  EXPECT_EQ(this->code(this->fs().free_bytes(this->at("no"))), ENOENT);
  EXPECT_TRUE(this->fs().is_memory_backed(this->disk_.root()).has_value());
  EXPECT_EQ(this->code(this->fs().is_memory_backed(this->at("no"))), ENOENT);
}

TYPED_TEST(FileSystemTest, a_lock_excludes_others_until_it_is_released) {
  auto first = this->fs().lock(this->at("lock"));
  ASSERT_TRUE(first.has_value());
  EXPECT_TRUE(this->exists("lock"));
  const auto second = this->fs().lock(this->at("lock"));
  EXPECT_EQ(this->code(second), EWOULDBLOCK);
  EXPECT_TRUE(this->fs().lock(this->at("other")).has_value());
  first->reset();
  EXPECT_TRUE(this->fs().lock(this->at("lock")).has_value());
  EXPECT_EQ(this->code(this->fs().lock(this->at("no/lock"))), ENOENT);
}

TEST(PosixFileSystem, created_files_and_directories_are_private_and_closed_on_exec) {
  const testing::TempFolder directory;
  PosixFileSystem fs;
  const mode_t mask = ::umask(0);
  ASSERT_TRUE(fs.make_directories(directory.path() + "/a/b").has_value());
  const auto file = fs.open(directory.path() + "/a/file", OpenMode::kReadWrite);
  const auto lock = fs.lock(directory.path() + "/a/lock");
  ::umask(mask);
  ASSERT_TRUE(file.has_value());
  ASSERT_TRUE(lock.has_value());
  const auto mode_of = [&](const std::string& name) {
    struct stat raw {};
    EXPECT_EQ(::stat((directory.path() + name).c_str(), &raw), 0);
    return raw.st_mode & 07777U;
  };
  EXPECT_EQ(mode_of("/a"), 0700U);
  EXPECT_EQ(mode_of("/a/b"), 0700U);
  EXPECT_EQ(mode_of("/a/file"), 0600U);
  EXPECT_EQ(mode_of("/a/lock"), 0600U);
  EXPECT_EQ(::fcntl((*file)->descriptor(), F_GETFD), FD_CLOEXEC);
}

TEST(PosixFileSystem, opening_a_fifo_does_not_wait_for_a_writer) {
  const testing::TempFolder directory;
  const std::string path = directory.path() + "/fifo";
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  PosixFileSystem fs;
  EXPECT_EQ(fs.stat(path)->kind, FileKind::kOther);
  EXPECT_EQ(fs.list(directory.path())->at(0).kind, FileKind::kOther);
  EXPECT_TRUE(fs.open(path, OpenMode::kRead).has_value());
}

TEST(PosixFileSystem, closes_what_it_opened) {
  const testing::TempFolder directory;
  PosixFileSystem fs;
  const auto open_descriptors = [&] { return fs.list("/proc/self/fd")->size(); };
  const std::size_t before = open_descriptors();
  {
    const auto file = fs.open(directory.path() + "/a", OpenMode::kReadWrite);
    const auto lock = fs.lock(directory.path() + "/b");
    const auto refused = fs.lock(directory.path() + "/b");
    EXPECT_TRUE(fs.sync_directory(directory.path()).has_value());
    EXPECT_EQ(open_descriptors(), before + 2);
  }
  EXPECT_EQ(open_descriptors(), before);
}

TEST(PosixFileSystem, modified_times_have_the_kernels_precision) {
  const testing::TempFolder directory;
  const std::string path = directory.path() + "/a";
  PosixFileSystem fs;
  ASSERT_TRUE(fs.open(path, OpenMode::kReadWrite).has_value());
  const timespec times[] = {{1, 2}, {1'767'225'600, 123'456'789}};
  ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
  EXPECT_EQ(unix_nanoseconds(fs.stat(path)->modified), 1'767'225'600'123'456'789);
}

TEST(PosixFileSystem, knows_what_lies_in_memory) {
  PosixFileSystem fs;
  EXPECT_FALSE(*fs.is_memory_backed("/proc"));
  if (!fs.stat("/dev/shm")) GTEST_SKIP() << "no /dev/shm here";
  EXPECT_TRUE(*fs.is_memory_backed("/dev/shm"));
}

TEST(PosixFileSystem, a_full_device_is_reported) {
  PosixFileSystem fs;
  const auto full = fs.open("/dev/full", OpenMode::kReadWrite);
  if (!full) GTEST_SKIP() << full.error().message;
  const std::string_view parts[] = {"text"};
  const Status written = (*full)->write_at(0, parts);
  ASSERT_FALSE(written.has_value());
  EXPECT_EQ(written.error().code, ENOSPC);
  EXPECT_EQ(written.error().message, "write /dev/full: No space left on device");
}

}  // namespace
}  // namespace tailrace
