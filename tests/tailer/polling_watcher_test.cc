// Looking for changes: what is seen, and when it is looked for.
#include "tailer/polling_watcher.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/fakes/fake_clock.h"
#include "tests/fakes/memory_file_system.h"

namespace tailrace::tailer {
namespace {

using std::chrono::milliseconds;
using Texts = std::vector<std::string>;

class PollingWatcherTest : public ::testing::Test {
 protected:
  void SetUp() override {
    file_system_.append("/d/a", "1\n");
    clock_.advance(std::chrono::seconds(10));
  }

  std::unique_ptr<File> open(const std::string& path) {
    auto file = file_system_.open(path, OpenMode::kRead);
    EXPECT_TRUE(file);
    return std::move(*file);
  }
  // "<token>~" and "<token>:<name>", sorted.
  Texts take() {
    Texts result;
    for (const FileEvent& event : watcher_.take_events()) {
      const bool directory = event.kind == FileEvent::Kind::kDirectory;
      result.push_back(std::to_string(event.token) + (directory ? ":" : "~") + event.name);
    }
    std::sort(result.begin(), result.end());
    return result;
  }
  // What is seen one shortest period later.
  Texts take_later() {
    clock_.advance(milliseconds(100));
    return take();
  }

  testing::FakeClock clock_;
  testing::MemoryFileSystem file_system_{clock_};
  PollingWatcher watcher_{
      file_system_,
      clock_,
      {.min_poll_frequency = milliseconds(100), .max_poll_frequency = milliseconds(400)}};
};

TEST_F(PollingWatcherTest, sees_that_a_file_changed) {
  const auto file = open("/d/a");
  ASSERT_TRUE(watcher_.watch_file(1, *file));
  EXPECT_EQ(take_later(), Texts{});
  file_system_.append("/d/a", "2\n");
  clock_.advance(milliseconds(100));
  EXPECT_EQ(take_later(), Texts{"1~"});
  EXPECT_EQ(take_later(), Texts{});
  file_system_.overwrite("/d/a", "xxxx");  // The same size at another time.
  clock_.advance(milliseconds(100));
  EXPECT_EQ(take_later(), Texts{"1~"});
  file_system_.overwrite("/d/a", "");
  EXPECT_EQ(take_later(), Texts{"1~"});
  EXPECT_EQ(watcher_.descriptor(), -1);
}

TEST_F(PollingWatcherTest, looks_less_often_at_what_does_not_change) {
  const auto file = open("/d/a");
  EXPECT_EQ(watcher_.next_look(), SteadyTime::max());
  ASSERT_TRUE(watcher_.watch_file(1, *file));
  file_system_.append("/d/a", "x");  // Not seen before its time.
  clock_.advance(milliseconds(99));
  EXPECT_EQ(take(), Texts{});
  clock_.advance(milliseconds(1));
  EXPECT_EQ(take(), Texts{"1~"});
  for (const int pause : {100, 200, 400, 400}) {
    EXPECT_EQ(watcher_.next_look() - clock_.steady_now(), milliseconds(pause));
    clock_.advance(milliseconds(pause - 1));
    EXPECT_EQ(take(), Texts{}) << pause;
    clock_.advance(milliseconds(1));
    EXPECT_EQ(take(), Texts{}) << pause;
  }
  file_system_.append("/d/a", "x");
  clock_.advance(milliseconds(400));
  EXPECT_EQ(take(), Texts{"1~"});
  EXPECT_EQ(watcher_.next_look() - clock_.steady_now(), milliseconds(100));  // Lively again.
}

TEST_F(PollingWatcherTest, sees_names_come_and_go_and_change_their_file) {
  ASSERT_TRUE(watcher_.watch_directory(2, "/d"));
  EXPECT_EQ(take_later(), Texts{});
  file_system_.append("/d/b", "x");
  clock_.advance(milliseconds(400));
  EXPECT_EQ(take(), Texts{"2:b"});
  ASSERT_TRUE(file_system_.rename("/d/b", "/d/c"));
  EXPECT_EQ(take_later(), (Texts{"2:b", "2:c"}));
  ASSERT_TRUE(file_system_.rename("/d/c", "/d/a"));
  EXPECT_EQ(take_later(), (Texts{"2:a", "2:c"}));
  ASSERT_TRUE(file_system_.remove("/d/a"));
  EXPECT_EQ(take_later(), Texts{"2:a"});
  file_system_.append("/d/below/x", "x");
  EXPECT_EQ(take_later(), Texts{"2:below"});
  file_system_.append("/d/below/y", "x");
  EXPECT_EQ(take_later(), Texts{});
}

TEST_F(PollingWatcherTest, sees_a_change_within_the_grain_of_time) {
  ASSERT_TRUE(watcher_.watch_directory(2, "/d"));
  file_system_.append("/d/b", "x");
  clock_.advance(milliseconds(100));
  EXPECT_EQ(take(), Texts{"2:b"});
  // The clock of the file system stands still while the next file comes.
  clock_.step_wall(milliseconds(-100));
  file_system_.append("/d/c", "x");
  clock_.step_wall(milliseconds(100));
  EXPECT_EQ(take_later(), Texts{"2:c"});
}

TEST_F(PollingWatcherTest, does_not_list_a_directory_that_rests) {
  ASSERT_TRUE(watcher_.watch_directory(2, "/d"));
  file_system_.fail_on(testing::Operation::kList, "/d", EIO);
  file_system_.fail_on(testing::Operation::kStat, "/d/a", EIO);
  EXPECT_EQ(take_later(), Texts{});
  file_system_.clear_failures();
  EXPECT_EQ(take_later(), Texts{});
}

TEST_F(PollingWatcherTest, sees_that_the_directory_went_and_came_back) {
  ASSERT_TRUE(watcher_.watch_directory(2, "/d"));
  ASSERT_TRUE(file_system_.rename("/d", "/e"));
  EXPECT_EQ(take_later(), Texts{"2:"});
  EXPECT_EQ(take_later(), Texts{});  // Once.
  file_system_.append("/d/n", "x");
  clock_.advance(milliseconds(400));
  EXPECT_EQ(take(), (Texts{"2:a", "2:n"}));

  ASSERT_TRUE(file_system_.rename("/d", "/f"));
  ASSERT_TRUE(file_system_.rename("/e", "/d"));  // Another one between two looks.
  EXPECT_EQ(take_later(), (Texts{"2:", "2:a", "2:n"}));
}

TEST_F(PollingWatcherTest, says_once_that_it_cannot_look) {
  const auto file = open("/d/a");
  ASSERT_TRUE(watcher_.watch_file(1, *file));
  file_system_.fail_on(testing::Operation::kStat, "/d/a", EIO, 2);
  EXPECT_EQ(take_later(), Texts{"1~"});
  EXPECT_EQ(take_later(), Texts{});
  clock_.advance(milliseconds(200));
  EXPECT_EQ(take(), Texts{"1~"});  // It can again.
}

TEST_F(PollingWatcherTest, forgets_what_is_unwatched) {
  const auto file = open("/d/a");
  ASSERT_TRUE(watcher_.watch_file(1, *file));
  ASSERT_TRUE(watcher_.watch_directory(2, "/d"));
  watcher_.unwatch(1);
  watcher_.unwatch(2);
  watcher_.unwatch(3);
  file_system_.append("/d/a", "x");
  file_system_.append("/d/b", "x");
  EXPECT_EQ(take_later(), Texts{});
  EXPECT_EQ(watcher_.next_look(), SteadyTime::max());
}

TEST_F(PollingWatcherTest, refuses_what_is_not_there) {
  const Status missing = watcher_.watch_directory(1, "/none");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ENOENT);
  EXPECT_FALSE(watcher_.watch_directory(1, "/d/a"));
  const auto file = open("/d/a");
  file_system_.fail_on(testing::Operation::kStat, "/d/a", EIO, 1);
  EXPECT_FALSE(watcher_.watch_file(1, *file));
}

TEST(PollingWatcher, never_spins) {
  testing::FakeClock clock;
  testing::MemoryFileSystem file_system(clock);
  file_system.append("/a", "x");
  const auto file = file_system.open("/a", OpenMode::kRead);
  PollingWatcher watcher(file_system, clock,
                         {.min_poll_frequency = milliseconds(0), .max_poll_frequency = {}});
  ASSERT_TRUE(watcher.watch_file(1, **file));
  EXPECT_GE(watcher.next_look() - clock.steady_now(), milliseconds(1));
}

}  // namespace
}  // namespace tailrace::tailer
