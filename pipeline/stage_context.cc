// What a stage may ask of the engine while it runs, and the engine itself.
#include "pipeline/stage_context.h"

#include <algorithm>
#include <string>
#include <utility>

namespace tailrace::pipeline {

using Interest = StageObserver::Interest;

StageContext::StageContext(const PipelineWorld& world, Names names,
                           std::vector<std::unique_ptr<Stage>> stages)
    : world_(world),
      observer_(world.observer),
      names_(std::move(names)),
      stages_(std::move(stages)),
      label_cache_(world.label_sets, names_.label_names()) {
  const auto labels = names_.label_names();
  for (const std::string& name : names_.extracted_names()) {
    const auto found = std::find(labels.begin(), labels.end(), name);
    label_slots_.push_back(found == labels.end() ? std::nullopt
                                                 : std::optional<LabelSlot>(static_cast<LabelSlot>(
                                                       found - labels.begin())));
  }
}

const std::string_view* StageContext::label(LabelSlot slot) const {
  const LabelChange& change = frame_->entry.changes[slot];
  switch (change.kind) {
    case LabelChange::Kind::kSet:
      return &change.value;
    case LabelChange::Kind::kRemoved:
      return nullptr;
    case LabelChange::Kind::kUntouched:
      break;
  }
  return frame_->base->labels[slot];
}

void StageContext::set_label(LabelSlot slot, std::string_view value) {
  frame_->entry.changes[slot] = {.kind = LabelChange::Kind::kSet, .value = value};
  frame_->labels = nullptr;
}

void StageContext::remove_label(LabelSlot slot) {
  frame_->entry.changes[slot] = {.kind = LabelChange::Kind::kRemoved, .value = {}};
  frame_->labels = nullptr;
}

const LabelSet& StageContext::label_set() {
  if (frame_->labels == nullptr) {
    frame_->labels = &label_cache_.find(*frame_->entry.base_labels, frame_->entry.changes);
  }
  return *frame_->labels;
}

void StageContext::keep_labels(std::span<const std::string> names) {
  kept_labels_.clear();
  for (const LabelPair& pair : label_set().pairs()) {
    if (std::find(names.begin(), names.end(), pair.name) != names.end()) {
      kept_labels_.push_back(pair);
    }
  }
  // The entry goes on as one of a target with these labels.
  const LabelSet& kept = world_.label_sets.intern(kept_labels_);
  Entry& entry = frame_->entry;
  entry.base_labels = &kept;
  entry.changes.assign(entry.changes.size(), {});
  frame_->base = &template_of(kept);
  frame_->labels = &kept;
}

void StageContext::copy_labels_to_extracted() {
  std::vector<Value>& extracted = frame_->entry.extracted;
  for (std::size_t i = 0; i < extracted.size(); ++i) {
    if (label_slots_[i].has_value()) {
      const std::string_view* const value = label(*label_slots_[i]);
      if (value != nullptr) extracted[i] = Value::of(*value);
    } else if (frame_->base->extracted[i].present()) {
      extracted[i] = frame_->base->extracted[i];  // A label that no stage ever changes.
    }
  }
}

void StageContext::hold() {
  if (frame_->held) return;
  frame_->held = true;
  for (const LineOrigin origin : frame_->entry.origins) {
    if (frame_->entry.role == EntryRole::kContext) {
      world_.held_lines.keep_as_context(origin);
    } else {
      world_.held_lines.hold(origin);
    }
  }
}

void StageContext::let_go(std::span<const LineOrigin> origins, EntryRole role) {
  for (const LineOrigin origin : origins) {
    if (role == EntryRole::kContext) {
      world_.held_lines.forget_context(origin);
    } else {
      world_.held_lines.release(origin);
    }
  }
}

void StageContext::emit(HeldEntry& held) {
  // Here a cut may be made: the lines still count as held, and nothing views them yet.
  if (between_lines_ && open_frames_ == 0) sink_->make_room(held.bytes());
  const std::size_t emitting_stage = stage_;
  Frame* const outer = frame_;
  Frame& frame = open_frame();
  held.show_in(frame.entry);
  frame.base = &template_of(held.labels());
  frame.labels = &held.labels();
  frame.held = true;
  frame.entry.origins.clear();
  frame.entry.origins.swap(held.origins);
  // Context completes nothing that was not complete before.
  frame.entry.role = trigger_ == EntryRole::kContext ? EntryRole::kReplayed : trigger_;
  begin_observed(frame, held.labels(), emitting_stage + 1);
  run_from(emitting_stage + 1, frame);
  --open_frames_;
  frame_ = outer;
  stage_ = emitting_stage;
}

void StageContext::discard(HeldEntry& held, EntryRole role) {
  let_go(held.origins, role);
  held.origins.clear();
}

void StageContext::run_line(const Line& line, LineOrigin origin, const LabelSet& labels,
                            std::int64_t time_ns, EntryRole role, EntrySink& sink) {
  if (stages_.empty() && role != EntryRole::kContext) {
    // Nobody looks at it on its way.
    plain_.base_labels = &labels;
    plain_.time = Timestamp::of_ns(time_ns);
    plain_.line = line.text;
    plain_.role = role;
    if (observer_ != nullptr) {
      plain_.origins.assign(1, origin);
      if (observer_->begin(plain_, labels, 0, *this) == Interest::kWatch) {
        observer_->end(plain_, &labels);
      }
    }
    return sink.accept(labels, plain_);
  }
  sink_ = &sink;
  trigger_ = role;
  between_lines_ = false;
  received_ns_ = time_ns;
  Frame& frame = open_frame();
  frame.base = &template_of(labels);
  frame.labels = nullptr;
  frame.held = false;
  Entry& entry = frame.entry;
  entry.base_labels = &labels;
  entry.changes.assign(entry.changes.size(), {});
  entry.extracted.assign(frame.base->extracted.begin(), frame.base->extracted.end());
  entry.time = Timestamp::of_ns(time_ns);
  entry.line = line.text;
  entry.metadata.assign(line.metadata.begin(), line.metadata.end());
  entry.origins.assign(1, origin);
  entry.role = role;
  begin_observed(frame, labels, 0);
  run_from(0, frame);
  --open_frames_;
  frame_ = nullptr;
  between_lines_ = true;
  trigger_ = EntryRole::kFresh;
}

void StageContext::begin_observed(Frame& frame, const LabelSet& labels, std::size_t first_stage) {
  frame.observer = nullptr;
  if (observer_ != nullptr &&
      observer_->begin(frame.entry, labels, first_stage, *this) == Interest::kWatch) {
    frame.observer = observer_;
  }
}

StageContext::Frame& StageContext::open_frame() {
  if (open_frames_ == frames_.size()) {
    frames_.push_back(std::make_unique<Frame>());
    frames_.back()->entry.changes.resize(names_.label_names().size());
  }
  frame_ = frames_[open_frames_++].get();
  return *frame_;
}

void StageContext::run_from(std::size_t stage, Frame& frame) {
  for (; stage < stages_.size(); ++stage) {
    stage_ = stage;
    Stage& current = *stages_[stage];
    StageObserver* const observer = frame.observer;
    if (observer != nullptr) observer->before(stage, current, frame.entry, *this);
    const Verdict verdict = current.run(frame.entry, *this);
    if (observer != nullptr) observer->after(stage, current, frame.entry, *this, verdict);
    if (verdict == Verdict::kKeep) continue;
    if (verdict == Verdict::kSkip) {
      stage += current.nested_stages();
      continue;
    }
    if (observer != nullptr) observer->end(frame.entry, nullptr);
    if (verdict == Verdict::kDrop && frame.held) let_go(frame.entry.origins, frame.entry.role);
    return;
  }
  leave(frame);
}

void StageContext::leave(Frame& frame) {
  const bool is_context = frame.entry.role == EntryRole::kContext;
  if (frame.observer != nullptr) {
    frame.observer->end(frame.entry, is_context ? nullptr : &label_set());
  }
  if (!is_context) sink_->accept(label_set(), frame.entry);
  if (frame.held) let_go(frame.entry.origins, frame.entry.role);
}

void StageContext::release_due(SteadyTime now, EntrySink& sink) {
  sink_ = &sink;
  // In order: what an earlier stage releases may be held by a later one.
  for (std::size_t i = 0; i < stages_.size(); ++i) {
    stage_ = i;
    stages_[i]->release_held(now, *this);
  }
}

void StageContext::end_input(EntrySink& sink) {
  sink_ = &sink;
  for (std::size_t i = 0; i < stages_.size(); ++i) {
    stage_ = i;
    stages_[i]->end_input(*this);
  }
}

bool StageContext::over_held_limit() const {
  // Stages hold about the same bytes once more, joined.
  if (world_.held_lines.bytes() * 2 <= world_.held_bytes_max) return false;
  for (const auto& stage : stages_) {
    if (stage->holds()) return true;
  }
  return false;
}

void StageContext::release_overflow(EntrySink& sink) {
  sink_ = &sink;
  while (over_held_limit()) {
    for (stage_ = 0; stage_ < stages_.size(); ++stage_) {
      if (stages_[stage_]->release_oldest(*this)) break;
    }
  }
}

const StageContext::Template& StageContext::template_of(const LabelSet& labels) {
  if (labels.index() >= templates_.size()) templates_.resize(labels.index() + 1);
  std::unique_ptr<Template>& slot = templates_[labels.index()];
  if (slot == nullptr) slot = std::make_unique<Template>();
  slot->used = true;
  if (slot->serial == labels.serial() && slot->serial != 0) return *slot;
  slot->serial = labels.serial();
  slot->extracted.clear();
  for (const std::string& name : names_.extracted_names()) {
    const std::string_view* const value = labels.find(name);
    slot->extracted.push_back(value == nullptr ? Value{} : Value::of(*value));
  }
  slot->labels.clear();
  for (const std::string& name : names_.label_names())
    slot->labels.push_back(labels.find(name));
  return *slot;
}

void StageContext::forget_label_cache() {
  label_cache_.clear();
  for (std::unique_ptr<Template>& slot : templates_) {
    if (slot == nullptr) continue;
    if (!slot->used) {
      slot.reset();
    } else {
      slot->used = false;
    }
  }
}

}  // namespace tailrace::pipeline
