// `decolorize`: removes ANSI control sequences from the line.
#pragma once

#include <memory>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "config/stage_config.h"
#include "pipeline/matching/regex_scanner.h"
#include "pipeline/stage.h"
#include "pipeline/stage_build.h"

namespace tailrace::pipeline {

class DecolorizeStage final : public Stage {
 public:
  explicit DecolorizeStage(std::unique_ptr<RegexScanner> scanner) : scanner_(std::move(scanner)) {}

  static Result<std::unique_ptr<Stage>> create(const config::DecolorizeStageConfig& config,
                                               StageBuild& build);

  std::string_view name() const override { return "decolorize"; }
  Verdict run(Entry& entry, StageContext& context) override;

 private:
  std::unique_ptr<RegexScanner> scanner_;
};

}  // namespace tailrace::pipeline
