// Files are recognised by content, and by path and inode only while there is too little of it.
#include "positions/file_identity.h"

#include <cerrno>
#include <string>

#include <gtest/gtest.h>

#include "tests/positions/outbox_fixture.h"

namespace tailrace::positions::testing {
namespace {

std::string text(std::size_t size) {
  std::string made;
  for (std::size_t i = 0; made.size() < size; ++i)
    made += "line " + std::to_string(i) + "\n";
  made.resize(size);
  return made;
}

class FileIdentityTest : public ::testing::Test {
 protected:
  FileIdentity identity(const std::string& content, std::uint64_t offset) {
    files_.overwrite("/f", content);
    auto file = files_.open("/f", OpenMode::kRead);
    auto read = read_identity(**file, offset);
    EXPECT_TRUE(read);
    return *read;
  }
  SameFile compare(const FileIdentity& known, std::uint64_t offset, const std::string& content) {
    files_.overwrite("/g", content);
    auto file = files_.open("/g", OpenMode::kRead);
    const auto same = compare_content(known, offset, **file);
    EXPECT_TRUE(same);
    return same.value_or(SameFile::kUnknown);
  }

  FakeClock clock_;
  MemoryFileSystem files_{clock_};
};

TEST_F(FileIdentityTest, takes_head_and_what_lies_before_the_offset) {
  files_.limit_reads_to(100);
  const FileIdentity one = identity(text(5000), 2000);
  EXPECT_EQ(one.head_bytes, 1024U);
  EXPECT_EQ(one.before_bytes, 64U);
  EXPECT_NE(one.inode, 0U);
  const FileIdentity start = identity(text(100), 0);
  EXPECT_EQ(start.head_bytes, 100U);
  EXPECT_EQ(start.before_bytes, 0U);
  EXPECT_EQ(identity(text(100), 10).before_bytes, 10U);
  EXPECT_EQ(identity("", 0), identity("", 0));
  EXPECT_EQ(identity(text(50), 100).before_bytes, 0U);  // The file is shorter.
}

TEST_F(FileIdentityTest, finds_a_file_again_that_has_grown) {
  const FileIdentity known = identity(text(200), 150);
  EXPECT_EQ(compare(known, 150, text(200)), SameFile::kYes);
  EXPECT_EQ(compare(known, 150, text(9000)), SameFile::kYes);
}

TEST_F(FileIdentityTest, refuses_a_file_with_another_beginning) {
  const FileIdentity known = identity(text(200), 150);
  std::string other = text(9000);
  other[199] = '#';
  EXPECT_EQ(compare(known, 150, other), SameFile::kNo);
}

TEST_F(FileIdentityTest, refuses_a_file_that_was_rewritten_behind_its_head) {
  const FileIdentity known = identity(text(5000), 4000);
  std::string other = text(5000);
  other[3936] = '#';
  EXPECT_EQ(compare(known, 4000, other), SameFile::kNo);
  other = text(5000);
  other[3935] = '#';  // Nobody looks there.
  EXPECT_EQ(compare(known, 4000, other), SameFile::kYes);
}

TEST_F(FileIdentityTest, refuses_a_file_that_is_shorter_than_what_is_known) {
  const FileIdentity known = identity(text(200), 150);
  EXPECT_EQ(compare(known, 150, text(199)), SameFile::kNo);
  EXPECT_EQ(compare(known, 150, ""), SameFile::kNo);
  EXPECT_EQ(compare(identity(text(5000), 4000), 4000, text(3999)), SameFile::kNo);
}

TEST_F(FileIdentityTest, does_not_decide_below_64_bytes) {
  const FileIdentity known = identity(text(63), 63);
  EXPECT_EQ(compare(known, 63, text(63)), SameFile::kUnknown);
  EXPECT_EQ(compare(known, 63, text(1000)), SameFile::kUnknown);
  EXPECT_EQ(compare(known, 63, "#" + text(1000)), SameFile::kNo);
  EXPECT_EQ(compare(identity(text(64), 64), 64, text(64)), SameFile::kYes);
  EXPECT_EQ(compare(identity("", 0), 0, text(500)), SameFile::kUnknown);
}

TEST_F(FileIdentityTest, decides_by_64_bytes_before_the_offset_when_the_head_is_short) {
  FileIdentity known = identity(text(500), 400);
  known.head_bytes = 0;
  known.head_hash = 0;
  EXPECT_EQ(compare(known, 400, text(500)), SameFile::kYes);
}

TEST_F(FileIdentityTest, refuses_an_identity_that_makes_no_sense) {
  FileIdentity known = identity(text(500), 400);
  EXPECT_EQ(compare(known, 10, text(500)), SameFile::kNo);
  known.before_bytes = 65;
  EXPECT_EQ(compare(known, 400, text(500)), SameFile::kNo);
}

TEST_F(FileIdentityTest, grows_its_head_with_the_file) {
  FileIdentity known = identity(text(100), 100);
  files_.overwrite("/f", text(3000));
  auto file = files_.open("/f", OpenMode::kRead);
  EXPECT_EQ(grow_head(**file, known).value_or(false), true);
  EXPECT_EQ(known.head_bytes, 1024U);
  EXPECT_EQ(known.head_hash, identity(text(3000), 0).head_hash);
  EXPECT_EQ(grow_head(**file, known).value_or(true), false);
  FileIdentity same = identity(text(100), 0);
  auto unchanged = files_.open("/f", OpenMode::kRead);
  EXPECT_EQ(grow_head(**unchanged, same).value_or(true), false);
}

TEST_F(FileIdentityTest, compares_the_bytes_before_an_offset_by_themselves) {
  FileIdentity known;
  EXPECT_TRUE(matches_before(known, "anything"));
  set_before(known, text(100));
  EXPECT_EQ(known.before_bytes, 64U);
  EXPECT_TRUE(matches_before(known, text(100)));
  EXPECT_TRUE(matches_before(known, text(100).substr(36)));
  EXPECT_FALSE(matches_before(known, text(100).substr(37)));
  EXPECT_FALSE(matches_before(known, text(99)));
  set_before(known, "");
  EXPECT_EQ(known, FileIdentity{});
}

TEST_F(FileIdentityTest, compares_a_beginning_that_was_decompressed) {
  const FileIdentity known = identity(text(500), 0);
  EXPECT_EQ(compare_head(known, text(700)), SameFile::kYes);
  EXPECT_EQ(compare_head(known, text(499)), SameFile::kNo);
  EXPECT_EQ(compare_head(known, "#" + text(700)), SameFile::kNo);
}

TEST_F(FileIdentityTest, passes_errors_on) {
  const FileIdentity known = identity(text(500), 400);
  auto file = files_.open("/f", OpenMode::kRead);
  FileIdentity grows;
  files_.fail_on(Operation::kRead, "/f", EIO);
  EXPECT_FALSE(read_identity(**file, 0));
  EXPECT_FALSE(grow_head(**file, grows));
  EXPECT_FALSE(compare_content(known, 400, **file));
  files_.clear_failures();
  files_.fail_on(Operation::kStat, "/f", EIO);
  EXPECT_FALSE(read_identity(**file, 0));
}

TEST(SameInode, wants_device_and_inode) {
  EXPECT_TRUE(same_inode({.device = 1, .inode = 2}, {.device = 1, .inode = 2, .head_bytes = 5}));
  EXPECT_FALSE(same_inode({.device = 1, .inode = 2}, {.device = 2, .inode = 2}));
  EXPECT_FALSE(same_inode({.device = 1, .inode = 2}, {.device = 1, .inode = 3}));
}

}  // namespace
}  // namespace tailrace::positions::testing
