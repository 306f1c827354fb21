// `regex`: named groups of the first match become extracted values.
#pragma once

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

class RegexStage final : public Stage {
 public:
  static Result<std::unique_ptr<Stage>> create(const config::RegexStageConfig& config,
                                               StageBuild& build);

  std::string_view name() const override { return "regex"; }
  Verdict run(Entry& entry, StageContext& context) override;
  void explain(const Entry& entry, StageContext& context, Explanation& explanation) override;

 private:
  std::unique_ptr<RegexMatcher> matcher_;
  std::vector<std::string> group_names_;  // Of targets_.
  std::string source_name_;               // "line", or an extracted value.
  std::optional<ExtractedSlot> source_;
  std::vector<ExtractedSlot> targets_;      // Of the groups that somebody reads.
  std::vector<std::string_view> captures_;  // Views into the text of the line at hand.
};

}  // namespace tailrace::pipeline
