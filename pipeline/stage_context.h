// What a stage may ask of the engine while it runs, and the engine itself.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "model/entry.h"
#include "pipeline/held_entry.h"
#include "pipeline/label_cache.h"
#include "pipeline/names.h"
#include "pipeline/pipeline_world.h"
#include "pipeline/stage.h"

namespace tailrace::pipeline {

// Takes one entry after the other through the stages.
//
// Exactly once over a restart. Lines that are held at a cut run again as kReplayed, so every stage
// up to the one that held them sees them twice, and every stage behind it sees the entry made of
// them once. Hence the role of what a stage emits is the role of what made it emit: a replayed line
// that completes an entry completed it before the restart too, so the following stages have
// counted it; a fresh line or a deadline does it for the first time, so they count it then, also
// when all its lines are replayed ones.
//
// Ownership: owns the stages, their names and the entries in flight. Borrows the world.
// Threading: confined to one worker.
// Memory: entries, templates and the label cache keep their buffers; a line allocates nothing.
class StageContext {
 public:
  StageContext(const PipelineWorld& world, Names names, std::vector<std::unique_ptr<Stage>> stages);
  StageContext(const StageContext&) = delete;
  StageContext& operator=(const StageContext&) = delete;

  // --- for stages; "the entry" is the one given to Stage::run() ---

  Arena& arena() { return world_.arena; }
  SteadyTime steady_now() const { return world_.clock.steady_now(); }
  std::int64_t wall_now_ns() const { return unix_nanoseconds(world_.clock.wall_now()); }
  // The time that the line now running came in with.
  std::int64_t received_ns() const { return received_ns_; }

  // The entry's value of a label; nullptr when it has no such label.
  const std::string_view* label(LabelSlot slot) const;
  void set_label(LabelSlot slot, std::string_view value);
  void remove_label(LabelSlot slot);
  // The entry's labels as they are now, interned.
  const LabelSet& label_set();
  // Removes all labels but these.
  void keep_labels(std::span<const std::string> names);
  // What happens where a nested pipeline begins: every current label becomes an extracted value.
  void copy_labels_to_extracted();

  // The stage takes the entry's lines over, and will return kHold: they count as held from now on
  // (as context, when the entry is kContext) until the entry that emit() makes of them is done.
  void hold();
  // Runs the stages behind this one on a held entry and empties `held.origins`.
  void emit(HeldEntry& held);
  // Gives up the lines of a held entry without emitting it: context, or lines that are dropped.
  void discard(HeldEntry& held, EntryRole role);
  // A line that stays in the resume point after its release, for what later lines take from it.
  void keep_as_context(LineOrigin origin) { world_.held_lines.keep_as_context(origin); }
  void forget_context(LineOrigin origin) { world_.held_lines.forget_context(origin); }

  // No line of this job runs before `time`.
  void pause_job_until(SteadyTime time) { paused_until_ = std::max(paused_until_, time); }

  // --- for Pipeline ---

  void run_line(const Line& line, LineOrigin origin, const LabelSet& labels, std::int64_t time_ns,
                EntryRole role, EntrySink& sink);
  void release_due(SteadyTime now, EntrySink& sink);
  void end_input(EntrySink& sink);
  // Until held lines fit the worker's share again.
  void release_overflow(EntrySink& sink);
  bool over_held_limit() const;
  void forget_label_cache();
  SteadyTime paused_until() const { return paused_until_; }
  std::span<const std::unique_ptr<Stage>> stages() const { return stages_; }
  const Names& names() const { return names_; }
  std::string_view job() const { return world_.job; }
  // Between lines; nullptr: nobody watches.
  void observe(StageObserver* observer) { observer_ = observer; }

 private:
  // Everything that is the same for all lines of one target.
  struct Template {
    std::uint64_t serial = 0;                     // Of its label set; 0: not filled in.
    bool used = false;                            // Since the last forget_label_cache().
    std::vector<Value> extracted;                 // A copy of each label, by slot.
    std::vector<const std::string_view*> labels;  // By slot; nullptr: no such label.
  };
  // An entry on its way. There are several when a stage emits one while another runs.
  struct Frame {
    Entry entry;
    const Template* base = nullptr;
    const LabelSet* labels = nullptr;   // label_set(), until a label changes.
    bool held = false;                  // Its lines count as held.
    StageObserver* observer = nullptr;  // Who watches this entry.
  };

  const Template& template_of(const LabelSet& labels);
  Frame& open_frame();
  void run_from(std::size_t stage, Frame& frame);
  void begin_observed(Frame& frame, const LabelSet& labels, std::size_t first_stage);
  void leave(Frame& frame);
  void let_go(std::span<const LineOrigin> origins, EntryRole role);

  const PipelineWorld world_;
  StageObserver* observer_;  // Costs a branch per line, and one per stage.
  const Names names_;
  const std::vector<std::unique_ptr<Stage>> stages_;
  // By extracted slot: the label slot of the same name, if stages change that label.
  std::vector<std::optional<LabelSlot>> label_slots_;
  LabelCache label_cache_;
  std::vector<LabelPair> kept_labels_;
  std::vector<std::unique_ptr<Template>> templates_;  // By LabelSet::index().

  Entry plain_;  // What leaves a pipeline without stages.
  std::vector<std::unique_ptr<Frame>> frames_;
  std::size_t open_frames_ = 0;
  Frame* frame_ = nullptr;  // The innermost open one.
  std::size_t stage_ = 0;   // Which stage runs.

  EntrySink* sink_ = nullptr;
  EntryRole trigger_ = EntryRole::kFresh;  // Of the line that runs; kFresh between lines.
  bool between_lines_ = true;
  std::int64_t received_ns_ = 0;
  SteadyTime paused_until_ = SteadyTime::min();
};

}  // namespace tailrace::pipeline
