// A chain of stages, built once per job and worker.
#include "pipeline/pipeline.h"

#include <algorithm>
#include <utility>

#include "pipeline/stage_context.h"

namespace tailrace::pipeline {
namespace {

// The labels of a target, and the longest text of a number, in bytes. Estimates only decide when a
// cut is made.
constexpr std::uint64_t kTargetLabelBytes = 4096;
constexpr std::uint64_t kNumberTextBytes = 330;

}  // namespace

Pipeline::Pipeline(const PipelineWorld& world, JobState& job, Names names,
                   std::vector<std::unique_ptr<Stage>> stages)
    : job_(job),
      context_(std::make_unique<StageContext>(world, std::move(names), std::move(stages))) {}

Pipeline::~Pipeline() = default;

void Pipeline::run(const Line& line, LineOrigin origin, const LabelSet& labels,
                   std::int64_t time_ns, EntryRole role, EntrySink& sink) {
  context_->run_line(line, origin, labels, time_ns, role, sink);
}

void Pipeline::release_due(SteadyTime now, EntrySink& sink) {
  context_->release_due(now, sink);
  context_->release_overflow(sink);
}

SteadyTime Pipeline::next_release() const {
  if (context_->over_held_limit()) return SteadyTime::min();
  SteadyTime next = SteadyTime::max();
  for (const auto& stage : context_->stages())
    next = std::min(next, stage->next_release());
  return next;
}

void Pipeline::end_input(EntrySink& sink) {
  context_->end_input(sink);
}

SteadyTime Pipeline::paused_until() const {
  return context_->paused_until();
}

void Pipeline::observe(StageObserver* observer) {
  context_->observe(observer);
}

std::uint64_t Pipeline::room_needed(std::uint64_t bytes) const {
  // Each label that stages set may hold as much text as the line.
  const std::uint64_t values = 1 + context_->names().label_names().size();
  std::uint64_t room = kTargetLabelBytes + (bytes + kNumberTextBytes) * values;
  for (const auto& stage : context_->stages())
    room += stage->releasable_bytes();
  return room;
}

void Pipeline::publish() {
  for (const auto& stage : context_->stages())
    stage->publish(job_);
}

void Pipeline::forget_label_cache() {
  publish();  // What is not published yet names label sets that the sweep may remove.
  context_->forget_label_cache();
}

}  // namespace tailrace::pipeline
