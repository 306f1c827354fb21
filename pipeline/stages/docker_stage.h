// `docker`: takes the lines of Docker's json-file log driver apart.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/stage_config.h"
#include "pipeline/json/json_extractor.h"
#include "pipeline/stage.h"
#include "pipeline/stage_build.h"
#include "pipeline/stages/stream_and_time.h"

namespace tailrace::pipeline {

// Does what Promtail's nested pipeline of json, labels, timestamp and output does
// (docs/compatibility.md, docker).
class DockerStage final : public Stage {
 public:
  static Result<std::unique_ptr<Stage>> create(const config::DockerStageConfig& config,
                                               StageBuild& build);

  std::string_view name() const override { return "docker"; }
  Verdict run(Entry& entry, StageContext& context) override;
  void explain(const Entry& entry, StageContext& context, Explanation& explanation) override;

 private:
  std::unique_ptr<JsonExtractor> json_;
  std::unique_ptr<StreamAndTime> stream_and_time_;
  ExtractedSlot output_ = 0;
};

}  // namespace tailrace::pipeline
