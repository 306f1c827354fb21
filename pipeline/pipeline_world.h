// What a pipeline needs of the worker it lives on, and where its entries go.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/arena.h"
#include "base/clock.h"
#include "model/entry.h"
#include "model/held_lines.h"
#include "model/label_set.h"
#include "pipeline/stage_observer.h"

namespace tailrace::pipeline {

// Lines that stages hold, raw and merged, per process (docs/compatibility.md, Limits). A worker
// gets its share; beyond it the oldest event is released.
inline constexpr std::uint64_t kHeldBytesMax = 16U << 20U;
// One merged entry: a longer one is released in parts.
inline constexpr std::uint64_t kMergedBytesMax = 1U << 20U;

// Takes what leaves a pipeline.
class EntrySink {
 public:
  virtual ~EntrySink() = default;
  // `labels` is the entry's final set, interned in the worker's table. The entry's views die when
  // this returns.
  virtual void accept(const LabelSet& labels, const Entry& entry) = 0;
  // An entry of up to `bytes` (text, metadata and labels) follows. Called by
  // Pipeline::release_due() and end_input() only: there every line read is either done or held,
  // so a cut may be made.
  virtual void make_room(std::uint64_t /*bytes*/) {}
};

// All outlive the pipeline.
struct PipelineWorld {
  Arena& arena;
  LabelSetTable& label_sets;
  HeldLines& held_lines;
  const Clock& clock;
  std::uint64_t held_bytes_max = kHeldBytesMax;  // This worker's share.
  StageObserver* observer = nullptr;             // From the first line on.
  std::string job = {};                          // Its name, for observers.
  // The value of an environment variable, for templates; empty function: there is none.
  std::function<std::optional<std::string>(std::string_view)> environment = {};
};

}  // namespace tailrace::pipeline
