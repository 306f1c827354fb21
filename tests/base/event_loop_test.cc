// The event loop on pipes and sockets: readiness, deadlines, waking, changes from within callbacks.
#include "base/event_loop.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "tests/fakes/fake_clock.h"

namespace tailrace {
namespace {

// Two connected sockets.
class Pair {
 public:
  Pair() { EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends_), 0); }
  ~Pair() {
    close_near();
    close_far();
  }
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;
  int near_end() const { return ends_[0]; }
  void send() { EXPECT_EQ(::write(ends_[1], "x", 1), 1); }
  void receive() {
    char byte = 0;
    EXPECT_EQ(::read(ends_[0], &byte, 1), 1);
  }
  void close_near() { close_end(ends_[0]); }
  void close_far() { close_end(ends_[1]); }

 private:
  static void close_end(int& end) {
    if (end >= 0) ::close(end);
    end = -1;
  }
  int ends_[2] = {-1, -1};
};

class EventLoopTest : public ::testing::Test {
 protected:
  EventLoopTest() {
    auto loop = EventLoop::create();
    EXPECT_TRUE(loop.has_value());
    loop_ = std::move(*loop);
  }

  void watch(Pair& pair, EventLoop::Interest interest, EventLoop::Callback callback) {
    ASSERT_TRUE(loop_->watch(pair.near_end(), interest, std::move(callback)).has_value());
  }
  // One round over what is ready now.
  void poll() { ASSERT_TRUE(loop_->wait(clock_, clock_.steady_now()).has_value()); }

  testing::FakeClock clock_;
  std::unique_ptr<EventLoop> loop_;
};

TEST_F(EventLoopTest, calls_back_for_what_is_readable_until_it_was_read) {
  Pair pair;
  int calls = 0;
  watch(pair, {.readable = true}, [&](bool readable, bool writable) {
    EXPECT_TRUE(readable);
    EXPECT_FALSE(writable);
    ++calls;
  });
  poll();
  EXPECT_EQ(calls, 0);
  pair.send();
  poll();
  poll();
  EXPECT_EQ(calls, 2);
  pair.receive();
  poll();
  EXPECT_EQ(calls, 2);
}

TEST_F(EventLoopTest, tells_writable_from_readable) {
  Pair pair;
  std::vector<std::pair<bool, bool>> calls;
  watch(pair, {.writable = true},
        [&](bool readable, bool writable) { calls.emplace_back(readable, writable); });
  pair.send();
  poll();
  watch(pair, {.readable = true, .writable = true},
        [&](bool readable, bool writable) { calls.emplace_back(readable, writable); });
  poll();
  EXPECT_EQ(calls, (std::vector<std::pair<bool, bool>>{{false, true}, {true, true}}));
}

TEST_F(EventLoopTest, reports_a_hang_up_as_readable) {
  Pair pair;
  bool seen = false;
  watch(pair, {}, [&](bool readable, bool) { seen = readable; });
  poll();
  EXPECT_FALSE(seen);
  pair.close_far();
  poll();
  EXPECT_TRUE(seen);
}

TEST_F(EventLoopTest, watching_again_replaces_interest_and_callback) {
  Pair pair;
  int first = 0;
  int second = 0;
  watch(pair, {.readable = true}, [&](bool, bool) { ++first; });
  watch(pair, {.readable = true}, [&](bool, bool) { ++second; });
  pair.send();
  poll();
  EXPECT_EQ(first, 0);
  EXPECT_EQ(second, 1);
}

TEST_F(EventLoopTest, an_unwatched_descriptor_is_silent) {
  Pair pair;
  int calls = 0;
  watch(pair, {.readable = true}, [&](bool, bool) { ++calls; });
  loop_->unwatch(pair.near_end());
  loop_->unwatch(pair.near_end());
  pair.send();
  poll();
  EXPECT_EQ(calls, 0);
}

TEST_F(EventLoopTest, a_callback_may_unwatch_itself_and_others_of_the_same_round) {
  Pair one;
  Pair two;
  int calls = 0;
  const auto callback = [&](bool, bool) {
    ++calls;
    loop_->unwatch(one.near_end());
    loop_->unwatch(two.near_end());
    // What the callback holds is still there.
    ++calls;
  };
  watch(one, {.readable = true}, callback);
  watch(two, {.readable = true}, callback);
  one.send();
  two.send();
  poll();
  EXPECT_EQ(calls, 2);
}

TEST_F(EventLoopTest, an_event_fetched_before_a_new_watch_does_not_reach_it) {
  Pair one;
  Pair two;
  int old_calls = 0;
  int new_calls = 0;
  const auto rewatch = [&](bool, bool) {
    ++old_calls;
    for (Pair* const pair : {&one, &two}) {
      loop_->unwatch(pair->near_end());
      watch(*pair, {.readable = true}, [&](bool, bool) { ++new_calls; });
    }
  };
  watch(one, {.readable = true}, rewatch);
  watch(two, {.readable = true}, rewatch);
  one.send();
  two.send();
  poll();
  EXPECT_EQ(old_calls, 1);
  EXPECT_EQ(new_calls, 0);
  poll();
  EXPECT_EQ(new_calls, 2);
}

TEST_F(EventLoopTest, a_number_that_was_closed_and_opened_anew_can_be_watched) {
  Pair first;
  const int number = first.near_end();
  watch(first, {.readable = true}, [](bool, bool) {});
  first.close_near();
  Pair second;
  ASSERT_EQ(second.near_end(), number);
  int calls = 0;
  watch(second, {.readable = true}, [&](bool, bool) { ++calls; });
  second.send();
  poll();
  EXPECT_EQ(calls, 1);
}

TEST_F(EventLoopTest, a_descriptor_that_cannot_be_watched_is_an_error) {
  const auto nothing = [](bool, bool) {};
  const Status closed = loop_->watch(9999, {.readable = true}, nothing);
  ASSERT_FALSE(closed.has_value());
  EXPECT_EQ(closed.error().code, EBADF);
  const int file = ::open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  ASSERT_GE(file, 0);
  const Status regular = loop_->watch(file, {.readable = true}, nothing);
  ::close(file);
  ASSERT_FALSE(regular.has_value());
  EXPECT_EQ(regular.error().code, EPERM);
}

TEST_F(EventLoopTest, waits_for_its_deadline_and_not_longer) {
  const SystemClock clock;
  const SteadyTime deadline = clock.steady_now() + std::chrono::milliseconds(20);
  ASSERT_TRUE(loop_->wait(clock, deadline).has_value());
  EXPECT_GE(clock.steady_now(), deadline);
}

TEST_F(EventLoopTest, a_deadline_that_has_passed_does_not_wait) {
  ASSERT_TRUE(loop_->wait(clock_, clock_.steady_now() - std::chrono::hours(1)).has_value());
}

TEST_F(EventLoopTest, a_wake_before_the_wait_ends_it_and_is_used_up) {
  loop_->wake();
  loop_->wake();
  ASSERT_TRUE(loop_->wait(clock_, SteadyTime::max()).has_value());
  const SystemClock clock;
  const SteadyTime deadline = clock.steady_now() + std::chrono::milliseconds(10);
  ASSERT_TRUE(loop_->wait(clock, deadline).has_value());
  EXPECT_GE(clock.steady_now(), deadline);
}

TEST_F(EventLoopTest, another_thread_wakes_a_wait_without_a_limit) {
  std::thread other([this] { loop_->wake(); });
  ASSERT_TRUE(loop_->wait(clock_, SteadyTime::max()).has_value());
  other.join();
}

TEST_F(EventLoopTest, wake_leaves_errno_alone) {
  errno = ENOTTY;
  loop_->wake();
  EXPECT_EQ(errno, ENOTTY);
}

TEST_F(EventLoopTest, serves_more_descriptors_than_one_round_fetches) {
  std::vector<std::unique_ptr<Pair>> pairs;
  int calls = 0;
  for (int i = 0; i < 100; ++i) {
    pairs.push_back(std::make_unique<Pair>());
    pairs.back()->send();
    Pair& pair = *pairs.back();
    watch(pair, {.readable = true}, [&](bool, bool) {
      pair.receive();
      ++calls;
    });
  }
  poll();
  poll();
  EXPECT_EQ(calls, 100);
}

}  // namespace
}  // namespace tailrace
