// `template`: what a Go template makes of the extracted values becomes one of them.
#pragma once

#include <memory>
#include <string_view>

#include "base/result.h"
#include "config/stage_config.h"
#include "pipeline/go_template/template.h"
#include "pipeline/stage.h"
#include "pipeline/stage_build.h"
#include "pipeline/stages/template_values.h"

namespace tailrace::pipeline {

class TemplateStage final : public Stage {
 public:
  static Result<std::unique_ptr<Stage>> create(const config::TemplateStageConfig& config,
                                               StageBuild& build);

  std::string_view name() const override { return "template"; }
  Verdict run(Entry& entry, StageContext& context) override;
  void explain(const Entry& entry, StageContext& context, Explanation& explanation) override;

 private:
  std::unique_ptr<go_template::Template> template_;  // Null: nobody reads the result.
  TemplateValues data_;
  ExtractedSlot source_ = 0;
};

}  // namespace tailrace::pipeline
