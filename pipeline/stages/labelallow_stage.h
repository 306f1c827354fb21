// `labelallow`: removes all labels but some.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "config/stage_config.h"
#include "pipeline/stage.h"
#include "pipeline/stage_build.h"

namespace tailrace::pipeline {

class LabelAllowStage final : public Stage {
 public:
  explicit LabelAllowStage(std::vector<std::string> names) : names_(std::move(names)) {}

  static Result<std::unique_ptr<Stage>> create(const config::LabelAllowStageConfig& config,
                                               StageBuild& build);

  std::string_view name() const override { return "labelallow"; }
  Verdict run(Entry& entry, StageContext& context) override;
  void explain(const Entry& entry, StageContext& context, Explanation& explanation) override;

 private:
  const std::vector<std::string> names_;
};

}  // namespace tailrace::pipeline
