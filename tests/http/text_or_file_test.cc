// A file is read once for each of its contents.
#include "http/text_or_file.h"

#include <cerrno>
#include <filesystem>

#include <gtest/gtest.h>

#include "tests/support/temp_folder.h"

namespace tailrace::http {
namespace {

using tailrace::testing::TempFolder;

TEST(TextOrFile, a_text_stays) {
  TextOrFile text("abc", "");
  EXPECT_FALSE(text.refresh().value());
  EXPECT_EQ(text.text(), "abc");
}

TEST(TextOrFile, a_file_is_read_when_it_is_another_one) {
  const TempFolder folder;
  folder.append("a", "one");
  TextOrFile text("", folder.path("a"));
  EXPECT_EQ(text.text(), "");
  EXPECT_TRUE(text.refresh().value());
  EXPECT_EQ(text.text(), "one");
  EXPECT_FALSE(text.refresh().value());
  folder.append("b", std::string(100'000, 'x'));
  std::filesystem::rename(folder.path("b"), folder.path("a"));
  EXPECT_TRUE(text.refresh().value());
  EXPECT_EQ(text.text(), std::string(100'000, 'x'));
  folder.append("a", "y");
  EXPECT_TRUE(text.refresh().value());
  EXPECT_EQ(text.text(), std::string(100'000, 'x') + "y");
}

TEST(TextOrFile, what_cannot_be_read_changes_nothing) {
  const TempFolder folder;
  folder.append("a", "one");
  TextOrFile text("", folder.path("a"));
  EXPECT_TRUE(text.refresh());
  std::filesystem::remove(folder.path("a"));
  const auto gone = text.refresh();
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().code, ENOENT);
  EXPECT_EQ(gone.error().message, "read " + folder.path("a") + ": No such file or directory");
  std::filesystem::create_directory(folder.path("a"));
  const auto directory = text.refresh();
  ASSERT_FALSE(directory);
  EXPECT_EQ(directory.error().code, EISDIR);
  std::filesystem::remove(folder.path("a"));
  folder.append("a", std::string((1U << 20U) + 1, 'x'));
  const auto large = text.refresh();
  ASSERT_FALSE(large);
  EXPECT_EQ(large.error().code, EFBIG);
  EXPECT_EQ(text.text(), "one");
}

}  // namespace
}  // namespace tailrace::http
