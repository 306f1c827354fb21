// Who watches entries on their way: inspect mode, the debugger, a tap.
#pragma once

#include <cstddef>

#include "model/entry.h"
#include "model/label_set.h"
#include "pipeline/stage.h"

namespace tailrace::pipeline {

// Gets every entry before and after each stage.
//
// An entry begins as a line at stage 0, or behind the stage that held it; then the stages run, one
// of which may let go of other entries, which begin and end within; at last it ends. Stages are
// numbered as in the configuration, those nested in a `match` behind it.
//
// A pipeline that is built with an observer keeps every extracted name, also those that no stage
// reads; one that gets its observer later (Pipeline::observe) keeps what it was built to keep.
//
// Threading: called on the worker's thread. Everything that is given dies when the call returns.
class StageObserver {
 public:
  enum class Interest { kNone, kWatch };

  virtual ~StageObserver() = default;
  // `labels`: what the entry comes with. kNone: nothing else is said about this entry.
  virtual Interest begin(const Entry& entry, const LabelSet& labels, std::size_t first_stage,
                         const StageContext& context) = 0;
  // The stage may be asked to explain() itself.
  virtual void before(std::size_t number, Stage& stage, const Entry& entry,
                      StageContext& context) = 0;
  virtual void after(std::size_t number, Stage& stage, const Entry& entry, StageContext& context,
                     Verdict verdict) = 0;
  // `labels`: what the entry leaves with; nullptr: it was dropped or held, as the last after()
  // said, or it is context that was sent before.
  virtual void end(const Entry& entry, const LabelSet* labels) = 0;
};

}  // namespace tailrace::pipeline
