// `drop`: ends entries that meet all given conditions.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/stage_config.h"
#include "pipeline/matching/regex_matcher.h"
#include "pipeline/stage.h"
#include "pipeline/stage_build.h"

namespace tailrace::pipeline {

class DropStage final : public Stage {
 public:
  explicit DropStage(const config::DropStageConfig& config) : config_(config) {}

  static Result<std::unique_ptr<Stage>> create(const config::DropStageConfig& config,
                                               StageBuild& build);

  std::string_view name() const override { return "drop"; }
  Verdict run(Entry& entry, StageContext& context) override;
  void explain(const Entry& entry, StageContext& context, Explanation& explanation) override;
  void publish(JobState& job) override;

 private:
  bool applies(const Entry& entry, StageContext& context) const;
  void explain_text(const Entry& entry, StageContext& context, Explanation& explanation) const;
  bool is_old(const Entry& entry, const StageContext& context) const;
  // nullopt: a value has no text form.
  std::optional<std::string_view> joined_sources(const Entry& entry, StageContext& context) const;

  const config::DropStageConfig config_;
  std::optional<std::vector<ExtractedSlot>> sources_;
  std::unique_ptr<RegexMatcher> expression_;  // Null: none.
  std::uint64_t dropped_ = 0;                 // Since the last publish().
};

}  // namespace tailrace::pipeline
