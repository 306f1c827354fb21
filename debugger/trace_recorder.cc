// Watches a pipeline and makes a trace of every entry.
#include "debugger/trace_recorder.h"

#include <algorithm>
#include <utility>

#include "pipeline/stage_context.h"
#include "pipeline/value_text.h"

namespace tailrace::debugger {
namespace {

constexpr std::size_t kScratchBytes = 64U << 10U;

using Field = Change::Field;
using Map = std::map<std::string, std::string>;

std::map<std::string, std::string> labels_of(const Entry& entry, const pipeline::Names& names) {
  Map labels;
  if (entry.base_labels != nullptr) {
    for (const LabelPair& pair : entry.base_labels->pairs())
      labels[std::string(pair.name)] = pair.value;
  }
  for (std::size_t slot = 0; slot < entry.changes.size(); ++slot) {
    const LabelChange& change = entry.changes[slot];
    const std::string& name = names.label_names()[slot];
    if (change.kind == LabelChange::Kind::kSet) labels[name] = change.value;
    if (change.kind == LabelChange::Kind::kRemoved) labels.erase(name);
  }
  return labels;
}

void compare(Field field, const Map& was, const Map& now, std::vector<Change>& changes) {
  for (const auto& [name, value] : now) {
    const auto old = was.find(name);
    if (old == was.end()) {
      changes.push_back({field, name, std::nullopt, value, {}});
    } else if (old->second != value) {
      changes.push_back({field, name, old->second, value, {}});
    }
  }
  for (const auto& [name, value] : was) {
    if (!now.contains(name)) changes.push_back({field, name, value, std::nullopt, {}});
  }
}

// Pairs may repeat: each that has no partner is a change.
void compare(const Pairs& was, Pairs now, std::vector<Change>& changes) {
  for (const auto& pair : was) {
    const auto same = std::find(now.begin(), now.end(), pair);
    if (same != now.end()) {
      now.erase(same);
    } else {
      changes.push_back({Field::kMetadata, pair.first, pair.second, std::nullopt, {}});
    }
  }
  for (const auto& [name, value] : now)
    changes.push_back({Field::kMetadata, name, std::nullopt, value, {}});
}

// Ends between two characters.
void cut_text(std::string& text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return;
  std::size_t end = bytes_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U)
    --end;
  text.resize(end);
  text += "...";
}

std::size_t depth_of(std::size_t number, const pipeline::StageContext& context) {
  std::size_t depth = 0;
  for (std::size_t i = 0; i < number; ++i) {
    if (i + context.stages()[i]->nested_stages() >= number) ++depth;
  }
  return depth;
}

}  // namespace

TraceRecorder::TraceRecorder(const Clock& stopwatch, Sink sink, Limits limits)
    : stopwatch_(stopwatch), sink_(std::move(sink)), limits_(limits), arena_(kScratchBytes) {}

TraceRecorder::Interest TraceRecorder::begin(const Entry& entry, const LabelSet& labels,
                                             std::size_t first_stage,
                                             const pipeline::StageContext& context) {
  if (full()) return Interest::kNone;
  OpenTrace& open = open_.emplace_back();
  open.begin = stopwatch_.steady_now();
  open.trace.first_stage = first_stage;
  open.trace.job = context.job();
  open.trace.before = snapshot_of(labels, entry);
  cut_text(open.trace.before.line, limits_.text_bytes);
  return Interest::kWatch;
}

void TraceRecorder::before(std::size_t number, pipeline::Stage& stage, const Entry& entry,
                           pipeline::StageContext& context) {
  OpenTrace& open = open_.back();
  if (open.fresh) open.state = state_of(entry, context);
  open.fresh = false;
  StageStep& step = open.trace.steps.emplace_back();
  step.number = number;
  step.name = stage.name();
  step.depth = depth_of(number, context);
  stage.explain(entry, context, step.explanation);
  open.others = {};
  open.stage_begin = stopwatch_.steady_now();
}

void TraceRecorder::after(std::size_t /*number*/, pipeline::Stage& /*stage*/, const Entry& entry,
                          pipeline::StageContext& context, pipeline::Verdict verdict) {
  OpenTrace& open = open_.back();
  StageStep& step = open.trace.steps.back();
  step.spent = stopwatch_.steady_now() - open.stage_begin - open.others;
  step.verdict = verdict;
  State now = state_of(entry, context);
  const State& was = open.state;
  compare(Field::kExtracted, was.extracted, now.extracted, step.changes);
  compare(Field::kLabel, was.entry.labels, now.entry.labels, step.changes);
  if (was.entry.tenant != now.entry.tenant) {
    step.changes.push_back({Field::kTenant, {}, was.entry.tenant, now.entry.tenant, {}});
  }
  if (was.entry.line != now.entry.line) {
    step.changes.push_back({Field::kLine, {}, was.entry.line, now.entry.line, {}});
  }
  compare(was.entry.metadata, now.entry.metadata, step.changes);
  if (was.entry.time != now.entry.time) {
    step.changes.push_back(
        {Field::kTime, {}, time_text(was.entry.time), time_text(now.entry.time), now.entry.time});
  }
  open.state = std::move(now);
  cut(step);
  recorded_bytes_ += sizeof step + bytes_of(step);
}

void TraceRecorder::cut(StageStep& step) const {
  for (Change& change : step.changes) {
    if (change.was) cut_text(*change.was, limits_.text_bytes);
    if (change.now) cut_text(*change.now, limits_.text_bytes);
  }
  pipeline::Explanation& explanation = step.explanation;
  cut_text(explanation.text, limits_.text_bytes);
  std::erase_if(explanation.groups,
                [&](const auto& group) { return group.end > explanation.text.size(); });
}

void TraceRecorder::end(const Entry& entry, const LabelSet* labels) {
  OpenTrace open = std::move(open_.back());
  open_.pop_back();
  EntryTrace& trace = open.trace;
  trace.origins = entry.origins;  // A stage may have joined held ones to it.
  const auto verdict = trace.steps.empty() ? pipeline::Verdict::kKeep : trace.steps.back().verdict;
  if (labels != nullptr) {
    trace.after = snapshot_of(*labels, entry);
    cut_text(trace.after.line, limits_.text_bytes);
  } else if (verdict == pipeline::Verdict::kDrop) {
    trace.fate = EntryTrace::Fate::kDropped;
  } else if (verdict == pipeline::Verdict::kHold) {
    trace.fate = EntryTrace::Fate::kHeld;
  } else {
    trace.fate = EntryTrace::Fate::kContext;
  }
  recorded_bytes_ += sizeof trace + bytes_of(trace.before) + bytes_of(trace.after);
  sink_(std::move(trace));
  if (!open_.empty()) open_.back().others += stopwatch_.steady_now() - open.begin;
}

TraceRecorder::State TraceRecorder::state_of(const Entry& entry,
                                             const pipeline::StageContext& context) {
  State state;
  const pipeline::Names& names = context.names();
  state.entry = snapshot_of(labels_of(entry, names), entry);
  for (std::size_t slot = 0; slot < entry.extracted.size(); ++slot) {
    const Value& value = entry.extracted[slot];
    if (!value.present()) continue;
    state.extracted[names.extracted_names()[slot]] =
        pipeline::text_of(value, arena_).value_or("<nil>");
  }
  arena_.reset();
  return state;
}

}  // namespace tailrace::debugger
