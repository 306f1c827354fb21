// Runs lines through pipelines into open batches, and says what a cut must make durable.
#include "daemon/intake.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/check.h"

namespace tailrace::daemon {
namespace {

constexpr std::size_t kArenaBytes = 1U << 20U;  // house 7: arena, per worker.
constexpr std::size_t kLabelSetsBeforeSweep = 10000;
// The clock was set back: further than this, times follow it instead of rising from the last one.
constexpr std::int64_t kClockStepNs = 60'000'000'000;

std::vector<LabelPair> label_pairs(const std::vector<std::pair<std::string, std::string>>& texts) {
  std::vector<LabelPair> pairs;
  pairs.reserve(texts.size());
  for (const auto& [name, value] : texts)
    pairs.push_back({name, value});
  return pairs;
}

std::uint64_t bytes_of(const Line& line) {
  std::uint64_t bytes = line.text.size();
  for (const LabelPair& pair : line.metadata)
    bytes += pair.name.size() + pair.value.size();
  return bytes;
}

}  // namespace

Intake::Intake(const Clock& clock, Options options, std::function<void()> cut)
    : clock_(clock),
      options_(options),
      cut_(std::move(cut)),
      arena_(kArenaBytes),
      batcher_(std::make_unique<shippers::Batcher>(std::vector<shippers::BatchOptions>{},
                                                   options_.pool_bytes)) {}

Intake::~Intake() = default;

void Intake::apply(std::vector<JobPlan>& jobs, const std::vector<ClientPlan>& clients,
                   std::uint32_t worker_count) {
  TAILRACE_CHECK(batcher_->empty());
  worker_count_ = worker_count;
  std::vector<shippers::BatchOptions> options;
  for (const ClientPlan& client : clients)
    options.push_back(client.batch);
  batcher_ = std::make_unique<shippers::Batcher>(std::move(options), options_.pool_bytes);

  // Held lines of the pipelines that go: taken out first, so that the new ones hold them afresh.
  std::map<std::string, std::unique_ptr<pipeline::Pipeline>, std::less<>> next;
  std::set<std::string, std::less<>> replaced;
  for (JobPlan& job : jobs) {
    const auto old = pipelines_.find(job.name);
    if (job.pipeline == nullptr) {
      TAILRACE_CHECK(old != pipelines_.end());
      next[job.name] = std::move(old->second);
    } else {
      next[job.name] = std::move(job.pipeline);
      if (old != pipelines_.end()) replaced.insert(job.name);
    }
  }
  for (const auto& [name, old] : pipelines_) {
    if (old != nullptr) replaced.insert(name);
  }
  std::vector<ResumePoint> held;
  for (auto& [id, state] : sources_) {
    if (!held_lines_.holds(id) || !replaced.contains(state.point->job)) continue;
    state.point->held.clear();
    held_lines_.append_held(id, state.point->held);
    held_lines_.clear(id);
    held.push_back(*state.point);
  }
  pipelines_ = std::move(next);
  if (observer_ != nullptr) observe(observer_);
  recover(held, last_time_ns_);
}

void Intake::limit_rate(SharedLineRate rate) {
  if (rate == rate_) return;
  publish_counts();
  rate_ = std::move(rate);
  rate_free_at_ = SteadyTime::min();
}

void Intake::recover(std::span<const ResumePoint> points, std::int64_t last_time_ns) {
  last_time_ns_ = std::max(last_time_ns_, last_time_ns);
  start_clock();
  std::vector<std::tuple<std::int64_t, const ResumePoint*, const HeldLine*>> lines;
  for (const ResumePoint& point : points) {
    SourceState& state = sources_[point.source];
    state.next_line = std::max(state.next_line, point.next_line);
    if (point.held.empty()) continue;
    state.point = std::make_unique<ResumePoint>(point);
    if (!has_job(point.job)) continue;  // Its held lines stay in the outbox, for when it is back.
    state.point->held.clear();
    for (const HeldLine& line : point.held)
      lines.emplace_back(line.time_ns, &point, &line);
  }
  // Times rise over all sources of a worker: this is the order in which they were read.
  std::sort(lines.begin(), lines.end(), [](const auto& a, const auto& b) {
    return std::tuple(std::get<0>(a), std::get<1>(a)->source, std::get<2>(a)->number) <
           std::tuple(std::get<0>(b), std::get<1>(b)->source, std::get<2>(b)->number);
  });
  for (const auto& [time, point, line] : lines) {
    run_held(*pipelines_.find(point->job)->second, *point, *line);
  }
}

void Intake::run_held(pipeline::Pipeline& pipeline, const ResumePoint& point,
                      const HeldLine& held) {
  // Its own labels, if it came with any.
  const LabelSet& labels =
      label_sets_.intern(label_pairs(held.labels.empty() ? point.labels : held.labels));
  const std::vector<LabelPair> metadata = label_pairs(held.metadata);
  const LineOrigin origin{point.source, held.number};
  held_lines_.begin_line(origin, held.begin, held.time_ns, held.text,
                         {held.labels.empty() ? nullptr : &labels, metadata});
  Line line;
  line.metadata = metadata;
  line.text = held.text;
  line.begin = held.begin;
  line.next = held.begin;
  pipeline.run(line, origin, labels, held.time_ns,
               held.context ? EntryRole::kContext : EntryRole::kReplayed, *this);
  arena_.reset();
  mark_touched(point.source);
}

bool Intake::has_job(std::string_view job) const {
  return pipelines_.contains(job);
}

void Intake::observe(pipeline::StageObserver* observer) {
  observer_ = observer;
  for (const auto& [name, pipeline] : pipelines_)
    pipeline->observe(observer);
}

void Intake::start_clock() {
  now_ns_ = unix_nanoseconds(clock_.wall_now());
  steady_now_ = clock_.steady_now();
  if (last_time_ns_ - now_ns_ > kClockStepNs) last_time_ns_ = now_ns_;
}

std::int64_t Intake::next_time() {
  const std::int64_t workers = worker_count_;
  std::int64_t time = std::max(now_ns_, last_time_ns_ + 1);
  time +=
      ((static_cast<std::int64_t>(options_.worker_number) - time) % workers + workers) % workers;
  last_time_ns_ = time;
  return time;
}

Intake::SourceState& Intake::state_of(const Source& source) {
  return sources_[source.id()];
}

Intake::Progress Intake::run_block(Source& source, const LineBlock& block) {
  SourceState& state = state_of(source);
  const auto found = pipelines_.find(source.job());
  TAILRACE_CHECK(found != pipelines_.end());
  pipeline::Pipeline& pipeline = *found->second;
  start_clock();
  const SourceId id = source.id();
  const LabelSet& source_labels = source.labels();
  Progress progress = Progress::kDone;
  const Line* last = nullptr;
  for (const Line& line : block.lines) {
    if (!batcher_->room_for(pipeline.room_needed(bytes_of(line))) || batcher_->full()) {
      progress = Progress::kNeedsCut;
      break;
    }
    const bool rate_used = rate_free_at_ > steady_now_;
    if (rate_used || pipeline.paused_until() > steady_now_) {
      progress = rate_used ? Progress::kRateUsed : Progress::kPaused;
      paused_until_ = rate_used ? rate_free_at_ : pipeline.paused_until();
      break;
    }
    const std::int64_t time = line.time_ns != 0 ? line.time_ns : next_time();
    const LineOrigin origin{id, state.next_line};
    held_lines_.begin_line(origin, line.begin, time, line.text, {line.labels, line.metadata});
    pipeline.run(line, origin, line.labels != nullptr ? *line.labels : source_labels, time,
                 EntryRole::kFresh, *this);
    arena_.reset();
    ++state.next_line;
    ++lines_run_;
    if (line.cut_short) ++lines_cut_;
    last = &line;
  }
  if (last != nullptr) {
    source.consume(*last);
    touch(source);
  }
  return progress;
}

void Intake::touch(const Source& source) {
  SourceState& state = state_of(source);
  if (state.point == nullptr) {
    state.point = std::make_unique<ResumePoint>();
    state.labels_serial = 0;
  }
  source.fill_resume_point(*state.point);
  state.point->next_line = state.next_line;
  if (state.labels_serial != source.labels().serial()) {
    state.labels_serial = source.labels().serial();
    state.point->labels.clear();
    for (const LabelPair& pair : source.labels().pairs()) {
      state.point->labels.emplace_back(pair.name, pair.value);
    }
  }
  mark_touched(source.id());
}

void Intake::mark_touched(SourceId source) {
  if (touched_.empty()) first_touch_ = clock_.steady_now();
  touched_.insert(source);
}

void Intake::forget(SourceId source) {
  const auto found = sources_.find(source);
  if (found != sources_.end()) found->second.ended = true;
}

void Intake::discard(SourceId source) {
  held_lines_.clear(source);
  sources_.erase(source);
  touched_.erase(source);
  forgotten_.push_back(source);
  if (touched_.empty()) first_touch_ = clock_.steady_now();
}

void Intake::release_due() {
  start_clock();
  for (const auto& [name, pipeline] : pipelines_) {
    if (pipeline->next_release() > steady_now_) continue;
    pipeline->release_due(steady_now_, *this);
    arena_.reset();
  }
}

void Intake::end_input() {
  start_clock();
  for (const auto& [name, pipeline] : pipelines_) {
    pipeline->end_input(*this);
    arena_.reset();
  }
}

void Intake::accept(const LabelSet& labels, const Entry& entry) {
  // What is replayed has been through here before the restart.
  if (rate_ != nullptr && entry.role == EntryRole::kFresh) {
    if (!rate_->drops()) {
      rate_free_at_ = rate_->take(steady_now_);
    } else if (!rate_->try_take(steady_now_)) {
      ++rate_dropped_;
      return;
    }
  }
  batcher_->append(labels, entry, now_ns_);
}

void Intake::make_room(std::uint64_t bytes) {
  if (!batcher_->room_for(bytes) || batcher_->full()) cut_();
}

bool Intake::cut_is_due(std::chrono::nanoseconds sync_period) const {
  if (batcher_->full()) return true;
  if (!batcher_->empty() && batcher_->due_ns() <= unix_nanoseconds(clock_.wall_now())) return true;
  return !touched_.empty() && first_touch_ + sync_period <= clock_.steady_now();
}

SteadyTime Intake::next_deadline(std::chrono::nanoseconds sync_period) const {
  SteadyTime deadline = SteadyTime::max();
  if (!batcher_->empty()) {
    const std::int64_t wait = batcher_->due_ns() - unix_nanoseconds(clock_.wall_now());
    deadline = clock_.steady_now() + std::chrono::nanoseconds(std::max<std::int64_t>(wait, 0));
  }
  if (!touched_.empty()) deadline = std::min(deadline, first_touch_ + sync_period);
  for (const auto& [name, pipeline] : pipelines_) {
    deadline = std::min(deadline, pipeline->next_release());
  }
  return deadline;
}

std::uint64_t Intake::bytes_after_a_block() const {
  return batcher_->open_bytes() + held_lines_.bytes() + ReadBuffer::kDefaultBytes;
}

Intake::Cut Intake::take_cut() {
  Cut cut;
  cut.batches = batcher_->seal();
  for (const SourceId source : held_lines_.take_changed())
    touched_.insert(source);
  for (const SourceId source : touched_) {
    const auto found = sources_.find(source);
    if (found == sources_.end()) continue;
    SourceState& state = found->second;
    TAILRACE_CHECK(state.point != nullptr);
    const bool holds = held_lines_.holds(source);
    ResumePoint point = holds ? *state.point : std::move(*state.point);
    point.next_line = state.next_line;
    held_lines_.append_held(source, point.held);
    if (!holds) {
      state.point.reset();
      point.labels.clear();  // Only held lines run with them again.
    }
    if (state.ended && point.held.empty()) sources_.erase(found);
    cut.changed.push_back(std::move(point));
  }
  cut.forgotten = std::exchange(forgotten_, {});
  cut.last_time_ns = last_time_ns_;
  touched_.clear();
  first_touch_ = SteadyTime::max();
  if (label_sets_.size() > kLabelSetsBeforeSweep) {
    for (const auto& [name, pipeline] : pipelines_)
      pipeline->forget_label_cache();
    label_sets_.sweep();
  }
  return cut;
}

std::optional<SourcePosition> Intake::held_from(SourceId source) const {
  std::vector<HeldLine> held;
  held_lines_.append_held(source, held);
  for (const HeldLine& line : held) {
    if (!line.context) return line.begin;
  }
  return std::nullopt;
}

void Intake::publish_counts() {
  if (rate_ != nullptr && rate_dropped_ > 0) rate_->count_dropped(std::exchange(rate_dropped_, 0));
  for (const auto& [name, pipeline] : pipelines_)
    pipeline->publish();
}

}  // namespace tailrace::daemon
