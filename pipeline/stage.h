// One step of a pipeline. To add a stage, follow docs/how-to/add-a-stage.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/clock.h"
#include "model/entry.h"

namespace tailrace::pipeline {

class StageContext;
class JobState;
struct Explanation;

// What becomes of an entry after a stage has run on it.
enum class Verdict {
  kKeep,  // It goes on to the next stage.
  kDrop,  // It ends here, counted under the stage's drop reason.
  kHold,  // The stage took it over (multiline) and will emit it, merged, later.
  kSkip,  // It goes on behind the stages nested in this one (match).
};

// Looks at one entry, may change it, and gives a verdict.
//
// A stage is built once per worker from its config struct (config/stage_config.h) and sees every
// line of its job's sources on that worker, in file order. Trouble with a single line (no match,
// bad JSON, a time that does not parse) is not an error: the entry is left as Promtail leaves it.
//
// Ownership: owns its compiled state (regex, parser). The entry's views point into the worker's
//   read buffer and arena and die when run() returns; a stage that holds an entry copies it
//   (pipeline/held_entry.h), calls context.hold() and keeps its origins, for the resume point.
// Threading: confined to one worker, no locks. What a job's workers share (a rate limit, a metric
//   family) is reached through StageContext and synchronised inside.
// Errors: run() cannot fail. What can (a bad regex) fails in the stage's create().
// Memory: run() takes scratch space from context.arena(), never from the heap.
// Time: run() never sleeps; a stage that must slow its job down calls context.pause_job_until().
class Stage {
 public:
  virtual ~Stage() = default;
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  // The stage's key in YAML, e.g. "labeldrop"; inspect mode prints it.
  virtual std::string_view name() const = 0;

  // Processes `entry` in place.
  virtual Verdict run(Entry& entry, StageContext& context) = 0;

  // Says what run() is about to do with this entry, for people; called before it, where somebody
  // watches. Has no effect on the entry nor on what the stage keeps. The default says nothing.
  virtual void explain(const Entry& /*entry*/, StageContext& /*context*/,
                       Explanation& /*explanation*/) {}

  // How many of the stages that follow are nested in this one (match).
  virtual std::size_t nested_stages() const { return 0; }

  // The rest is for stages that hold entries or count; the defaults are those of all others.

  // Releases entries held past their deadline, through context.emit(); with SteadyTime::max()
  // everything held.
  virtual void release_held(SteadyTime /*now*/, StageContext& /*context*/) {}
  // The input has ended for good: nothing will come to complete what is held.
  virtual void end_input(StageContext& context) { release_held(SteadyTime::max(), context); }
  // When release_held() has something to do; SteadyTime::max(): nothing is held with a deadline.
  virtual SteadyTime next_release() const { return SteadyTime::max(); }
  // Emits the entry that waits longest, or forgets what is kept for later lines, because memory is
  // short. False: there is nothing.
  virtual bool release_oldest(StageContext& /*context*/) { return false; }
  // Whether release_oldest() would find something.
  virtual bool holds() const { return false; }
  // Upper bound of what the next line may make this stage emit (text, metadata and labels).
  virtual std::uint64_t releasable_bytes() const { return 0; }

  // Adds what was counted since the last call to the job's metrics. Once per block.
  virtual void publish(JobState& /*job*/) {}

 protected:
  Stage() = default;
};

}  // namespace tailrace::pipeline
