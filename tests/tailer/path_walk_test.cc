// What path patterns find on a disk, and which directories are to be watched for them.
#include "tailer/path_walk.h"

#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tailer/path_glob.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/memory_file_system.h"
#include "tests/support/temp_folder.h"

namespace tailrace::tailer {
namespace {

using Paths = std::vector<std::string>;

class PathWalkTest : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const char* path : {"/l/a.log", "/l/b.log", "/l/.hidden.log", "/l/c.txt", "/l/a[1].log",
                             "/l/d/x.log", "/l/d/e/y.log", "/l/f.log/inner", "/m/a.log"}) {
      file_system_.append(path, "x\n");
    }
  }

  PathGlob::Matches find(const std::string& pattern) {
    const auto glob = PathGlob::parse(pattern);
    EXPECT_TRUE(glob) << pattern;
    return glob->find(file_system_);
  }
  Paths files(const std::string& pattern) { return find(pattern).files; }
  Paths directories(const std::string& pattern) { return find(pattern).directories; }

  testing::FakeClock clock_;
  testing::MemoryFileSystem file_system_{clock_};
};

TEST_F(PathWalkTest, finds_files_by_pattern) {
  struct FindCase {
    const char* pattern;
    Paths files;
  };
  const std::vector<FindCase> cases = {
      {"/l/a.log", {"/l/a.log"}},
      {"/l/none.log", {}},
      {"/l/*.log", {"/l/.hidden.log", "/l/a.log", "/l/a[1].log", "/l/b.log"}},  // Not f.log/.
      {"/l/?.log", {"/l/a.log", "/l/b.log"}},
      {"/l", {}},
      {"/l/d", {}},
      {"/l/*/x.log", {"/l/d/x.log"}},
      {"/*/a.log", {"/l/a.log", "/m/a.log"}},
      {"/l/**/*.log",
       {"/l/.hidden.log", "/l/a.log", "/l/a[1].log", "/l/b.log", "/l/d/e/y.log", "/l/d/x.log"}},
      {"/l/d/**", {"/l/d/e/y.log", "/l/d/x.log"}},
      {"/l/a.log/**", {"/l/a.log"}},
      {"/l/*.txt/**", {"/l/c.txt"}},
      {"/**/y.log", {"/l/d/e/y.log"}},
      {"/l/**/e/**/y.log", {"/l/d/e/y.log"}},
      {"/l/**/**/x.log", {"/l/d/x.log"}},
      {"{/l/a.log,/m/*.log}", {"/l/a.log", "/m/a.log"}},
      {"/l/{a,b,a}.log", {"/l/a.log", "/l/b.log"}},
      {"/l//d/./x.log", {"/l//d/./x.log"}},  // There is such a file: its text stays.
      {"/l//d/./?.log", {"/l/d/x.log"}},
      {"/m/../l/a.log", {"/m/../l/a.log"}},
      {"/l/a[1].log", {"/l/a[1].log"}},  // Not a class when there is such a file.
      {"/l/a[12].log", {}},
      {"/none/*.log", {}},
      {"/l/a.log/x", {}},
      {"l/*.log", {}},
  };
  for (const FindCase& one : cases)
    EXPECT_EQ(files(one.pattern), one.files) << one.pattern;
}

TEST_F(PathWalkTest, finds_exactly_what_matches_by_text) {
  const Paths all = files("/**");
  EXPECT_EQ(all.size(), 9U);
  for (const char* pattern :
       {"/l/**/*.log", "/**/?.log", "/l/*", "/*/*/*", "/l/d/**", "/**/e/**"}) {
    const auto glob = PathGlob::parse(pattern);
    Paths expected;
    for (const std::string& path : all) {
      if (glob->matches(path)) expected.push_back(path);
    }
    EXPECT_EQ(glob->expand(file_system_), expected) << pattern;
  }
}

TEST_F(PathWalkTest, finds_files_of_a_relative_pattern) {
  const auto glob = PathGlob::parse("d/*.log", {.working_directory = "/l"});
  EXPECT_EQ(glob->expand(file_system_), Paths{"/l/d/x.log"});
  const auto literal = PathGlob::parse("a[1].log", {.working_directory = "/l"});
  EXPECT_EQ(literal->expand(file_system_), Paths{"/l/a[1].log"});
}

TEST_F(PathWalkTest, follows_links_to_files_and_directories) {
  ASSERT_TRUE(file_system_.symlink("/m/a.log", "/l/link.log"));
  ASSERT_TRUE(file_system_.symlink("/l/d", "/m/dir"));
  ASSERT_TRUE(file_system_.symlink("/nowhere", "/l/dangling.log"));
  EXPECT_EQ(files("/l/link.log"), Paths{"/l/link.log"});
  EXPECT_EQ(files("/l/{link,dangling}*"), Paths{"/l/link.log"});
  EXPECT_EQ(files("/l/dangling.log"), Paths{});
  EXPECT_EQ(files("/m/dir/*.log"), Paths{"/m/dir/x.log"});
  EXPECT_EQ(files("/m/*/x.log"), Paths{"/m/dir/x.log"});
  EXPECT_EQ(files("/m/**/?.log"), (Paths{"/m/a.log", "/m/dir/e/y.log", "/m/dir/x.log"}));
  EXPECT_EQ(files("/m/*"), Paths{"/m/a.log"});
}

TEST_F(PathWalkTest, ends_in_a_loop_of_links_with_each_file_once) {
  ASSERT_TRUE(file_system_.symlink("/l", "/l/d/loop"));
  ASSERT_TRUE(file_system_.symlink("/l/d", "/l/d/e/self"));
  EXPECT_EQ(files("/l/**/[xy].log"), (Paths{"/l/d/e/y.log", "/l/d/x.log"}));
  EXPECT_EQ(files("/l/**/d/**/[xy].log"), (Paths{"/l/d/e/y.log", "/l/d/x.log"}));
}

TEST_F(PathWalkTest, ignores_what_cannot_be_read) {
  file_system_.fail_on(testing::Operation::kList, "/l/d", EACCES);
  EXPECT_EQ(files("/l/**/[ax].log"), Paths{"/l/a.log"});
  EXPECT_EQ(files("/l/d/*"), Paths{});
  EXPECT_EQ(files("/l/d/x.log"), Paths{"/l/d/x.log"});
}

TEST_F(PathWalkTest, leaves_out_trees_that_are_too_deep) {
  std::string path = "/deep";
  for (int i = 0; i < 300; ++i)
    path += "/d";
  file_system_.append(path + "/x.log", "x");
  file_system_.append("/deep/d/x.log", "x");
  EXPECT_EQ(files("/deep/**/x.log"), Paths{"/deep/d/x.log"});
}

TEST_F(PathWalkTest, watches_where_a_match_may_appear) {
  struct WatchCase {
    const char* pattern;
    Paths directories;
  };
  const std::vector<WatchCase> cases = {
      {"/l/a.log", {"/l"}},
      {"/l/none.log", {"/l"}},
      {"/l/*.log", {"/l"}},
      {"/l/d/*.log", {"/l/d"}},
      {"/l/*/x.log", {"/l", "/l/d", "/l/f.log"}},
      {"/l/**/x.log", {"/l", "/l/d", "/l/d/e", "/l/f.log"}},
      {"/none/x/*.log", {"/"}},
      {"/l/none/x/*.log", {"/l"}},
      {"{/l/d,/m}/*.log", {"/l/d", "/m"}},
      {"/l/d", {"/l"}},
      {"/l//d/../a.log", {"/l"}},
  };
  for (const WatchCase& one : cases) {
    EXPECT_EQ(directories(one.pattern), one.directories) << one.pattern;
    EXPECT_EQ(PathGlob::parse(one.pattern)->watch_directories(file_system_), one.directories);
  }
}

TEST_F(PathWalkTest, watches_the_folders_behind_links) {
  ASSERT_TRUE(file_system_.symlink("/m/a.log", "/l/link.log"));
  EXPECT_EQ(directories("/l/link.log"), (Paths{"/l", "/m"}));
  EXPECT_EQ(directories("/l/l*.log"), (Paths{"/l", "/m"}));
  EXPECT_EQ(directories("/l/**/link.log"), (Paths{"/l", "/l/d", "/l/d/e", "/l/f.log", "/m"}));
  EXPECT_EQ(directories("/l/d/**"), (Paths{"/l/d", "/l/d/e"}));

  // A directory that is a link may be pointed elsewhere.
  ASSERT_TRUE(file_system_.symlink("/l/d", "/m/dir"));
  EXPECT_EQ(directories("/m/dir/*.log"), (Paths{"/m", "/m/dir"}));
}

TEST_F(PathWalkTest, finds_regular_files_only) {
  const testing::TempFolder folder;
  PosixFileSystem file_system;
  folder.append("a.log", "x");
  ASSERT_EQ(mkfifo(folder.path("pipe.log").c_str(), 0600), 0);
  std::filesystem::create_directory(folder.path("d"));
  folder.append("d/b.log", "x");
  const auto find_real = [&](const std::string& pattern) {
    return PathGlob::parse(folder.path(pattern))->expand(file_system);
  };
  EXPECT_EQ(find_real("*.log"), Paths{folder.path("a.log")});
  EXPECT_EQ(find_real("pipe.log"), Paths{});
  EXPECT_EQ(find_real("**"), (Paths{folder.path("a.log"), folder.path("d/b.log")}));
}

}  // namespace
}  // namespace tailrace::tailer
