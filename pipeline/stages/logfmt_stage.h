// `logfmt`: values of `key=value` texts become extracted values.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/stage_config.h"
#include "pipeline/stage.h"
#include "pipeline/stage_build.h"

namespace tailrace::pipeline {

class LogfmtStage final : public Stage {
 public:
  static Result<std::unique_ptr<Stage>> create(const config::LogfmtStageConfig& config,
                                               StageBuild& build);

  std::string_view name() const override { return "logfmt"; }
  Verdict run(Entry& entry, StageContext& context) override;
  void explain(const Entry& entry, StageContext& context, Explanation& explanation) override;

 private:
  struct Wanted {
    std::string key;
    ExtractedSlot target = 0;
  };

  std::optional<ExtractedSlot> source_;
  std::vector<Wanted> wanted_;
};

}  // namespace tailrace::pipeline
