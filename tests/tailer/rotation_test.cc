// What rotation makes of names, and how content is told apart.
#include "tailer/rotation.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/fakes/fake_clock.h"
#include "tests/fakes/memory_file_system.h"

namespace tailrace::tailer {
namespace {

using testing::FakeClock;
using testing::MemoryFileSystem;

TEST(Rotation, a_family_is_the_name_before_numbers_and_dates) {
  struct Case {
    std::string path;
    std::string family;
  };
  const std::vector<Case> cases = {
      {"/a/x.log", "/a/x.log"},
      {"/a/x.log.1", "/a/x.log"},
      {"/a/x.log.12.gz", "/a/x.log"},
      {"/a/x.log.gz", "/a/x.log"},
      {"/a/x.log-20260101", "/a/x.log"},
      {"/a/x.log-20260101.zst", "/a/x.log"},
      {"/a/x.log.2026-01-01-10", "/a/x.log"},
      {"/a/x.log.2026-01-01T10:00:00Z", "/a/x.log.2026-01-01T10:00:00Z"},
      {"/a/x-20260101.log", "/a/x.log"},
      {"/a/x.1.log", "/a/x.log"},
      {"/a/x_3.log.bz2", "/a/x.log"},
      {"/a/0.log", "/a/0.log"},
      {"/a/v1x.log", "/a/v1x.log"},
      {"/a/x.log.1a", "/a/x.log.1a"},
      {"/a/.1", "/a/.1"},
      {"/1", "/1"},
      {"/a/x", "/a/x"},
      {"/a/cutT-2", "/a/cutT"},
      {"/a/GMT:+_7", "/a/GMT:+"},
      {"/a/xZ-", "/a/xZ-"},
  };
  for (const Case& test : cases)
    EXPECT_EQ(family_of(test.path), test.family) << test.path;
}

TEST(Rotation, a_generation_is_the_name_and_a_number_or_date) {
  EXPECT_TRUE(is_generation_of("/a/x.log.1", "/a/x.log"));
  EXPECT_TRUE(is_generation_of("/a/x.log-20260101", "/a/x.log"));
  EXPECT_TRUE(is_generation_of("/a/x.log.1.gz", "/a/x.log"));
  EXPECT_TRUE(is_generation_of("/a/x.log.2026-01-01T10:00:00Z", "/a/x.log"));
  EXPECT_FALSE(is_generation_of("/a/x.log", "/a/x.log"));
  EXPECT_FALSE(is_generation_of("/a/x.log.gz", "/a/x.log"));
  EXPECT_FALSE(is_generation_of("/a/x.log.old", "/a/x.log"));
  EXPECT_FALSE(is_generation_of("/a/x.log1", "/a/x.log"));
  EXPECT_FALSE(is_generation_of("/a/x.log_1", "/a/x.log"));
  EXPECT_FALSE(is_generation_of("/a/x.log.1.tmp", "/a/x.log"));
  EXPECT_FALSE(is_generation_of("/a/y.log.1", "/a/x.log"));
}

TEST(Rotation, small_numbers_count_up_with_age_and_dates_count_down) {
  EXPECT_GT(generation_rank("/x.1", "/x"), generation_rank("/x.2", "/x"));
  EXPECT_GT(generation_rank("/x.9.gz", "/x"), generation_rank("/x.10", "/x"));
  EXPECT_GT(generation_rank("/x-20260102", "/x"), generation_rank("/x-20260101", "/x"));
  EXPECT_GT(generation_rank("/x-2026-01-02-10", "/x"), generation_rank("/x-2026-01-02-09", "/x"));
}

TEST(Rotation, a_compression_counts_only_where_the_name_had_none) {
  using Format = config::DecompressionConfig::Format;
  EXPECT_EQ(compressed_meanwhile("/x.log.1.gz", "/x.log"), Format::kGzip);
  EXPECT_EQ(compressed_meanwhile("/x.log.1.bz2", "/x.log"), Format::kBzip2);
  EXPECT_EQ(compressed_meanwhile("/x.log.1.zst", "/x.log"), Format::kZstd);
  EXPECT_EQ(compressed_meanwhile("/x.log.1", "/x.log"), std::nullopt);
  EXPECT_EQ(compressed_meanwhile("/x.log.2.gz", "/x.log.1.gz"), std::nullopt);
}

TEST(Rotation, paths_are_taken_apart_and_put_together) {
  EXPECT_EQ(directory_of("/a/b"), "/a");
  EXPECT_EQ(directory_of("/b"), "/");
  EXPECT_EQ(directory_of("b"), ".");
  EXPECT_EQ(base_name("/a/b"), "b");
  EXPECT_EQ(join_path("/a", "b"), "/a/b");
  EXPECT_EQ(join_path("/", "b"), "/b");
}

class RotationContent : public ::testing::Test {
 protected:
  std::unique_ptr<File> open(const std::string& path) {
    return std::move(*fs_.open(path, OpenMode::kRead));
  }
  ResumePoint point_of(const std::string& path, SourcePosition position) {
    ResumePoint point;
    point.path = point.label_path = path;
    const std::unique_ptr<File> file = open(path);
    const FileHead head = *read_head(*file);
    point.identity.head_hash = head.hash;
    point.identity.head_bytes = head.bytes;
    point.position = position;
    const std::string text = *fs_.content(path);
    const std::size_t before = std::min<std::size_t>(kBeforeBytes, position);
    point.identity.before_bytes = static_cast<std::uint32_t>(before);
    point.identity.before_hash =
        fingerprint(std::span<const char>(text).subspan(position - before, before));
    return point;
  }
  ContentMatch match(const std::string& path, const ResumePoint& point) {
    return match_content(*open(path), point);
  }
  std::vector<Candidate> all() { return list_files(fs_, "/d"); }

  FakeClock clock_;
  MemoryFileSystem fs_{clock_};
};

TEST_F(RotationContent, a_head_does_not_count_nul_bytes_at_its_end) {
  fs_.append("/d/x", std::string("ab\0c", 4) + std::string(100, '\0'));
  EXPECT_EQ(read_head(*open("/d/x"))->bytes, 4U);
  fs_.append("/d/n", std::string(100, '\0'));
  EXPECT_EQ(read_head(*open("/d/n"))->bytes, 0U);
  fs_.append("/d/long", std::string(5000, 'a'));
  EXPECT_EQ(read_head(*open("/d/long"))->bytes, kHeadBytes);
}

TEST_F(RotationContent, matching_compares_the_beginning_and_the_bytes_before_the_position) {
  const std::string head(2000, 'h');
  fs_.append("/d/x", head + "first\n");
  const ResumePoint point = point_of("/d/x", 2006);
  EXPECT_EQ(match("/d/x", point).kind, ContentMatch::Kind::kSame);
  EXPECT_TRUE(match("/d/x", point).proven());

  fs_.append("/d/longer", head + "first\nmore\n");
  EXPECT_EQ(match("/d/longer", point).kind, ContentMatch::Kind::kSame);
  fs_.append("/d/other_later", head + "other\n");
  EXPECT_EQ(match("/d/other_later", point).kind, ContentMatch::Kind::kOther);
  fs_.append("/d/shorter", head);
  EXPECT_EQ(match("/d/shorter", point).kind, ContentMatch::Kind::kShorter);
  fs_.append("/d/other", "x" + head + "first\n");
  EXPECT_EQ(match("/d/other", point).kind, ContentMatch::Kind::kOther);
  fs_.append("/d/empty", "");
  EXPECT_EQ(match("/d/empty", point).kind, ContentMatch::Kind::kOther);
}

TEST_F(RotationContent, little_content_proves_little) {
  fs_.append("/d/x", "a1\n");
  EXPECT_FALSE(match("/d/x", point_of("/d/x", 3)).proven());
  ResumePoint nothing;
  EXPECT_EQ(match("/d/x", nothing).kind, ContentMatch::Kind::kSame);
  EXPECT_EQ(match("/d/x", nothing).proof_bytes, 0U);
}

TEST_F(RotationContent, a_copy_that_reaches_the_position_is_better_than_a_shorter_one) {
  const std::string head(2000, 'h');
  fs_.append("/d/x", head + "first\n");
  const ResumePoint point = point_of("/d/x", 2006);
  clock_.advance(std::chrono::seconds(1));
  fs_.append("/d/x.1", head + "first\nrest\n");
  clock_.advance(std::chrono::seconds(1));
  fs_.append("/d/x.2", head);
  fs_.overwrite("/d/x", "new");
  const auto found = find_copy(fs_, point, all(), Proof::kNeeded);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->file.path, "/d/x.1");
  ASSERT_TRUE(fs_.remove("/d/x.1"));
  EXPECT_EQ(find_copy(fs_, point, all(), Proof::kNeeded)->match.kind, ContentMatch::Kind::kShorter);
}

TEST_F(RotationContent, little_will_do_only_in_the_family_and_when_told_so) {
  fs_.append("/d/x", "a1\n");
  ResumePoint point = point_of("/d/x", 3);
  point.modified_ns = unix_nanoseconds(clock_.wall_now());
  clock_.advance(std::chrono::seconds(1));
  fs_.append("/d/y.1", "a1\na2\n");
  fs_.append("/d/x.2", "a1\na2\n");
  clock_.advance(std::chrono::seconds(1));
  fs_.append("/d/x.1", "a1\nsomething later\n");
  fs_.overwrite("/d/x", "new");
  EXPECT_FALSE(find_copy(fs_, point, all(), Proof::kNeeded));
  const auto found = find_copy(fs_, point, all(), Proof::kLittleWillDo);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->file.path, "/d/x.2");
  point.modified_ns = unix_nanoseconds(clock_.wall_now()) + 1;
  EXPECT_FALSE(find_copy(fs_, point, all(), Proof::kLittleWillDo));
}

}  // namespace
}  // namespace tailrace::tailer
