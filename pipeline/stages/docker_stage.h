// `docker`: takes the lines of Docker's json-file log driver apart.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/stage_config.h"
#include "pipeline/go_time/layout.h"
#include "pipeline/json/json_extractor.h"
#include "pipeline/stage.h"
#include "pipeline/stage_build.h"
#include "pipeline/stages/last_times.h"

namespace tailrace::pipeline {

// Does what Promtail's nested pipeline of json, labels, timestamp and output does
// (docs/compatibility.md, docker).
class DockerStage final : public Stage {
 public:
  static Result<std::unique_ptr<Stage>> create(const config::DockerStageConfig& config,
                                               StageBuild& build);

  std::string_view name() const override { return "docker"; }
  Verdict run(Entry& entry, StageContext& context) override;

 private:
  std::unique_ptr<JsonExtractor> json_;
  std::unique_ptr<TimeParser> time_parser_;
  ExtractedSlot output_ = 0;
  ExtractedSlot stream_ = 0;
  ExtractedSlot timestamp_ = 0;
  LabelSlot stream_label_ = 0;
  LastTimes last_times_;
};

}  // namespace tailrace::pipeline
