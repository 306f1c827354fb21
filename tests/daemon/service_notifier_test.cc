// What a service manager hears, on a socket of its kind.
#include "daemon/service_notifier.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/fakes/fake_clock.h"

namespace tailrace::daemon {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::FakeClock;
using Answers = std::vector<ServiceNotifier::Answer>;

// The service manager's end: an abstract name, so that no file is left.
class ServiceListener {
 public:
  ServiceListener() {
    descriptor_ = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    // Of the family alone: the kernel chooses a name.
    EXPECT_EQ(bind(descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof(sa_family_t)), 0);
    socklen_t size = sizeof address;
    EXPECT_EQ(getsockname(descriptor_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    name_ = "@" + std::string(address.sun_path + 1, size - offsetof(sockaddr_un, sun_path) - 1);
  }
  ~ServiceListener() { close(descriptor_); }
  ServiceListener(const ServiceListener&) = delete;
  ServiceListener& operator=(const ServiceListener&) = delete;

  const std::string& name() const { return name_; }
  // Since the last call.
  std::vector<std::string> heard() {
    std::vector<std::string> messages;
    char buffer[4096];
    while (true) {
      const ssize_t size = recv(descriptor_, buffer, sizeof buffer, 0);
      if (size < 0) return messages;
      messages.emplace_back(buffer, static_cast<std::size_t>(size));
    }
  }

 private:
  int descriptor_ = -1;
  std::string name_;
};

// Two workers that answer when they are told to.
class ServiceNotifierTest : public ::testing::Test {
 protected:
  using Promise = std::promise<std::optional<WorkerPulse>>;

  ServiceNotifier::AskWorkers ask() {
    return [this] {
      ++questions_;
      workers_.clear();
      workers_.resize(2);
      Answers answers;
      for (Promise& worker : workers_)
        answers.push_back(worker.get_future());
      return answers;
    };
  }
  void answer_all(const WorkerPulse& pulse = {}) {
    for (Promise& worker : workers_)
      worker.set_value(pulse);
  }
  std::vector<std::string> turn_after(std::chrono::nanoseconds time) {
    clock_.advance(time);
    notifier_.turn(ask());
    return listener_.heard();
  }
  // Until READY was said.
  void start() {
    notifier_.turn(ask());
    answer_all();
    ASSERT_FALSE(turn_after(milliseconds(20)).empty());
  }

  FakeClock clock_;
  ServiceListener listener_;
  int questions_ = 0;
  std::vector<Promise> workers_;
  ServiceNotifier notifier_{clock_, {.socket = listener_.name(), .watchdog_for = seconds(60)}};
};

using Heard = std::vector<std::string>;

TEST_F(ServiceNotifierTest, is_ready_when_every_worker_has_answered) {
  notifier_.turn(ask());
  EXPECT_EQ(turn_after(milliseconds(20)), Heard{});
  workers_[0].set_value(WorkerPulse{.files = 1});
  EXPECT_EQ(turn_after(milliseconds(20)), Heard{});
  workers_[1].set_value(WorkerPulse{.files = 2, .inputs = 1, .pending_entries = 7});
  EXPECT_EQ(turn_after(milliseconds(20)),
            (Heard{"READY=1", "WATCHDOG=1",
                   "STATUS=following 3 files and 1 other source; not yet accepted: 7"}));
}

TEST_F(ServiceNotifierTest, feeds_the_watchdog_four_times_per_period_while_all_answer) {
  start();
  for (int i = 0; i < 8; ++i) {
    EXPECT_EQ(turn_after(milliseconds(14999)), Heard{}) << i;  // Not yet time.
    answer_all();
    EXPECT_EQ(turn_after(milliseconds(1)), Heard{"WATCHDOG=1"}) << i;
  }
}

TEST_F(ServiceNotifierTest, does_not_feed_it_while_one_worker_hangs) {
  start();
  workers_[1].set_value(WorkerPulse{});
  const int asked = questions_;
  for (int i = 0; i < 10; ++i)
    EXPECT_EQ(turn_after(seconds(15)), Heard{}) << i;
  EXPECT_EQ(questions_, asked);  // One question is enough.
  workers_[0].set_value(WorkerPulse{});
  EXPECT_EQ(turn_after(seconds(15)), Heard{"WATCHDOG=1"});
}

TEST_F(ServiceNotifierTest, a_worker_that_has_ended_does_not_hang) {
  start();
  for (Promise& worker : workers_)
    worker.set_value(std::nullopt);
  EXPECT_EQ(turn_after(seconds(15)), (Heard{"WATCHDOG=1"}));
}

TEST_F(ServiceNotifierTest, a_reload_is_announced_with_the_time_since_boot_and_ended) {
  start();
  clock_.advance(seconds(1));
  const auto now =
      std::chrono::duration_cast<std::chrono::microseconds>(clock_.steady_now().time_since_epoch());
  notifier_.reloading();
  notifier_.reloaded("");
  EXPECT_EQ(listener_.heard(), (Heard{"RELOADING=1\nMONOTONIC_USEC=" + std::to_string(now.count()) +
                                          "\nSTATUS=reading the configuration again",
                                      "READY=1", "STATUS=following 0 files; not yet accepted: 0"}));
}

TEST_F(ServiceNotifierTest, the_status_says_why_a_reload_failed_until_one_succeeds) {
  start();
  notifier_.reloading();
  notifier_.reloaded("config.yml:3:1: `x` is not a known key\n    x: 1\n    ^\n");
  EXPECT_EQ(listener_.heard().back(),
            "STATUS=following 0 files; not yet accepted: 0; not reloaded: config.yml:3:1: `x` is "
            "not a known key");
  notifier_.reloading();
  notifier_.reloaded("");
  EXPECT_EQ(listener_.heard().back(), "STATUS=following 0 files; not yet accepted: 0");
}

TEST_F(ServiceNotifierTest, stopping_is_said_once_and_the_watchdog_goes_on) {
  start();
  notifier_.stopping();
  notifier_.stopping();
  const Heard heard = listener_.heard();
  ASSERT_EQ(heard.size(), 1U);
  EXPECT_TRUE(heard[0].starts_with("STOPPING=1\nSTATUS=stopping"));
  answer_all({.files = 9});
  EXPECT_EQ(turn_after(seconds(15)), Heard{"WATCHDOG=1"});  // The status stays.
}

TEST_F(ServiceNotifierTest, without_a_watchdog_the_status_is_kept_and_nothing_is_fed) {
  ServiceNotifier notifier(clock_, {.socket = listener_.name()});
  notifier.turn(ask());
  answer_all();
  clock_.advance(milliseconds(20));
  notifier.turn(ask());
  EXPECT_EQ(listener_.heard(), (Heard{"READY=1", "STATUS=following 0 files; not yet accepted: 0"}));
  answer_all({.stalled = true});
  clock_.advance(seconds(30));
  notifier.turn(ask());
  EXPECT_EQ(listener_.heard(),
            Heard{"STATUS=following 0 files; not yet accepted: 0; reading waits: "
                  "the outbox is full"});
}

TEST_F(ServiceNotifierTest, without_a_listener_nobody_is_asked_and_nothing_is_waited_for) {
  for (const std::string& socket : {std::string(), std::string("relative"), std::string("/"),
                                    "/" + std::string(200, 'x'), std::string("vsock:1:2")}) {
    ServiceNotifier notifier(clock_, {.socket = socket, .watchdog_for = seconds(60)});
    notifier.turn(ask());
    notifier.reloading();
    notifier.stopping();
    EXPECT_EQ(questions_, 0) << socket;
    EXPECT_EQ(notifier.next_deadline(), SteadyTime::max()) << socket;
  }
}

TEST_F(ServiceNotifierTest, a_listener_that_is_gone_is_no_trouble) {
  ServiceNotifier notifier(clock_, {.socket = "/nowhere/notify", .watchdog_for = seconds(60)});
  notifier.turn(ask());
  answer_all();
  clock_.advance(milliseconds(20));
  notifier.turn(ask());
  EXPECT_EQ(questions_, 2);
}

TEST(ServiceNotifierOptions, come_from_the_environment_of_this_process_only) {
  struct Case {
    std::map<std::string, std::string> variables;
    std::string socket;
    std::chrono::nanoseconds watchdog;
  };
  const Case cases[] = {
      {{}, "", seconds(0)},
      {{{"NOTIFY_SOCKET", "/run/s"}}, "/run/s", seconds(0)},
      {{{"NOTIFY_SOCKET", "@s"}, {"WATCHDOG_USEC", "3000000"}}, "@s", seconds(3)},
      {{{"WATCHDOG_USEC", "3000000"}, {"WATCHDOG_PID", "42"}}, "", seconds(3)},
      {{{"WATCHDOG_USEC", "3000000"}, {"WATCHDOG_PID", "43"}}, "", seconds(0)},
      {{{"WATCHDOG_USEC", "-1"}}, "", seconds(0)},
      {{{"WATCHDOG_USEC", "soon"}}, "", seconds(0)},
  };
  for (const Case& one : cases) {
    const auto options = ServiceNotifier::options_of(
        [&one](std::string_view name) -> std::optional<std::string> {
          const auto found = one.variables.find(std::string(name));
          if (found == one.variables.end()) return std::nullopt;
          return found->second;
        },
        42);
    EXPECT_EQ(options.socket, one.socket);
    EXPECT_EQ(options.watchdog_for, one.watchdog);
  }
  EXPECT_EQ(ServiceNotifier::options_of({}, 42).socket, "");
}

}  // namespace
}  // namespace tailrace::daemon
