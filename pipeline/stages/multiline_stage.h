// `multiline`: joins a first line and the lines that follow it.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/stage_config.h"
#include "pipeline/held_entry.h"
#include "pipeline/matching/regex_matcher.h"
#include "pipeline/stage.h"
#include "pipeline/stage_build.h"
#include "pipeline/stages/stream_table.h"

namespace tailrace::pipeline {

// Blocks are kept per label set. After a block was sent for its size or its age, later lines make
// blocks with the labels, time and extracted values of the same first line; until the next first
// line, that line stays in the resume point as context.
class MultilineStage final : public Stage {
 public:
  // First lines kept as context; beyond it the oldest is forgotten, and what follows it passes
  // alone.
  static constexpr std::size_t kContextsMax = 1000;

  static Result<std::unique_ptr<Stage>> create(const config::MultilineStageConfig& config,
                                               StageBuild& build);
  MultilineStage(const config::MultilineStageConfig& config,
                 std::unique_ptr<RegexMatcher> firstline);

  std::string_view name() const override { return "multiline"; }
  Verdict run(Entry& entry, StageContext& context) override;
  void explain(const Entry& entry, StageContext& context, Explanation& explanation) override;
  void release_held(SteadyTime now, StageContext& context) override;
  SteadyTime next_release() const override;
  bool release_oldest(StageContext& context) override;
  bool holds() const override { return !pending_.empty() || !idle_.empty(); }
  std::uint64_t releasable_bytes() const override { return largest_bytes_; }

 private:
  // A label set that has seen a first line.
  struct Stream {
    HeldEntry block;          // Labels, time, extracted values and metadata of the first line.
    std::uint64_t lines = 0;  // In the block; 0: it waits for the next one, in idle_.
    std::size_t first_origins = 0;    // How many of block.origins are the first line; 0: none.
    std::vector<LineOrigin> context;  // The first line, when its block was sent.
    SteadyTime deadline{};
    Stream* newer = nullptr;
    Stream* older = nullptr;
  };

  Verdict take_context(Entry& entry, StageContext& context);
  Stream& begin(const Entry& entry, Stream* stream, StageContext& context);
  void append(Entry& entry, Stream& stream, StageContext& context);
  void emit(Stream& stream, StageContext& context);
  // Sends the block and keeps its first line for the lines that follow.
  void flush(Stream& stream, StageContext& context);
  void forget_context(Stream& stream, StageContext& context);
  void remove_idle(Stream& stream, StageContext& context);

  const config::MultilineStageConfig config_;
  const std::unique_ptr<RegexMatcher> firstline_;
  StreamTable<Stream> streams_;
  StreamList<Stream> pending_;       // With a block, by deadline.
  StreamList<Stream> idle_;          // With context only.
  std::uint64_t largest_bytes_ = 0;  // No pending block is larger.
};

}  // namespace tailrace::pipeline
