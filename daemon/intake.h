// The way of a line from its source into the open batches: the inner half of a worker.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/arena.h"
#include "base/clock.h"
#include "daemon/line_rate.h"
#include "daemon/worker_plan.h"
#include "model/entry.h"
#include "model/held_lines.h"
#include "model/label_set.h"
#include "model/line_block.h"
#include "model/resume_point.h"
#include "model/source.h"
#include "pipeline/pipeline.h"
#include "shippers/batcher.h"

namespace tailrace::daemon {

// Runs lines through their job's pipeline and appends what comes out to the batcher; knows which
// sources have moved since the last cut.
//
// Ownership: owns arena, label sets, held lines, pipelines and batcher. Sources are borrowed for
// the
//   length of a call.
// Threading: confined to one worker.
// Time: every line gets a time that is unique and rises; its nanoseconds modulo the number of
// workers
//   are the worker's number, so that two workers never stamp the same.
class Intake final : private pipeline::EntrySink {
 public:
  struct Options {
    std::uint32_t worker_number = 0;
    std::uint64_t pool_bytes = 8U << 20U;  // Open bytes.
    std::uint64_t held_bytes_max = pipeline::kHeldBytesMax;
  };

  // What a cut has to make durable.
  struct Cut {
    std::vector<shippers::SealedBatch> batches;
    std::vector<ResumePoint> changed;
    std::vector<SourceId> forgotten;
    std::int64_t last_time_ns = 0;
  };

  // Why run_block() returned.
  enum class Progress {
    kDone,      // The whole block has run.
    kNeedsCut,  // The next line does not fit the open batches: cut, then read the source again.
    kPaused,    // A stage of the job waits (limit without drop).
    kRateUsed,  // The line rate of all jobs is used up.
  };

  // `cut` is called when released entries need room: it must take_cut().
  Intake(const Clock& clock, Options options, std::function<void()> cut);
  ~Intake() override;
  Intake(const Intake&) = delete;
  Intake& operator=(const Intake&) = delete;

  // References that pipelines of this worker are built with. Any thread may ask.
  pipeline::PipelineWorld world() {
    return {arena_, label_sets_, held_lines_, clock_, options_.held_bytes_max};
  }
  LabelSetTable& label_sets() { return label_sets_; }

  // Takes over pipelines and batches of a plan. The caller has cut before: nothing is open. Held
  // lines of jobs whose pipeline is replaced run into the new one as replayed.
  void apply(std::vector<JobPlan>& jobs, const std::vector<ClientPlan>& clients,
             std::uint32_t worker_count);

  // Entries over this rate are dropped, or reading pauses; null: there is none.
  void limit_rate(SharedLineRate rate);

  // What a restart found: held lines run, as replayed, in the order they were read in.
  void recover(std::span<const ResumePoint> points, std::int64_t last_time_ns);

  bool has_job(std::string_view job) const;

  // Who watches all pipelines, also those of later plans, from the next line on; nullptr: nobody.
  void observe(pipeline::StageObserver* observer);
  bool observed() const { return observer_ != nullptr; }

  // Runs lines of `block`, which `source` has just read, and consumes them.
  Progress run_block(Source& source, const LineBlock& block);

  // The source was adopted, renamed or ended: its resume point goes into the next cut.
  void touch(const Source& source);
  // It will not be read again. Its resume point is kept as long as it holds lines, else as told.
  void forget(SourceId source);
  // Nothing of it is wanted any more, held lines neither (its position was removed by hand).
  void discard(SourceId source);

  // Releases held entries whose time has come.
  void release_due();
  // Nothing is held any more afterwards (end of stdin).
  void end_input();

  // After kPaused no line of the job, after kRateUsed none at all, may run before this time.
  SteadyTime paused_until() const { return paused_until_; }
  bool batch_is_full() const { return batcher_->full(); }

  // A cut is due: a batch is full, or old enough, or a resume point has waited `sync_period`.
  bool cut_is_due(std::chrono::nanoseconds sync_period) const;
  bool has_open_entries() const { return !batcher_->empty(); }
  // Whether `wanted` says yes to the (client key, tenant) of some open batch.
  bool any_open(const std::function<bool(std::string_view, std::string_view)>& wanted) const {
    return batcher_->any_open(wanted);
  }
  std::uint64_t open_bytes() const { return batcher_->open_bytes(); }
  // Something read or touched is not in any cut yet.
  bool has_uncut() const { return !touched_.empty() || !batcher_->empty(); }
  // When cut_is_due() or release_due() has something to do.
  SteadyTime next_deadline(std::chrono::nanoseconds sync_period) const;
  // Bytes that a cut now would add to each client's share at most, one block more included.
  std::uint64_t bytes_after_a_block() const;

  // Seals everything. Resume points are of now.
  Cut take_cut();

  // Where the earliest line of the source begins that a stage holds now; nothing: none is held.
  std::optional<SourcePosition> held_from(SourceId source) const;
  std::uint64_t lines_run() const { return lines_run_; }
  // Lines over the limit of FileReadOptions::line_bytes_max.
  std::uint64_t lines_cut() const { return lines_cut_; }
  std::uint64_t held_bytes() const { return held_lines_.bytes(); }
  std::uint64_t arena_overflow_bytes() const { return arena_.overflow_bytes(); }
  std::vector<shippers::BatchCounts> take_batch_counts() { return batcher_->take_counts(); }
  // Publishes the plain counters of the pipelines; once per block.
  void publish_counts();

 private:
  struct SourceState {
    std::uint64_t next_line = 0;
    // As of the last touch; its held lines are filled in at a cut. Here from a touch to the cut and
    // while lines are held: with thousands of files, what is not needed in between is much memory.
    std::unique_ptr<ResumePoint> point;
    std::uint64_t labels_serial = 0;  // Of the label set in point->labels.
    bool ended = false;
  };

  void accept(const LabelSet& labels, const Entry& entry) override;
  void make_room(std::uint64_t bytes) override;
  std::int64_t next_time();
  void start_clock();
  void run_held(pipeline::Pipeline& pipeline, const ResumePoint& point, const HeldLine& held);
  SourceState& state_of(const Source& source);
  void mark_touched(SourceId source);

  const Clock& clock_;
  const Options options_;
  const std::function<void()> cut_;
  std::uint32_t worker_count_ = 1;

  Arena arena_;
  LabelSetTable label_sets_;
  HeldLines held_lines_;
  std::map<std::string, std::unique_ptr<pipeline::Pipeline>, std::less<>> pipelines_;
  pipeline::StageObserver* observer_ = nullptr;
  std::unique_ptr<shippers::Batcher> batcher_;
  SharedLineRate rate_;
  std::uint64_t rate_dropped_ = 0;               // Not yet published.
  SteadyTime rate_free_at_ = SteadyTime::min();  // By the last entry that passed.

  std::unordered_map<SourceId, SourceState> sources_;
  std::set<SourceId> touched_;
  std::vector<SourceId> forgotten_;
  SteadyTime first_touch_ = SteadyTime::max();  // Of the resume points not yet cut.

  std::int64_t now_ns_ = 0;        // Wall time of the block at hand.
  SteadyTime steady_now_{};        // The same on the clock that does not jump.
  std::int64_t last_time_ns_ = 0;  // The last time given to a line.
  SteadyTime paused_until_ = SteadyTime::min();
  std::uint64_t lines_run_ = 0;
  std::uint64_t lines_cut_ = 0;
};

}  // namespace tailrace::daemon
