// Inputs from their making to their end.
#include "daemon/input_runner.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace tailrace::daemon {
namespace {

constexpr Backoff::Options kRetry{.min = std::chrono::seconds(1), .max = std::chrono::minutes(1)};

}  // namespace

InputRunner::Running::Running(InputCommand command, Random& random)
    : plan(std::move(command.plan)), start(std::move(command.start)), backoff(kRetry, random) {}

InputRunner::InputRunner(World world)
    : world_(std::move(world)),
      random_(static_cast<std::uint64_t>(unix_nanoseconds(world_.clock.wall_now()))),
      turn_(inputs_.end()) {}

InputRunner::~InputRunner() = default;

http::Transport* InputRunner::transport() {
  if (transport_ == nullptr && world_.make_transport) transport_ = world_.make_transport();
  return transport_.get();
}

InputRunner::Running* InputRunner::find_running(std::string_view job, std::string_view name) {
  const auto found = std::find_if(inputs_.begin(), inputs_.end(), [&](const Running& running) {
    return running.plan->job == job && running.plan->name == name;
  });
  return found == inputs_.end() ? nullptr : &*found;
}

InputRunner::Running* InputRunner::find_running(const Input& input) {
  const auto found = std::find_if(inputs_.begin(), inputs_.end(), [&](const Running& running) {
    return running.input.get() == &input;
  });
  return found == inputs_.end() ? nullptr : &*found;
}

void InputRunner::handle(InputCommand command) {
  Running* const running = find_running(command.job, command.name);
  if (running == nullptr) {
    if (command.plan != nullptr) begin(std::move(command));
    return;
  }
  if (command.plan == nullptr) {
    running->next.reset();
  } else if (running->phase == Phase::kToBeMade) {
    // It has not run: where it begins stays, main does not say it twice.
    running->plan = std::move(command.plan);
    running->wait_until = SteadyTime::min();
    return;
  } else {
    running->next = std::move(command);
  }
  end(*running);
}

void InputRunner::begin(InputCommand command) {
  // Newer than what main knows.
  if (auto ended = ended_.extract({command.job, command.name})) {
    command.start.resume = std::move(ended.mapped());
  }
  inputs_.emplace_back(std::move(command), random_);
}

void InputRunner::end(Running& running) {
  if (running.phase == Phase::kToBeMade) {
    running.phase = Phase::kEnded;
  } else if (running.phase == Phase::kRuns) {
    running.phase = Phase::kEnding;
    running.wait_until = SteadyTime::min();
    running.input->begin_stop();
  }
}

void InputRunner::make(Running& running, SteadyTime now) {
  Result<std::unique_ptr<Input>> made = fail(Error::kOther, "there is no event loop");
  if (http::Transport* const shared = world_.loop == nullptr ? nullptr : transport()) {
    const InputWorld world{world_.clock,     world_.file_system, world_.log,
                           world_.metrics,   *world_.loop,       *shared,
                           world_.label_sets};
    made = running.plan->make(world, running.start);
  }
  if (!made) {
    fail_for_now(running, made.error(), now, "an input cannot be set up; it is tried again");
    return;
  }
  running.input = std::move(*made);
  running.phase = Phase::kRuns;
  running.wait_until = SteadyTime::min();
  running.trouble.clear();
  running.backoff.reset();
  if (room_ == Input::Room::kNo) running.input->set_room(room_);
}

void InputRunner::fail_for_now(Running& running, const Error& error, SteadyTime now,
                               std::string_view what) {
  running.wait_until = now + running.backoff.next();
  const bool told = running.trouble == error.message;
  running.trouble = error.message;
  const std::uint64_t attempts = running.backoff.attempts();
  // Once, and then at doubling intervals.
  if (told && (attempts & (attempts - 1)) != 0) return;
  world_.log.error(what, {{"job", running.plan->job},
                          {"input", running.plan->name},
                          {"error", error.message},
                          {"attempts", std::to_string(attempts)}});
}

void InputRunner::poll(SteadyTime now) {
  remove_ended();
  for (Running& running : inputs_) {
    if (running.phase == Phase::kToBeMade && running.wait_until <= now) make(running, now);
    if (running.input != nullptr && running.phase != Phase::kEnded) running.input->poll(now);
  }
}

SteadyTime InputRunner::next_deadline() const {
  // A request that was just submitted begins with the next poll().
  SteadyTime deadline = transport_ == nullptr ? SteadyTime::max() : transport_->next_deadline();
  for (const Running& running : inputs_) {
    if (running.phase == Phase::kEnded) continue;
    if (running.wait_until != SteadyTime::min()) deadline = std::min(deadline, running.wait_until);
    if (running.phase == Phase::kToBeMade && running.wait_until == SteadyTime::min()) {
      return SteadyTime::min();
    }
    if (running.input != nullptr) deadline = std::min(deadline, running.input->next_deadline());
  }
  return deadline;
}

Input* InputRunner::next_ready() {
  for (std::size_t left = inputs_.size(); left > 0; --left) {
    if (turn_ == inputs_.end()) turn_ = inputs_.begin();
    Running& running = *turn_++;
    if (running.input == nullptr || running.phase == Phase::kEnded) continue;
    if (running.wait_until > world_.clock.steady_now()) continue;
    running.wait_until = SteadyTime::min();
    if (running.input->ready()) return running.input.get();
  }
  return nullptr;
}

Input* InputRunner::find(SourceId source) const {
  for (const Running& running : inputs_) {
    if (running.input != nullptr && running.start.id == source) return running.input.get();
  }
  return nullptr;
}

void InputRunner::read_failed(const Input& input, const Error& error) {
  Running* const running = find_running(input);
  if (running == nullptr) return;
  fail_for_now(*running, error, world_.clock.steady_now(), "an input cannot be read");
}

void InputRunner::consumed(const Input& input) {
  Running* const running = find_running(input);
  if (running == nullptr) return;
  running->unstored = true;
  if (running->trouble.empty()) return;
  running->trouble.clear();
  running->backoff.reset();
}

void InputRunner::ended(const Input& input) {
  Running* const running = find_running(input);
  if (running == nullptr) return;
  running->phase = Phase::kEnded;
  running->unstored = true;  // Its end has to be in a cut before it goes.
}

ResumePoint InputRunner::resume_point(const Running& running) {
  ResumePoint point;
  if (running.input != nullptr) {
    running.input->fill_resume_point(point);
  } else if (running.start.resume) {
    point = *running.start.resume;
  }
  point.source = running.start.id;
  point.kind = running.plan->kind;
  point.job = running.plan->job;
  point.path = running.plan->name;
  return point;
}

void InputRunner::stored() {
  for (Running& running : inputs_) {
    if (!std::exchange(running.unstored, false)) continue;
    if (running.input != nullptr) running.input->stored();
  }
}

void InputRunner::remove_ended() {
  for (auto at = inputs_.begin(); at != inputs_.end();) {
    if (at->phase != Phase::kEnded || at->unstored) {
      ++at;
      continue;
    }
    note_end(*at);
    std::optional<InputCommand> next = std::move(at->next);
    if (turn_ == at) ++turn_;
    at = inputs_.erase(at);
    if (next) begin(std::move(*next));
  }
}

void InputRunner::note_end(const Running& running) {
  ResumePoint point = resume_point(running);
  if (point.finished) {
    reports_.push_back({point.job, point.path});
  } else if (running.input != nullptr || running.start.resume) {
    const std::pair<std::string, std::string> key{point.job, point.path};
    ended_.insert_or_assign(key, std::move(point));
  }
}

void InputRunner::accepted(const ResumePoint& point) {
  if (Input* const input = find(point.source)) input->accepted(point);
}

bool InputRunner::wants_cut() const {
  return std::any_of(inputs_.begin(), inputs_.end(), [](const Running& running) {
    return running.unstored && running.input != nullptr && running.input->wants_cut();
  });
}

void InputRunner::set_room(Input::Room room) {
  if (room == room_) return;
  room_ = room;
  for (Running& running : inputs_) {
    if (running.input != nullptr) running.input->set_room(room);
  }
}

void InputRunner::begin_stop() {
  for (Running& running : inputs_) {
    running.next.reset();
    end(running);
  }
}

void InputRunner::end_jobs(const std::function<bool(std::string_view)>& stays) {
  for (Running& running : inputs_) {
    if (stays(running.plan->job)) continue;
    running.next.reset();
    end(running);
  }
}

bool InputRunner::has_only(const std::function<bool(std::string_view)>& stays) const {
  return std::all_of(inputs_.begin(), inputs_.end(),
                     [&](const Running& running) { return stays(running.plan->job); });
}

void InputRunner::drop_jobs(const std::function<bool(std::string_view)>& stays) {
  for (auto at = inputs_.begin(); at != inputs_.end();) {
    if (stays(at->plan->job)) {
      ++at;
      continue;
    }
    world_.log.warn("an input did not end in time; what it had taken and not given is lost",
                    {{"job", at->plan->job}, {"input", at->plan->name}});
    note_end(*at);
    if (turn_ == at) ++turn_;
    at = inputs_.erase(at);
  }
}

bool InputRunner::draining() const {
  return std::any_of(inputs_.begin(), inputs_.end(),
                     [](const Running& running) { return running.phase == Phase::kEnding; });
}

std::vector<InputReport> InputRunner::take_reports() {
  return std::exchange(reports_, {});
}

std::vector<InputState> InputRunner::states() const {
  std::vector<InputState> states;
  for (const Running& running : inputs_) {
    InputState& state = states.emplace_back();
    state.job = running.plan->job;
    state.name = running.plan->name;
    state.type = running.plan->type;
    state.labels = running.plan->labels;
    if (running.input != nullptr) state.status = running.input->status();
    if (!running.trouble.empty()) state.status.trouble = running.trouble;
  }
  return states;
}

}  // namespace tailrace::daemon
