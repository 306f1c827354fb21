// From a job's stages in the configuration to a Pipeline.
#include "pipeline/build_pipeline.h"

#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "pipeline/names.h"
#include "pipeline/stage_build.h"
#include "pipeline/stages/cri_stage.h"
#include "pipeline/stages/drop_stage.h"
#include "pipeline/stages/json_stage.h"
#include "pipeline/stages/labeldrop_stage.h"
#include "pipeline/stages/labels_stage.h"
#include "pipeline/stages/metrics_stage.h"
#include "pipeline/stages/multiline_stage.h"
#include "pipeline/stages/output_stage.h"
#include "pipeline/stages/regex_stage.h"
#include "pipeline/stages/timestamp_stage.h"

namespace tailrace::pipeline {
namespace {

// The first pass: which extracted names each stage reads. A stage that is missing here does not
// compile.
struct ReadNames {
  Names& names;

  void operator()(const config::RegexStageConfig& stage) const { note(stage.source); }
  void operator()(const config::JsonStageConfig& stage) const { note(stage.source); }
  void operator()(const config::LabelsStageConfig& stage) const {
    for (const auto& [label, source] : stage.labels)
      names.note_read(source);
  }
  void operator()(const config::LabelDropStageConfig& /*stage*/) const {}
  void operator()(const config::TimestampStageConfig& stage) const {
    names.note_read(stage.source);
  }
  void operator()(const config::OutputStageConfig& stage) const { names.note_read(stage.source); }
  void operator()(const config::DropStageConfig& stage) const {
    if (!stage.sources.has_value()) return;
    for (const std::string& source : *stage.sources)
      names.note_read(source);
  }
  void operator()(const config::CriStageConfig& /*stage*/) const {
    for (const char* const name : {"time", "stream", "flags", "content", "tags"}) {
      names.note_read(name);
    }
  }
  void operator()(const config::MultilineStageConfig& /*stage*/) const {}
  void operator()(const config::MetricsStageConfig& stage) const {
    for (const config::MetricConfig& metric : stage.metrics)
      names.note_read(metric.source);
  }

  void note(const std::optional<std::string>& source) const {
    if (source.has_value()) names.note_read(*source);
  }
};

// The second pass.
struct CreateStage {
  StageBuild& build;

  using Created = Result<std::unique_ptr<Stage>>;
  Created operator()(const config::RegexStageConfig& stage) const {
    return RegexStage::create(stage, build);
  }
  Created operator()(const config::JsonStageConfig& stage) const {
    return JsonStage::create(stage, build);
  }
  Created operator()(const config::LabelsStageConfig& stage) const {
    return LabelsStage::create(stage, build);
  }
  Created operator()(const config::LabelDropStageConfig& stage) const {
    return LabelDropStage::create(stage, build);
  }
  Created operator()(const config::TimestampStageConfig& stage) const {
    return TimestampStage::create(stage, build);
  }
  Created operator()(const config::OutputStageConfig& stage) const {
    return OutputStage::create(stage, build);
  }
  Created operator()(const config::DropStageConfig& stage) const {
    return DropStage::create(stage, build);
  }
  Created operator()(const config::CriStageConfig& stage) const {
    return CriStage::create(stage, build);
  }
  Created operator()(const config::MultilineStageConfig& stage) const {
    return MultilineStage::create(stage, build);
  }
  Created operator()(const config::MetricsStageConfig& stage) const {
    return MetricsStage::create(stage, build);
  }
};

}  // namespace

Result<std::unique_ptr<Pipeline>> build_pipeline(std::span<const config::StageConfig> stages,
                                                 const PipelineWorld& world, JobState& job,
                                                 std::vector<config::Diagnostic>& diagnostics) {
  using Severity = config::Diagnostic::Severity;
  Names names;
  if (world.observer != nullptr) names.note_everything_read();
  for (const config::StageConfig& stage : stages)
    std::visit(ReadNames{names}, stage.stage);

  std::vector<std::unique_ptr<Stage>> built;
  for (const config::StageConfig& stage : stages) {
    StageBuild build{.names = names, .job = job, .warnings = {}};
    auto created = std::visit(CreateStage{build}, stage.stage);
    for (std::string& warning : build.warnings) {
      diagnostics.push_back({Severity::kWarning, stage.location, std::move(warning)});
    }
    if (created.has_value()) {
      built.push_back(std::move(*created));
    } else {
      diagnostics.push_back({Severity::kError, stage.location, created.error().message});
    }
  }
  if (built.size() != stages.size()) {
    return fail(Error::kInvalid, "pipeline_stages cannot be built");
  }
  return std::make_unique<Pipeline>(world, job, std::move(names), std::move(built));
}

}  // namespace tailrace::pipeline
