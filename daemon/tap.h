// One tap: what somebody looks at, and what waits to be fetched.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/result.h"
#include "debugger/entry_trace.h"
#include "debugger/trace_json.h"
#include "model/label_set.h"
#include "pipeline/selection.h"

namespace tailrace::daemon {

// What is asked of a tap. What is left out is the default, or for a tap that is there what it has.
struct TapRequest {
  std::string id;
  std::optional<std::string> selector{};  // Of pipeline/selection.h; everything.
  std::optional<std::uint32_t> rate{};    // Traces per second and worker; 100, at most 1,000.
  std::optional<debugger::TraceDetail> detail{};  // kEntry.
};

// All since it was last fetched.
struct TapAnswer {
  std::vector<std::string> traces;  // In JSON (debugger/trace_json.h), oldest first.
  std::uint64_t seen = 0;           // Entries whose target's labels the selector takes.
  std::uint64_t sampled_out = 0;    // Of them not looked at: the rate was used up.
  std::uint64_t dropped_queue = 0;  // Traces that nobody fetched in time.
};

// A token bucket that holds what flows in within a second. It may owe tokens.
class TapRate {
 public:
  explicit TapRate(double per_second) : per_second_(per_second), tokens_(per_second) {}
  bool has(SteadyTime now);
  bool take(SteadyTime now);
  // Of what turned out to cost more.
  void charge(double tokens) { tokens_ -= tokens; }

 private:
  const double per_second_;
  double tokens_;
  std::optional<SteadyTime> filled_;
};

// Threading: wants() and offer() on the thread of the worker that is named; take() on any. What the
//   workers share is atomic or behind a lock that is taken once per trace.
// Memory: kQueueTracesMax traces, kQueueBytesMax bytes; the oldest go first.
class Tap {
 public:
  static constexpr std::uint32_t kRateDefault = 100;
  static constexpr std::uint32_t kRateMax = 1000;
  static constexpr std::size_t kQueueTracesMax = 1000;
  static constexpr std::size_t kQueueBytesMax = 4U << 20U;
  // A trace costs a token, and another one for so many bytes: huge lines take time to record.
  static constexpr std::size_t kBytesPerToken = 4096;
  // A selector that also wants to see the end of entries may look at so many times the rate.
  static constexpr double kLooksPerTrace = 10;

  // Shared: the hub has it, and each worker as long as it has not been told that it is gone.
  // Errors: kInvalid for the selector or the rate.
  static Result<std::shared_ptr<Tap>> create(const TapRequest& request, std::size_t workers);

  // Whether `request` asks for what this tap does.
  bool does(const TapRequest& request) const;
  // This tap's values where `request` has none.
  TapRequest completed(TapRequest request) const;

  // Whether the entry that begins with these labels is to be recorded.
  bool wants(std::size_t worker, const LabelSet& labels, const pipeline::StageContext& context,
             SteadyTime now);
  // Of its worker: other pipelines may be there.
  void forget(std::size_t worker) { seats_[worker].selection->forget(); }
  // The trace of an entry that was wanted; `worker` as before.
  void offer(std::size_t worker, const debugger::EntryTrace& trace, SteadyTime now);

  TapAnswer take();

  // For create() only.
  Tap(std::string selector, std::uint32_t rate, debugger::TraceDetail detail);

 private:
  // What one worker has for itself.
  struct Seat {
    std::unique_ptr<pipeline::Selection> selection;
    TapRate traces;
    TapRate looks;
  };

  void queue(std::string trace);

  const std::string selector_;
  const std::uint32_t rate_;
  const debugger::TraceDetail detail_;
  std::vector<Seat> seats_;  // By worker.
  std::atomic<std::uint64_t> seen_{0};
  std::atomic<std::uint64_t> sampled_out_{0};
  Mutex mutex_;
  std::deque<std::string> queue_ TAILRACE_GUARDED_BY(mutex_);
  std::size_t queue_bytes_ TAILRACE_GUARDED_BY(mutex_) = 0;
  std::uint64_t dropped_ TAILRACE_GUARDED_BY(mutex_) = 0;
};

}  // namespace tailrace::daemon
