// What a worker does for a pipeline, without the worker.
#include "debugger/trial.h"

#include <algorithm>

#include "pipeline/build_pipeline.h"

namespace tailrace::debugger {
namespace {

constexpr std::size_t kArenaBytes = 1U << 20U;  // As a worker's.
constexpr SourceId kSource = 1;

}  // namespace

Trial::Trial(Options options)
    : options_(std::move(options)),
      clock_(options_.begin),
      arena_(kArenaBytes),
      job_(metrics_, clock_) {
  set_target(options_.labels);
}

// Pinned sets are unpinned before their table goes.
Trial::~Trial() {
  pipeline_.reset();
}

Result<std::unique_ptr<Trial>> Trial::create(std::span<const config::StageConfig> stages,
                                             Options options,
                                             std::vector<config::Diagnostic>& diagnostics) {
  auto trial = std::make_unique<Trial>(std::move(options));
  auto pipeline = pipeline::build_pipeline(stages,
                                           {.arena = trial->arena_,
                                            .label_sets = trial->label_sets_,
                                            .held_lines = trial->held_,
                                            .clock = trial->clock_,
                                            .observer = trial->options_.observer,
                                            .environment = trial->options_.environment},
                                           trial->job_, diagnostics);
  if (!pipeline) return fail(pipeline.error());
  trial->pipeline_ = std::move(*pipeline);
  return trial;
}

void Trial::set_target(const config::LabelMap& labels) {
  labels_ = labels;
  target_.clear();
  for (const auto& [name, value] : labels_)
    target_.push_back({name, value});
}

void Trial::run(std::string_view text) {
  // A limit stage that waits holds up reading; here the clock goes on.
  if (const SteadyTime until = pipeline_->paused_until(); until > clock_.steady_now()) {
    wait(until - clock_.steady_now());
  }
  const LabelSet& labels = label_sets_.intern(target_);
  const LineOrigin origin{kSource, next_line_++};
  const std::int64_t now = unix_nanoseconds(clock_.wall_now());
  held_.begin_line(origin, origin.line, now, text);
  Line line;
  line.text = text;
  pipeline_->run(line, origin, labels, now, EntryRole::kFresh, *this);
  arena_.reset();
}

void Trial::wait(std::chrono::nanoseconds time) {
  const SteadyTime end = clock_.steady_now() + time;
  while (pipeline_->next_release() <= end) {
    clock_.move_to(std::max(clock_.steady_now(), pipeline_->next_release()));
    pipeline_->release_due(clock_.steady_now(), *this);
  }
  clock_.move_to(end);
}

void Trial::end() {
  pipeline_->end_input(*this);
}

std::vector<std::string> Trial::metrics() {
  pipeline_->publish();
  const std::string text = metrics_.serialize();
  std::vector<std::string> samples;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.find('\n', begin);
    if (text[begin] != '#') samples.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return samples;
}

void Trial::accept(const LabelSet& labels, const Entry& entry) {
  if (options_.keep == Options::Keep::kEntries) entries_.push_back(snapshot_of(labels, entry));
}

}  // namespace tailrace::debugger
