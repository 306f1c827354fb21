// A worker: one thread's vertical slice from files to Loki.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/event_loop.h"
#include "base/file_system.h"
#include "base/log.h"
#include "base/mailbox.h"
#include "base/metrics.h"
#include "daemon/delivery.h"
#include "daemon/input_runner.h"
#include "daemon/intake.h"
#include "daemon/worker_plan.h"
#include "http/transport.h"
#include "tailer/file_commands.h"
#include "tailer/file_follower.h"
#include "tailer/file_watcher.h"

namespace tailrace::daemon {

// Runs on the worker, between two turns.
using WorkerTask = std::function<void(class Worker&)>;

// Stop reading, cut, and end when everything is delivered or `deadline` has passed.
struct StopWorker {
  SteadyTime deadline{};
};

using WorkerMessage = std::variant<tailer::FileCommand, InputCommand, std::unique_ptr<WorkerPlan>,
                                   StopWorker, WorkerTask>;

// What a worker tells the main thread.
struct WorkerReport {
  std::uint32_t worker = 0;
  std::vector<tailer::FileReport> files;
  std::vector<InputReport> inputs;
};

// Reads its sources, runs their lines, cuts, sends, takes answers.
//
// Ownership: owns everything a line touches. Borrows clock, file system, log and metrics.
// Threading: run_once() and all else on one thread; post() from any.
// Memory: bounded by Options::pool_bytes and the constants of docs/limits (ARCHITECTURE.md).
class Worker {
 public:
  // Whether sources that others keep a position for are told what Loki has; not in a dry run.
  enum class Acknowledges { kNo, kYes };
  struct Options {
    std::uint32_t number = 0;
    Acknowledges acknowledges = Acknowledges::kYes;
    std::uint64_t pool_bytes = 8U << 20U;  // Open bytes; and as much for fragments in memory.
    std::uint64_t held_bytes_max = pipeline::kHeldBytesMax;
    tailer::FileFollower::Options files;
    std::function<void(WorkerReport)> report;  // To the main thread's mailbox.
    std::function<void()> wake;                // Ends the wait of this worker's event loop.
    std::function<void()> want_sync;           // The outbox has segments that only wait for sync().
  };

  // What the worker is made of; outbox and watcher are its own from now on.
  struct Parts {
    const Clock& clock;
    FileSystem& file_system;
    Log& log;
    Metrics& metrics;
    positions::Positions& positions;
    std::unique_ptr<positions::Outbox> outbox;
    Delivery::MakeTransport make_transport;
    std::unique_ptr<tailer::FileWatcher> watcher;
    EventLoop* loop = nullptr;  // For inputs; null: there are none.
  };

  Worker(Parts parts, Options options);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void post(WorkerMessage message) { mailbox_.post(std::move(message)); }

  // After the last turn: messages that wait, and all that come, are dropped.
  void end() { mailbox_.close(); }

  enum class Turn {
    kBusy,     // There is more to do at once.
    kIdle,     // Wait for an event or next_deadline().
    kStopped,  // Finished after StopWorker.
  };
  // One turn: messages, answers, events, a bounded number of blocks, a cut when due, requests.
  Turn run_once();
  SteadyTime next_deadline() const;

  // A source that is not a file (stdin); the worker reads it until it ends.
  void add_source(std::unique_ptr<Source> source);
  // The source ended and every line of it was delivered.
  bool drained() const;
  bool has_sources() const { return !sources_.empty(); }
  bool planned() const { return planned_; }

  std::uint32_t number() const { return options_.number; }
  SteadyTime steady_now() const { return clock_.steady_now(); }
  Intake& intake() { return intake_; }
  Delivery& delivery() { return delivery_; }
  const tailer::FileFollower& files() const { return follower_; }
  const InputRunner& inputs() const { return inputs_; }
  std::vector<tailer::FileFollower::Lag> lags() const {
    return follower_.lags(clock_.steady_now());
  }
  // Of the oldest entry in the outbox without an answer; 0: there is none.
  std::chrono::nanoseconds outbox_age() const;
  tailer::FileWatcher& watcher() { return *watcher_; }
  std::vector<std::string> troubles() const;
  // Reading waits for a client whose share of the outbox is full, and how often it began to.
  bool stalled() const { return !room_; }
  std::uint64_t stalls() const { return stalls_; }
  std::uint64_t buffer_bytes() const { return buffer_.size(); }

 private:
  void take_messages();
  void take(WorkerMessage& message);
  // A plan that leaves out jobs whose inputs have to end first waits for them.
  void take_plan(std::unique_ptr<WorkerPlan> plan);
  void apply_waiting(SteadyTime now);
  static std::function<bool(std::string_view job)> stays_with(const WorkerPlan& plan);
  void apply(WorkerPlan& plan);
  // Reads and runs one block of one source; false: nothing was ready, or there is no room.
  bool read_block();
  Source* next_source();
  // The next whose job does not wait.
  Source* next_awake_source();
  bool is_paused(const Source& source) const;
  // What became of a block of an input that is no file.
  void after_input(Input& input, Source::Outcome outcome);
  bool touch_changed();
  void cut();
  void tell_inputs();
  Delivery::Haste haste() const;
  void cut_if_due();
  // Some open batch could be sent at once if it were cut now.
  bool cut_can_be_sent() const;
  void finish_turn();

  const Clock& clock_;
  const Options options_;
  std::unique_ptr<tailer::FileWatcher> watcher_;
  Intake intake_;
  Delivery delivery_;
  tailer::FileFollower follower_;
  InputRunner inputs_;
  Mailbox<WorkerMessage> mailbox_;
  ReadBuffer buffer_;
  LineBlock block_;
  std::vector<std::unique_ptr<Source>> sources_;  // Those that are not files.
  std::size_t next_source_ = 0;
  std::chrono::nanoseconds sync_period_ = std::chrono::seconds(10);
  SteadyTime last_cut_{};
  std::unique_ptr<WorkerPlan> waiting_plan_;
  std::vector<WorkerMessage> after_plan_;  // Files and inputs that came behind it.
  SteadyTime apply_at_latest_ = SteadyTime::max();
  bool inputs_unstored_ = false;                 // The last cut did not reach the disk.
  bool input_ended_ = false;                     // Its end waits for a cut.
  bool file_turn_ = false;                       // After an input it is a file's turn.
  SteadyTime paused_until_ = SteadyTime::min();  // Reading, by the line rate.
  std::map<std::string, SteadyTime, std::less<>> paused_jobs_;  // Until when.
  SteadyTime stop_deadline_ = SteadyTime::max();
  bool planned_ = false;
  bool stopping_ = false;
  bool input_over_ = false;  // The last of sources_ has ended.
  bool room_ = true;
  std::uint64_t stalls_ = 0;
};

}  // namespace tailrace::daemon
