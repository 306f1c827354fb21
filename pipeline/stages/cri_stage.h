// `cri`: takes container runtime lines apart and joins partial ones.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "base/result.h"
#include "config/stage_config.h"
#include "pipeline/held_entry.h"
#include "pipeline/stage.h"
#include "pipeline/stage_build.h"
#include "pipeline/stages/stream_and_time.h"
#include "pipeline/stages/stream_table.h"

namespace tailrace::pipeline {

// Promtail runs a nested pipeline here (regex, labels, timestamp, output) and joins what it gives;
// this stage does the same in one step.
class CriStage final : public Stage {
 public:
  // A partial line whose end does not come is released after this time; Promtail keeps it for
  // good and loses it when it stops (docs/compatibility.md, cri).
  static constexpr std::chrono::nanoseconds kPartialWait = std::chrono::minutes(1);

  static Result<std::unique_ptr<Stage>> create(const config::CriStageConfig& config,
                                               StageBuild& build);
  CriStage(const config::CriStageConfig& config, std::unique_ptr<StreamAndTime> stream_and_time,
           Names& names);

  std::string_view name() const override { return "cri"; }
  Verdict run(Entry& entry, StageContext& context) override;
  void explain(const Entry& entry, StageContext& context, Explanation& explanation) override;
  void release_held(SteadyTime now, StageContext& context) override;
  void end_input(StageContext& context) override;
  SteadyTime next_release() const override;
  bool release_oldest(StageContext& context) override;
  bool holds() const override { return !pending_.empty(); }
  std::uint64_t releasable_bytes() const override;
  void publish(JobState& job) override;

 private:
  // The pieces of an unfinished line.
  struct Stream {
    HeldEntry held;  // Labels, time and extracted values of the last piece.
    EntryRole role = EntryRole::kFresh;
    SteadyTime deadline{};
    Stream* newer = nullptr;
    Stream* older = nullptr;
  };

  void take_apart(Entry& entry, StageContext& context);
  const Stream* pending_of(std::string_view stream, StageContext& context) const;
  Verdict add_piece(Entry& entry, const LabelSet& labels, StageContext& context);
  void finish(Entry& entry, Stream& stream, StageContext& context);
  void release(Stream& stream, StageContext& context);
  void remove(Stream& stream);
  std::size_t joined_bytes(const Stream& stream, std::string_view piece) const;

  const config::CriStageConfig config_;
  const std::unique_ptr<StreamAndTime> stream_and_time_;
  const ExtractedSlot flags_;
  const ExtractedSlot content_;
  const ExtractedSlot tags_;
  StreamTable<Stream> streams_;
  StreamList<Stream> pending_;
  std::uint64_t pending_bytes_ = 0;  // Of all pending pieces, joined.
  std::uint64_t largest_bytes_ = 0;  // No pending line is larger.
  std::uint64_t unfinished_ = 0;     // Lines dropped at the end of the input.
};

}  // namespace tailrace::pipeline
