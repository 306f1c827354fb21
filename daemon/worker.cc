// One worker's loop.
#include "daemon/worker.h"

#include <algorithm>
#include <utility>

namespace tailrace::daemon {
namespace {

// Blocks per turn: answers and messages never wait for more than a few milliseconds of reading.
constexpr int kBlocksPerTurn = 4;
// While nothing can be sent, open batches are cut for their age this often only.
constexpr std::chrono::seconds kCutWhileBlocked{1};
// A sender that waits for its answer waits at most so long for others to share the cut (house 6).
constexpr std::chrono::milliseconds kCutForSenders{5};
// So long may the inputs of a job that is gone take to give what they have.
constexpr std::chrono::seconds kInputsEnd{3};

}  // namespace

Worker::Worker(Parts parts, Options options)
    : clock_(parts.clock),
      options_(std::move(options)),
      watcher_(std::move(parts.watcher)),
      intake_(parts.clock,
              {.worker_number = options_.number,
               .pool_bytes = options_.pool_bytes,
               .held_bytes_max = options_.held_bytes_max},
              [this] { cut(); }),
      delivery_({parts.clock, parts.log, parts.metrics, parts.positions, parts.make_transport},
                std::move(parts.outbox), Delivery::Options{.memory_bytes = options_.pool_bytes}),
      follower_(parts.file_system, parts.clock, parts.log, *watcher_, intake_.label_sets(),
                options_.files),
      inputs_({parts.clock, parts.file_system, parts.log, parts.metrics, intake_.label_sets(),
               parts.loop, std::move(parts.make_transport)}),
      mailbox_(options_.wake) {}

Worker::~Worker() = default;

Worker::Turn Worker::run_once() {
  take_messages();
  if (!planned_) return stopping_ ? Turn::kStopped : Turn::kIdle;
  const SteadyTime now = clock_.steady_now();
  apply_waiting(now);
  follower_.poll(now);
  inputs_.poll(now);
  delivery_.run(haste());
  bool busy = false;
  // While stopping, inputs still give what they took and what cannot be read again.
  if (!stopping_ || inputs_.draining()) {
    if (!stopping_) intake_.release_due();
    const bool had_room = std::exchange(room_, true);
    for (int i = 0; i < kBlocksPerTurn; ++i) {
      busy = read_block();
      if (!busy) break;
    }
    if (had_room && !room_) ++stalls_;
    inputs_.set_room(room_ ? Input::Room::kYes : Input::Room::kNo);
  }
  cut_if_due();
  finish_turn();
  if (!stopping_) return busy ? Turn::kBusy : Turn::kIdle;

  if (inputs_.draining() && clock_.steady_now() < stop_deadline_) {
    return busy ? Turn::kBusy : Turn::kIdle;
  }
  if (intake_.has_uncut()) cut();
  tell_inputs();
  delivery_.run(Delivery::Haste::kNow);
  if (!delivery_.everything_done() && clock_.steady_now() < stop_deadline_) return Turn::kIdle;
  delivery_.stop();
  return Turn::kStopped;
}

void Worker::take_messages() {
  for (WorkerMessage& message : mailbox_.take()) {
    const bool follows_plan = std::holds_alternative<tailer::FileCommand>(message) ||
                              std::holds_alternative<InputCommand>(message);
    if (waiting_plan_ != nullptr && follows_plan) {
      after_plan_.push_back(std::move(message));
    } else {
      take(message);
    }
  }
}

void Worker::take(WorkerMessage& message) {
  if (auto* const file = std::get_if<tailer::FileCommand>(&message)) {
    follower_.handle(std::move(*file));
  } else if (auto* const input = std::get_if<InputCommand>(&message)) {
    inputs_.handle(std::move(*input));
  } else if (auto* const plan = std::get_if<std::unique_ptr<WorkerPlan>>(&message)) {
    take_plan(std::move(*plan));
  } else if (const auto* const stop = std::get_if<StopWorker>(&message)) {
    stopping_ = true;
    stop_deadline_ = stop->deadline;
    inputs_.begin_stop();
  } else {
    std::get<WorkerTask>(message)(*this);
  }
}

void Worker::take_plan(std::unique_ptr<WorkerPlan> plan) {
  if (waiting_plan_ != nullptr) {
    apply_at_latest_ = SteadyTime::min();
    apply_waiting(clock_.steady_now());
  }
  waiting_plan_ = std::move(plan);
  const auto stays = stays_with(*waiting_plan_);
  inputs_.end_jobs(stays);
  apply_at_latest_ = clock_.steady_now() + kInputsEnd;
  apply_waiting(clock_.steady_now());
}

std::function<bool(std::string_view)> Worker::stays_with(const WorkerPlan& plan) {
  return [&plan](std::string_view job) {
    return std::any_of(plan.jobs.begin(), plan.jobs.end(),
                       [job](const JobPlan& one) { return one.name == job; });
  };
}

void Worker::apply_waiting(SteadyTime now) {
  if (waiting_plan_ == nullptr) return;
  const auto stays = stays_with(*waiting_plan_);
  if (!inputs_.has_only(stays)) {
    if (now < apply_at_latest_) return;
    inputs_.drop_jobs(stays);
  }
  const std::unique_ptr<WorkerPlan> plan = std::exchange(waiting_plan_, nullptr);
  apply(*plan);
  for (WorkerMessage& message : std::exchange(after_plan_, {}))
    take(message);
}

void Worker::apply(WorkerPlan& plan) {
  if (intake_.has_uncut()) cut();
  sync_period_ = plan.sync_period;
  intake_.apply(plan.jobs, plan.clients, plan.worker_count);
  intake_.limit_rate(std::move(plan.line_rate));
  paused_until_ = SteadyTime::min();
  paused_jobs_.clear();
  delivery_.limit_shares(plan.share_max);
  delivery_.apply(plan.clients, plan.previous_clients);
  if (!planned_) {
    const positions::Outbox::Recovered& recovered = delivery_.outbox().recovered();
    std::vector<ResumePoint> points = recovered.resume_points;
    points.insert(points.end(), plan.recovered.begin(), plan.recovered.end());
    std::erase_if(points, [&plan](const ResumePoint& point) {
      return std::find(plan.discarded.begin(), plan.discarded.end(), point.source) !=
             plan.discarded.end();
    });
    intake_.recover(points, recovered.last_time_ns);
    for (const SourceId source : plan.discarded)
      intake_.discard(source);
  }
  for (tailer::FileCommand& command : plan.files)
    follower_.handle(std::move(command));
  for (InputCommand& command : plan.inputs)
    inputs_.handle(std::move(command));
  planned_ = true;
}

void Worker::add_source(std::unique_ptr<Source> source) {
  intake_.touch(*source);
  sources_.push_back(std::move(source));
  input_over_ = false;
}

// One after the other: what was added by hand, an input, a file.
Source* Worker::next_source() {
  if (stopping_) return inputs_.next_ready();
  if (next_source_ < sources_.size()) return sources_[next_source_++].get();
  next_source_ = 0;
  if (!std::exchange(file_turn_, false)) {
    if (Input* const input = inputs_.next_ready()) {
      next_source_ = sources_.size();  // The file comes next.
      file_turn_ = true;
      return input;
    }
  }
  Source* const file = follower_.next_ready(clock_.steady_now());
  if (file != nullptr) return file;
  if (!sources_.empty()) {
    next_source_ = 1;
    return sources_.front().get();
  }
  return inputs_.next_ready();
}

bool Worker::is_paused(const Source& source) const {
  return paused_jobs_.contains(source.job());
}

Source* Worker::next_awake_source() {
  const SteadyTime now = clock_.steady_now();
  std::erase_if(paused_jobs_, [now](const auto& job) { return job.second <= now; });
  const std::size_t sources = follower_.ready() + sources_.size() + 2 * inputs_.size();
  for (std::size_t left = sources + 1; left > 0; --left) {
    Source* const source = next_source();
    if (source == nullptr || !is_paused(*source)) return source;
    // Back to the end of the queue, as if its block had been read.
    if (follower_.find(source->id()) == source) {
      follower_.read_returned(*source, Source::Outcome::kLines);
    }
  }
  return nullptr;
}

bool Worker::read_block() {
  if (paused_until_ > clock_.steady_now()) return false;
  if (!delivery_.make_room(intake_.bytes_after_a_block())) {
    if (intake_.has_open_entries()) cut();
    if (!delivery_.make_room(intake_.bytes_after_a_block())) {
      room_ = false;
      return false;
    }
  }
  Source* const source = next_awake_source();
  if (source == nullptr) return false;
  const bool is_file = follower_.find(source->id()) == source;
  Input* const input = is_file ? nullptr : inputs_.find(source->id());
  block_.clear();
  Result<Source::Outcome> outcome = source->read(buffer_, block_);
  if (!outcome) {
    if (is_file) follower_.read_failed(*source, outcome.error());
    if (input != nullptr) inputs_.read_failed(*input, outcome.error());
    return true;
  }
  Intake::Progress progress = Intake::Progress::kDone;
  if (!block_.lines.empty()) progress = intake_.run_block(*source, block_);
  if (progress == Intake::Progress::kRateUsed) paused_until_ = intake_.paused_until();
  if (progress == Intake::Progress::kPaused) {
    paused_jobs_.insert_or_assign(std::string(source->job()), intake_.paused_until());
  }
  if (progress != Intake::Progress::kDone) outcome = Source::Outcome::kLines;
  const Source::Outcome result = *outcome;
  bool input_over = false;  // Nothing comes that an input's last lines could wait for.
  if (input != nullptr) {
    after_input(*input, result);
  } else {
    if (result == Source::Outcome::kEnded) {
      intake_.touch(*source);
      intake_.forget(source->id());
    }
    if (is_file) {
      follower_.read_returned(*source, result);
    } else if (result == Source::Outcome::kEnded) {
      intake_.end_input();
      std::erase_if(sources_, [&](const auto& owned) { return owned.get() == source; });
      next_source_ = 0;
      input_over_ = sources_.empty();
      input_over = true;
    }
  }
  if (progress == Intake::Progress::kNeedsCut || input_over) cut();
  return is_file || input != nullptr || result != Source::Outcome::kUpToDate;
}

void Worker::after_input(Input& input, Source::Outcome outcome) {
  if (!block_.lines.empty()) inputs_.consumed(input);
  if (outcome != Source::Outcome::kEnded) return;
  ResumePoint point;
  input.fill_resume_point(point);
  intake_.touch(input);
  if (point.finished) intake_.forget(input.id());
  inputs_.ended(input);
  input_ended_ = true;
}

// Sources that were adopted, renamed or ended. True: one of them is new to the outbox, which must
// know it before a crash can make us forget that it was ever seen.
bool Worker::touch_changed() {
  bool is_new = false;
  for (const SourceId changed : follower_.take_changed()) {
    const Source* const source = follower_.find(changed);
    if (source == nullptr) continue;
    intake_.touch(*source);
    is_new = is_new || delivery_.outbox().find(changed) == nullptr;
  }
  return is_new;
}

void Worker::cut() {
  touch_changed();
  delivery_.cut(intake_.take_cut());
  last_cut_ = clock_.steady_now();
  input_ended_ = false;
  // At once: what is consumed from now on is not in this cut. While the disk refuses, senders are
  // answered when Loki has what they sent.
  inputs_unstored_ = delivery_.outbox().disk_error().has_value();
  if (!inputs_unstored_) inputs_.stored();
  if (options_.want_sync && delivery_.outbox().sync_wanted()) options_.want_sync();
  delivery_.run(haste());
}

void Worker::tell_inputs() {
  if (inputs_unstored_ && delivery_.everything_done() && !intake_.has_uncut()) {
    inputs_unstored_ = false;
    inputs_.stored();
  }
  for (const ResumePoint& point : delivery_.take_accepted_inputs()) {
    if (options_.acknowledges == Acknowledges::kYes) inputs_.accepted(point);
  }
}

// A lane waits for more lines only while any may come.
Delivery::Haste Worker::haste() const {
  return stopping_ || input_over_ ? Delivery::Haste::kNow : Delivery::Haste::kBatch;
}

bool Worker::cut_can_be_sent() const {
  return !intake_.has_open_entries() ||
         intake_.any_open([this](std::string_view client, std::string_view tenant) {
           return delivery_.can_send(client, tenant);
         });
}

void Worker::cut_if_due() {
  const bool is_new = touch_changed();
  // A disk that refused is tried again, also when there is nothing else to cut.
  if (delivery_.outbox().disk_error() && clock_.steady_now() >= last_cut_ + kCutWhileBlocked) {
    return cut();
  }
  const bool sender_waits = intake_.has_uncut() && inputs_.wants_cut() &&
                            clock_.steady_now() >= last_cut_ + kCutForSenders;
  if (sender_waits || input_ended_) return cut();
  if (!is_new && !intake_.cut_is_due(sync_period_)) return;
  if (!is_new && !intake_.batch_is_full() && !cut_can_be_sent() &&
      clock_.steady_now() < last_cut_ + kCutWhileBlocked) {
    return;
  }
  cut();
}

void Worker::finish_turn() {
  tell_inputs();
  intake_.publish_counts();
  delivery_.count(intake_.take_batch_counts());
  std::vector<tailer::FileReport> reports = follower_.take_reports();
  for (const tailer::FileReport& report : reports) {
    if (report.kind == tailer::FileReport::Kind::kEnded) {
      intake_.forget(report.source);
      follower_.forget_ended(report.source);
    }
  }
  std::vector<InputReport> ended = inputs_.take_reports();
  if ((!reports.empty() || !ended.empty()) && options_.report) {
    options_.report(WorkerReport{options_.number, std::move(reports), std::move(ended)});
  }
}

SteadyTime Worker::next_deadline() const {
  if (waiting_plan_ != nullptr && !planned_) return apply_at_latest_;
  if (!planned_) return SteadyTime::max();
  SteadyTime deadline = std::min(follower_.next_deadline(), delivery_.next_deadline());
  deadline = std::min(deadline, inputs_.next_deadline());
  if (waiting_plan_ != nullptr) deadline = std::min(deadline, apply_at_latest_);
  if (intake_.has_uncut() && inputs_.wants_cut()) {
    deadline = std::min(deadline, last_cut_ + kCutForSenders);
  }
  SteadyTime cut_at = intake_.next_deadline(sync_period_);
  if (cut_at <= clock_.steady_now() && !cut_can_be_sent()) {
    cut_at = std::max(cut_at, last_cut_ + kCutWhileBlocked);
  }
  deadline = std::min(deadline, cut_at);
  if (delivery_.outbox().disk_error()) deadline = std::min(deadline, last_cut_ + kCutWhileBlocked);
  if (paused_until_ > clock_.steady_now()) deadline = std::min(deadline, paused_until_);
  for (const auto& [job, until] : paused_jobs_) {
    if (until > clock_.steady_now()) deadline = std::min(deadline, until);
  }
  if (stopping_) deadline = std::min(deadline, stop_deadline_);
  return deadline;
}

bool Worker::drained() const {
  return sources_.empty() && !intake_.has_uncut() && delivery_.everything_done();
}

std::chrono::nanoseconds Worker::outbox_age() const {
  const auto oldest = delivery_.outbox().oldest_pending_time_ns();
  if (!oldest) return std::chrono::nanoseconds(0);
  // Not below 0 when the wall clock was set back.
  return std::chrono::nanoseconds(
      std::max<std::int64_t>(0, unix_nanoseconds(clock_.wall_now()) - *oldest));
}

std::vector<std::string> Worker::troubles() const {
  return delivery_.troubles();
}

}  // namespace tailrace::daemon
