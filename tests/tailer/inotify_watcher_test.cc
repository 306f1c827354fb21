// The kernel's file events, on real files: act, then take what there is.
#include "tailer/inotify_watcher.h"

#include <poll.h>
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/temp_folder.h"

namespace tailrace::tailer {
namespace {

namespace fs = std::filesystem;
using EventKind = FileEvent::Kind;

class InotifyWatcherTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto created = InotifyWatcher::create();
    ASSERT_TRUE(created) << created.error().message;
    watcher_ = std::move(*created);
  }

  std::unique_ptr<File> open(const std::string& name) {
    auto file = file_system_.open(folder_.path(name), OpenMode::kRead);
    EXPECT_TRUE(file) << file.error().message;
    return std::move(*file);
  }

  // "<token>:<name>" of directory events, "<token>~" of modifications, "overflow"; sorted.
  std::vector<std::string> take() {
    std::vector<std::string> result;
    for (const FileEvent& event : watcher_->take_events()) {
      const std::string token = std::to_string(event.token);
      result.push_back(event.kind == EventKind::kOverflow    ? "overflow"
                       : event.kind == EventKind::kDirectory ? token + ":" + event.name
                                                             : token + "~" + event.name);
    }
    std::sort(result.begin(), result.end());
    return result;
  }

  using Texts = std::vector<std::string>;

  testing::TempFolder folder_;
  PosixFileSystem file_system_;
  std::unique_ptr<InotifyWatcher> watcher_;
};

TEST_F(InotifyWatcherTest, tells_that_an_open_file_grew_whatever_its_name_became) {
  folder_.append("a", "1\n");
  const auto file = open("a");
  ASSERT_TRUE(watcher_->watch_file(7, *file));
  EXPECT_EQ(take(), Texts{});
  folder_.append("a", "2\n");
  EXPECT_EQ(take(), Texts{"7~"});
  EXPECT_EQ(take(), Texts{});
  fs::rename(folder_.path("a"), folder_.path("a.1"));
  folder_.append("a", "of another file\n");
  EXPECT_EQ(take(), Texts{});
  folder_.append("a.1", "3\n");
  EXPECT_EQ(take(), Texts{"7~"});
}

TEST_F(InotifyWatcherTest, tells_that_a_file_shrank) {
  folder_.append("a", "123\n");
  const auto file = open("a");
  ASSERT_TRUE(watcher_->watch_file(1, *file));
  fs::resize_file(folder_.path("a"), 0);
  EXPECT_EQ(take(), Texts{"1~"});
}

TEST_F(InotifyWatcherTest, makes_one_event_of_many_writes) {
  folder_.append("a", "");
  folder_.append("b", "");
  const auto a = open("a");
  const auto b = open("b");
  ASSERT_TRUE(watcher_->watch_file(1, *a));
  ASSERT_TRUE(watcher_->watch_file(2, *b));
  for (int i = 0; i < 10; ++i) {
    folder_.append("a", "x");
    folder_.append("b", "x");
  }
  EXPECT_EQ(take(), (Texts{"1~", "2~"}));
}

TEST_F(InotifyWatcherTest, is_readable_exactly_while_there_are_events) {
  folder_.append("a", "");
  const auto file = open("a");
  ASSERT_TRUE(watcher_->watch_file(1, *file));
  pollfd poll_one{.fd = watcher_->descriptor(), .events = POLLIN, .revents = 0};
  EXPECT_EQ(poll(&poll_one, 1, 0), 0);
  folder_.append("a", "x");
  EXPECT_EQ(poll(&poll_one, 1, 0), 1);
  take();
  EXPECT_EQ(poll(&poll_one, 1, 0), 0);
}

TEST_F(InotifyWatcherTest, keeps_two_watches_on_one_inode_apart) {
  folder_.append("a", "");
  fs::create_hard_link(folder_.path("a"), folder_.path("b"));
  const auto a = open("a");
  const auto b = open("b");
  ASSERT_TRUE(watcher_->watch_file(1, *a));
  ASSERT_TRUE(watcher_->watch_file(2, *b));
  folder_.append("a", "x");
  EXPECT_EQ(take(), (Texts{"1~", "2~"}));
  watcher_->unwatch(1);
  folder_.append("a", "x");
  EXPECT_EQ(take(), Texts{"2~"});
  watcher_->unwatch(2);
  folder_.append("a", "x");
  EXPECT_EQ(take(), Texts{});
}

TEST_F(InotifyWatcherTest, tells_no_event_of_before_an_unwatch) {
  folder_.append("a", "");
  const auto file = open("a");
  ASSERT_TRUE(watcher_->watch_file(1, *file));
  folder_.append("a", "x");
  watcher_->unwatch(1);
  EXPECT_EQ(take(), Texts{});
  watcher_->unwatch(1);  // Unknown is fine.

  ASSERT_TRUE(watcher_->watch_file(2, *file));
  folder_.append("a", "x");
  EXPECT_EQ(take(), Texts{"2~"});
}

TEST_F(InotifyWatcherTest, moves_a_token_to_its_new_watch) {
  folder_.append("a", "");
  folder_.append("b", "");
  const auto a = open("a");
  const auto b = open("b");
  ASSERT_TRUE(watcher_->watch_file(1, *a));
  ASSERT_TRUE(watcher_->watch_file(1, *b));
  folder_.append("a", "x");
  EXPECT_EQ(take(), Texts{});
  folder_.append("b", "x");
  EXPECT_EQ(take(), Texts{"1~"});
  ASSERT_TRUE(watcher_->watch_file(1, *b));  // The same again.
  folder_.append("b", "x");
  EXPECT_EQ(take(), Texts{"1~"});
  watcher_->unwatch(1);
  folder_.append("b", "x");
  EXPECT_EQ(take(), Texts{});
}

TEST_F(InotifyWatcherTest, tells_names_that_come_and_go_in_a_directory) {
  fs::create_directory(folder_.path("d"));
  fs::create_directory(folder_.path("d/below"));
  ASSERT_TRUE(watcher_->watch_directory(3, folder_.path("d")));
  folder_.append("d/new", "x");
  EXPECT_EQ(take(), Texts{"3:new"});
  folder_.append("d/new", "more");  // A directory watch does not tell of content.
  EXPECT_EQ(take(), Texts{});
  fs::rename(folder_.path("d/new"), folder_.path("d/new.1"));
  EXPECT_EQ(take(), (Texts{"3:new", "3:new.1"}));
  fs::rename(folder_.path("d/new.1"), folder_.path("away"));
  EXPECT_EQ(take(), Texts{"3:new.1"});
  fs::rename(folder_.path("away"), folder_.path("d/back"));
  EXPECT_EQ(take(), Texts{"3:back"});
  fs::remove(folder_.path("d/back"));
  EXPECT_EQ(take(), Texts{"3:back"});
  fs::create_symlink("nowhere", folder_.path("d/link"));
  EXPECT_EQ(take(), Texts{"3:link"});
  folder_.append("d/below/x", "x");
  EXPECT_EQ(take(), Texts{});
}

TEST_F(InotifyWatcherTest, tells_with_an_empty_name_that_the_directory_went) {
  fs::create_directory(folder_.path("d"));
  ASSERT_TRUE(watcher_->watch_directory(3, folder_.path("d")));
  fs::rename(folder_.path("d"), folder_.path("e"));
  EXPECT_EQ(take(), Texts{"3:"});
  fs::remove(folder_.path("e"));
  EXPECT_EQ(take(), Texts{"3:"});

  // The kernel has ended the watch; the token can be used for the directory's successor.
  fs::create_directory(folder_.path("d"));
  ASSERT_TRUE(watcher_->watch_directory(3, folder_.path("d")));
  folder_.append("d/x", "x");
  EXPECT_EQ(take(), Texts{"3:x"});
}

TEST_F(InotifyWatcherTest, can_unwatch_what_the_kernel_has_unwatched) {
  fs::create_directory(folder_.path("d"));
  ASSERT_TRUE(watcher_->watch_directory(3, folder_.path("d")));
  fs::remove(folder_.path("d"));
  watcher_->unwatch(3);  // IN_IGNORED is still in the queue.
  EXPECT_EQ(take(), Texts{});
  folder_.append("a", "");
  const auto file = open("a");
  ASSERT_TRUE(watcher_->watch_file(3, *file));
  folder_.append("a", "x");
  EXPECT_EQ(take(), Texts{"3~"});
}

TEST_F(InotifyWatcherTest, says_why_it_cannot_watch) {
  folder_.append("a", "");
  const Status missing = watcher_->watch_directory(1, folder_.path("none"));
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ENOENT);
  EXPECT_NE(missing.error().message.find(folder_.path("none")), std::string::npos);
  const Status no_directory = watcher_->watch_directory(1, folder_.path("a"));
  ASSERT_FALSE(no_directory);
  EXPECT_EQ(no_directory.error().code, ENOTDIR);
}

TEST_F(InotifyWatcherTest, keeps_the_old_watch_of_a_token_when_the_new_one_fails) {
  fs::create_directory(folder_.path("d"));
  ASSERT_TRUE(watcher_->watch_directory(1, folder_.path("d")));
  ASSERT_FALSE(watcher_->watch_directory(1, folder_.path("none")));
  folder_.append("d/x", "");
  EXPECT_EQ(take(), Texts{"1:x"});
}

TEST_F(InotifyWatcherTest, tells_that_events_were_lost) {
  std::ifstream limit_file("/proc/sys/fs/inotify/max_queued_events");
  int limit = 0;
  limit_file >> limit;
  if (limit <= 0 || limit > 200'000) GTEST_SKIP() << "max_queued_events is " << limit;
  fs::create_directory(folder_.path("d"));
  ASSERT_TRUE(watcher_->watch_directory(1, folder_.path("d")));
  folder_.append("d/a", "");
  for (int i = 0; i <= limit; ++i) {
    const bool odd = i % 2 == 1;
    fs::rename(folder_.path(odd ? "d/b" : "d/a"), folder_.path(odd ? "d/a" : "d/b"));
  }
  Texts all;
  for (int i = 0; i < 100; ++i) {
    for (const std::string& text : take())
      all.push_back(text);
  }
  EXPECT_EQ(std::count(all.begin(), all.end(), "overflow"), 1);
}

TEST(InotifyWatcher, says_why_it_cannot_be_created) {
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit none{.rlim_cur = 0, .rlim_max = before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  const auto created = InotifyWatcher::create();
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  ASSERT_FALSE(created);
  EXPECT_EQ(created.error().code, EMFILE);
}

}  // namespace
}  // namespace tailrace::tailer
