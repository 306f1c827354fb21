// A compressed file that reads as the plain one.
#include "tailer/decompressed_view.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/fakes/fake_clock.h"
#include "tests/fakes/memory_file_system.h"
#include "tests/support/pack.h"

namespace tailrace::tailer {
namespace {

using Format = config::DecompressionConfig::Format;

class DecompressedViewTest : public ::testing::Test {
 protected:
  std::unique_ptr<File> open(Format format = Format::kGzip) {
    return std::move(*DecompressedView::open(std::move(*fs_.open("/x", OpenMode::kRead)), format));
  }
  static std::string read(File& file, std::uint64_t offset, std::size_t bytes) {
    std::string text(bytes, '?');
    text.resize(file.read_at(offset, text).value_or(0));
    return text;
  }

  testing::FakeClock clock_;
  testing::MemoryFileSystem fs_{clock_};
};

TEST_F(DecompressedViewTest, reads_any_range_in_any_order) {
  std::string text;
  for (int i = 0; i < 100'000; ++i)
    text += std::to_string(i) + "\n";
  for (const Format format : {Format::kGzip, Format::kBzip2, Format::kZstd}) {
    fs_.overwrite("/x", testing::pack(format, text));
    const std::unique_ptr<File> file = open(format);
    for (const std::size_t offset : {0UL, 100UL, 300'000UL, 299'936UL, 10UL, 500'000UL}) {
      EXPECT_EQ(read(*file, offset, 1000), text.substr(offset, 1000)) << offset;
    }
    EXPECT_EQ(read(*file, text.size() - 3, 100), text.substr(text.size() - 3));
    EXPECT_EQ(read(*file, text.size(), 100), "");
    EXPECT_EQ(read(*file, text.size() + 1000, 100), "");
  }
}

TEST_F(DecompressedViewTest, goes_on_when_the_stored_file_grows) {
  const std::string first = testing::pack(Format::kGzip, "first\n");
  fs_.append("/x", first.substr(0, 12));
  const std::unique_ptr<File> file = open();
  read(*file, 0, 100);
  fs_.append("/x", first.substr(12) + testing::pack(Format::kGzip, "second\n"));
  EXPECT_EQ(read(*file, 0, 100), "first\nsecond\n");
}

TEST_F(DecompressedViewTest, ends_where_damage_begins) {
  fs_.append("/x", testing::pack(Format::kGzip, "good\n") + "no member");
  EXPECT_EQ(read(*open(), 0, 100), "good\n");
  fs_.overwrite("/x", "nothing of this is compressed");
  EXPECT_EQ(read(*open(), 0, 100), "");
}

TEST_F(DecompressedViewTest, passes_errors_on_and_is_read_only) {
  fs_.append("/x", testing::pack(Format::kGzip, "a"));
  const std::unique_ptr<File> file = open();
  fs_.fail_on(testing::Operation::kRead, "/x", EIO, 1);
  std::string buffer(10, ' ');
  EXPECT_EQ(file->read_at(0, buffer).error().code, EIO);
  EXPECT_EQ(file->stat()->inode, fs_.stat("/x")->inode);
  EXPECT_EQ(*file->next_data(5), 5U);
  EXPECT_EQ(file->write_at(0, {}).error().code, EBADF);
  EXPECT_EQ(file->truncate(0).error().code, EBADF);
  EXPECT_EQ(file->sync().error().code, EBADF);
  EXPECT_EQ(file->reserve(0, 1).error().code, EBADF);
}

}  // namespace
}  // namespace tailrace::tailer
