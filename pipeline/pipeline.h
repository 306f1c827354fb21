// A chain of stages, built once per job and worker.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "model/entry.h"
#include "model/label_set.h"
#include "model/line_block.h"
#include "pipeline/pipeline_world.h"
#include "pipeline/stage.h"

namespace tailrace::pipeline {

class JobState;
class Names;
class StageContext;

// Runs each line through the stages of one job. build_pipeline() makes it.
//
// Ownership: owns its stages and their state (held entries, last timestamps). Borrows the world and
//   the JobState.
// Threading: confined to one worker; JobState is what it shares with its twins on other workers.
// Memory: nothing per line from the heap; the arena is reset by the worker.
class Pipeline {
 public:
  Pipeline(const PipelineWorld& world, JobState& job, Names names,
           std::vector<std::unique_ptr<Stage>> stages);
  ~Pipeline();
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;

  // Runs one raw line. The worker has called held_lines.begin_line(origin, ...) before. What leaves
  // the last stage, now or because this line completed something held, goes to `sink`. `labels` is
  // interned in the world's table.
  void run(const Line& line, LineOrigin origin, const LabelSet& labels, std::int64_t time_ns,
           EntryRole role, EntrySink& sink);

  // Releases entries held past their deadline, and while held lines exceed the worker's share, the
  // oldest. Asks the sink for room before each.
  void release_due(SteadyTime now, EntrySink& sink);
  // When release_due() has something to do; SteadyTime::max(): nothing is held with a deadline;
  // SteadyTime::min(): at once, held lines exceed the worker's share.
  SteadyTime next_release() const;
  // The input has ended for good (stdin): releases or drops everything held, asking the sink for
  // room before each. Held lines of sources that can be read again stay in the resume point.
  void end_input(EntrySink& sink);

  // A limit stage without `drop` waits: no line may run before this time. SteadyTime::min(): none.
  SteadyTime paused_until() const;

  // Who watches from the next line on; nullptr: nobody. It replaces the world's observer.
  void observe(StageObserver* observer);

  // Upper bound of what a single line of `bytes` may release into the sink at once (its own text
  // and held events it completes, with metadata and labels), for the room that a cut makes before
  // it runs.
  std::uint64_t room_needed(std::uint64_t bytes) const;

  // Adds what stages counted to the job's metrics. Once per block.
  void publish();

  // Label sets kept by stages survive a sweep; call before LabelSetTable::sweep().
  void forget_label_cache();

 private:
  JobState& job_;
  const std::unique_ptr<StageContext> context_;
};

}  // namespace tailrace::pipeline
