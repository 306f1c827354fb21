// `pack`: puts labels into the line, as JSON.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/stage_config.h"
#include "pipeline/stage.h"
#include "pipeline/stage_build.h"

namespace tailrace::pipeline {

class PackStage final : public Stage {
 public:
  static Result<std::unique_ptr<Stage>> create(const config::PackStageConfig& config,
                                               StageBuild& build);

  std::string_view name() const override { return "pack"; }
  Verdict run(Entry& entry, StageContext& context) override;
  void explain(const Entry& entry, StageContext& context, Explanation& explanation) override;

 private:
  struct Packed {
    std::string name;
    ExtractedSlot source = 0;
    LabelSlot label = 0;
  };

  std::vector<Packed> packed_;  // Sorted by name.
  bool stamps_ = true;
  std::string text_;  // Scratch of run().
};

}  // namespace tailrace::pipeline
