// Watches a pipeline and makes a trace of every entry.
#pragma once

#include <cstddef>
#include <functional>
#include <limits>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/arena.h"
#include "base/clock.h"
#include "debugger/entry_trace.h"
#include "pipeline/stage_observer.h"

namespace tailrace::debugger {

// Gives each trace away when its entry has left, was dropped or is held: an entry that a stage let
// go of in the middle of its run comes before the one that made it do so.
//
// Ownership: borrows the clock, which must outlive it.
// Threading: confined to one worker.
// Memory: copies what an entry has, per stage: this is for looking, not for daily work.
class TraceRecorder final : public pipeline::StageObserver {
 public:
  using Sink = std::function<void(EntryTrace)>;

  // So that what somebody else asks for cannot fill the memory.
  struct Limits {
    std::size_t text_bytes = std::numeric_limits<std::size_t>::max();  // A longer text is cut.
    std::size_t trace_bytes =
        std::numeric_limits<std::size_t>::max();  // Of all traces; then no more.
  };

  // `stopwatch`: a real clock, for the time that stages take.
  TraceRecorder(const Clock& stopwatch, Sink sink)
      : TraceRecorder(stopwatch, std::move(sink), Limits()) {}
  TraceRecorder(const Clock& stopwatch, Sink sink, Limits limits);

  // Limits::trace_bytes is used up: entries are not watched any more.
  bool full() const { return recorded_bytes_ > limits_.trace_bytes; }

  Interest begin(const Entry& entry, const LabelSet& labels, std::size_t first_stage,
                 const pipeline::StageContext& context) override;
  void before(std::size_t number, pipeline::Stage& stage, const Entry& entry,
              pipeline::StageContext& context) override;
  void after(std::size_t number, pipeline::Stage& stage, const Entry& entry,
             pipeline::StageContext& context, pipeline::Verdict verdict) override;
  void end(const Entry& entry, const LabelSet* labels) override;

 private:
  struct State {
    EntrySnapshot entry;
    std::map<std::string, std::string> extracted;
  };
  // There are several when a stage lets go of an entry while another runs.
  struct OpenTrace {
    EntryTrace trace;
    State state;        // After the last stage.
    bool fresh = true;  // No stage has run yet; `state` has no extracted values.
    SteadyTime begin{};
    SteadyTime stage_begin{};
    std::chrono::nanoseconds others{0};  // Spent on entries within the stage that runs.
  };

  State state_of(const Entry& entry, const pipeline::StageContext& context);

  void cut(StageStep& step) const;

  const Clock& stopwatch_;
  const Sink sink_;
  const Limits limits_;
  std::size_t recorded_bytes_ = 0;
  Arena arena_;
  std::vector<OpenTrace> open_;
};

}  // namespace tailrace::debugger
