// A chain of stages, built once per job and worker.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/arena.h"
#include "base/clock.h"
#include "base/result.h"
#include "model/entry.h"
#include "model/held_lines.h"
#include "model/label_set.h"
#include "model/resume_point.h"
#include "model/source.h"
#include "pipeline/stage.h"

namespace tailrace::pipeline {

// Takes what leaves a pipeline.
class EntrySink {
 public:
  virtual ~EntrySink() = default;
  // `labels` is the entry's final set, interned in the worker's table. The entry's views die when
  // this returns.
  virtual void accept(const LabelSet& labels, const Entry& entry) = 0;
};

// What a pipeline needs of the worker it lives on. All outlive it.
struct PipelineWorld {
  Arena& arena;
  LabelSetTable& label_sets;
  HeldLines& held_lines;
  const Clock& clock;
};

// Runs each line through the stages of one job.
//
// Ownership: owns its stages and their state (held entries, last timestamps). Borrows the world.
// Threading: confined to one worker; JobState is what it shares with its twins on other workers.
// Memory: nothing per line from the heap; the arena is reset by the worker.
class Pipeline {
 public:
  ~Pipeline();
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;

  // Runs one raw line. The worker has called held_lines.begin_line(origin, ...) before. What leaves
  // the last stage, now or because this line completed something held, goes to `sink`.
  void run(const Line& line, LineOrigin origin, const LabelSet& labels, std::int64_t time_ns,
           EntryRole role, EntrySink& sink);

  // Releases entries held past their deadline.
  void release_due(SteadyTime now, EntrySink& sink);
  // When release_due() has something to do; SteadyTime::max(): nothing is held with a deadline.
  SteadyTime next_release() const;
  // Releases everything held (stdin at its end, receivers at a reload). Held lines of sources that
  // can be read again are not released at a stop: they are in the resume point.
  void release_all(EntrySink& sink);

  // A limit stage without `drop` waits: no line may run before this time. SteadyTime::min(): none.
  SteadyTime paused_until() const;

  // Upper bound of what a single line of `bytes` may release into the sink at once (its own text
  // and held events it completes), for the room that a cut makes before it runs.
  std::uint64_t room_needed(std::uint64_t bytes) const;

  // Adds the plain counts of this worker to the job's metrics; called once per block.
  void publish();

  // Label sets kept by stages survive a sweep; call before LabelSetTable::sweep().
  void forget_label_cache();

 private:
  friend class PipelineBuilder;
  struct State;
  explicit Pipeline(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace tailrace::pipeline
