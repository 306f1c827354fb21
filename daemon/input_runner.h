// The inputs of one worker: made, polled, read in turn, told what became of their lines, ended.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/backoff.h"
#include "base/clock.h"
#include "base/event_loop.h"
#include "base/file_system.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/random.h"
#include "daemon/input_plan.h"
#include "http/transport.h"
#include "model/input.h"
#include "model/resume_point.h"

namespace tailrace::daemon {

// From the main thread: run this, or end what has this job and name.
struct InputCommand {
  std::string job;
  std::string name;
  std::shared_ptr<const InputPlan> plan;  // Null: end it.
  InputStart start;
};

// To the main thread: it is over for good.
struct InputReport {
  std::string job;
  std::string name;
};

// For pages and metrics.
struct InputState {
  std::string job;
  std::string name;
  std::string type;
  std::map<std::string, std::string> labels;
  InputStatus status;
};

// Ownership: owns the inputs and their transport; borrows the rest.
// Threading: confined to one worker.
// Errors: an input that cannot be made is tried again with Backoff; status() says why.
class InputRunner {
 public:
  struct World {
    const Clock& clock;
    FileSystem& file_system;
    Log& log;
    Metrics& metrics;
    LabelSetTable& label_sets;
    EventLoop* loop = nullptr;  // Null: there is none, and inputs cannot be made.
    std::function<std::unique_ptr<http::Transport>()> make_transport;
  };

  explicit InputRunner(World world);
  ~InputRunner();
  InputRunner(const InputRunner&) = delete;
  InputRunner& operator=(const InputRunner&) = delete;

  // An input of that job and name that runs already is ended first, and the new one goes on where
  // it stopped.
  void handle(InputCommand command);
  void poll(SteadyTime now);
  SteadyTime next_deadline() const;

  // The next that has something to read, in turn; nullptr: none.
  Input* next_ready();
  Input* find(SourceId source) const;
  // A read that failed: it waits before the next.
  void read_failed(const Input& input, const Error& error);
  // What it read has run (consumed() is cheap), or it gave its end.
  void consumed(const Input& input);
  void ended(const Input& input);

  // What was consumed is in the outbox; one that is done with it and has ended goes.
  void stored();
  void accepted(const ResumePoint& point);
  bool wants_cut() const;
  void set_room(Input::Room room);

  // Ends all, or those of jobs that `stays` says no to.
  void begin_stop();
  void end_jobs(const std::function<bool(std::string_view job)>& stays);
  // No input of a job that `stays` says no to is left.
  bool has_only(const std::function<bool(std::string_view job)>& stays) const;
  // Drops those without waiting for their end.
  void drop_jobs(const std::function<bool(std::string_view job)>& stays);
  // An input is still giving what it took.
  bool draining() const;
  std::size_t size() const { return inputs_.size(); }

  std::vector<InputReport> take_reports();
  std::vector<InputState> states() const;

 private:
  enum class Phase {
    kToBeMade,
    kRuns,
    kEnding,  // begin_stop() was called.
    kEnded,   // It gave its end; it goes with the next stored().
  };
  struct Running {
    Running(InputCommand command, Random& random);
    std::shared_ptr<const InputPlan> plan;
    InputStart start;
    std::unique_ptr<Input> input;  // Null: kToBeMade.
    Phase phase = Phase::kToBeMade;
    Backoff backoff;
    SteadyTime wait_until = SteadyTime::min();  // Making it, or reading.
    std::string trouble;                        // Why it could not be made or read.
    bool unstored = false;                      // Consumed since the last stored().
    std::optional<InputCommand> next;           // What takes its place.
  };

  Running* find_running(std::string_view job, std::string_view name);
  Running* find_running(const Input& input);
  void make(Running& running, SteadyTime now);
  void begin(InputCommand command);
  void end(Running& running);
  void note_end(const Running& running);
  void remove_ended();
  void fail_for_now(Running& running, const Error& error, SteadyTime now, std::string_view what);
  static ResumePoint resume_point(const Running& running);
  http::Transport* transport();

  const World world_;
  Random random_;
  std::unique_ptr<http::Transport> transport_;  // Made for the first input.
  std::list<Running> inputs_;                   // A list: inputs stay where they are.
  std::list<Running>::iterator turn_;
  Input::Room room_ = Input::Room::kYes;
  std::vector<InputReport> reports_;
  // Where inputs would go on that ended and are not over; by job and name.
  std::map<std::pair<std::string, std::string>, ResumePoint> ended_;
};

}  // namespace tailrace::daemon
