// Who watches each stage at work: inspect mode.
#pragma once

#include "model/entry.h"
#include "pipeline/names.h"
#include "pipeline/stage.h"

namespace tailrace::pipeline {

// Gets every entry before and after each stage. `names` says what the entry's slots are called;
// with an observer a pipeline keeps every extracted name, also those that no stage reads.
//
// Threading: called on the worker's thread.
class StageObserver {
 public:
  virtual ~StageObserver() = default;
  virtual void before(const Stage& stage, const Entry& entry, const Names& names) = 0;
  virtual void after(const Stage& stage, const Entry& entry, const Names& names,
                     Verdict verdict) = 0;
};

}  // namespace tailrace::pipeline
