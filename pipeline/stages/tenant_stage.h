// `tenant`: sets the tenant that an entry is sent for.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "config/stage_config.h"
#include "pipeline/stage.h"
#include "pipeline/stage_build.h"

namespace tailrace::pipeline {

class TenantStage final : public Stage {
 public:
  static Result<std::unique_ptr<Stage>> create(const config::TenantStageConfig& config,
                                               StageBuild& build);

  std::string_view name() const override { return "tenant"; }
  Verdict run(Entry& entry, StageContext& context) override;
  void explain(const Entry& entry, StageContext& context, Explanation& explanation) override;

 private:
  LabelSlot tenant_ = 0;
  std::optional<ExtractedSlot> source_;
  std::optional<LabelSlot> label_;
  std::string value_;
};

}  // namespace tailrace::pipeline
