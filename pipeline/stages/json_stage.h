// `json`: JMESPath results become extracted values.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/stage_config.h"
#include "pipeline/json/json_extractor.h"
#include "pipeline/stage.h"
#include "pipeline/stage_build.h"

namespace tailrace::pipeline {

class JsonStage final : public Stage {
 public:
  static Result<std::unique_ptr<Stage>> create(const config::JsonStageConfig& config,
                                               StageBuild& build);

  std::string_view name() const override { return "json"; }
  Verdict run(Entry& entry, StageContext& context) override;
  void explain(const Entry& entry, StageContext& context, Explanation& explanation) override;

 private:
  std::unique_ptr<JsonExtractor> extractor_;
  std::optional<ExtractedSlot> source_;
  std::vector<std::string> expressions_;  // By target.
  std::vector<ExtractedSlot> targets_;    // Of the expressions that somebody reads.
  std::vector<Value> results_;            // Views into the arena and the line at hand.
  Verdict malformed_ = Verdict::kKeep;
};

}  // namespace tailrace::pipeline
