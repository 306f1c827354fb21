// What a service manager is told: readiness, reloads, the end, and that every thread goes on.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <future>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace tailrace::daemon {

// What a worker says when it is asked whether it goes on.
struct WorkerPulse {
  std::uint64_t files = 0;
  std::uint64_t inputs = 0;
  std::uint64_t pending_entries = 0;  // In the outbox without an answer.
  bool stalled = false;
};

// Speaks systemd's protocol, sd_notify(3), without its library. Where nobody listens nothing is
// done: no worker is asked, no deadline is set.
//
// READY=1 follows the first answer of every worker; WATCHDOG=1 follows an answer of every worker,
// a few times per period, and only from turn(). So a worker or a main thread that hangs leaves the
// watchdog without food, and the service manager starts the program again.
//
// Ownership: owns its socket; borrows the clock.
// Threading: main thread. Answers come from workers, by futures.
// Errors: a message that cannot be sent is lost; whoever waits for it has a timeout of its own.
class ServiceNotifier {
 public:
  struct Options {
    std::string socket = {};                   // A path, or @name; empty: nobody listens.
    std::chrono::nanoseconds watchdog_for{0};  // So long we may be silent; 0: for ever.
  };
  using Environment = std::function<std::optional<std::string>(std::string_view)>;
  // Of NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID, when these mean us.
  static Options options_of(const Environment& environment, std::int64_t process_id);

  // An answer of nothing: that worker has ended, which is no fault.
  using Answer = std::future<std::optional<WorkerPulse>>;
  using AskWorkers = std::function<std::vector<Answer>()>;

  ServiceNotifier(const Clock& clock, const Options& options);
  ~ServiceNotifier();
  ServiceNotifier(const ServiceNotifier&) = delete;
  ServiceNotifier& operator=(const ServiceNotifier&) = delete;

  // One turn of the main thread: asks the workers when it is time, and says what follows from their
  // answers. Answers need not wake anybody.
  void turn(const AskWorkers& ask);
  // When turn() has something to do; SteadyTime::max() without a listener.
  SteadyTime next_deadline() const;

  void reloading();
  // `trouble`: why everything goes on as it was; empty: nothing went wrong.
  void reloaded(std::string_view trouble);
  void waiting(std::string_view what);  // While starting.
  void stopping();

 private:
  void send(const std::string& message) const;
  void send_status();

  const Clock& clock_;
  const Options options_;
  int descriptor_ = -1;
  std::chrono::nanoseconds period_{0};  // Between two questions, once ready.
  SteadyTime next_{};
  std::vector<Answer> answers_;
  bool asked_ = false;
  bool ready_ = false;
  bool stopping_ = false;
  std::string trouble_;  // Of the last reload.
  std::string work_;     // What the workers do, in words.
  std::string status_;   // As it was last sent.
};

}  // namespace tailrace::daemon
