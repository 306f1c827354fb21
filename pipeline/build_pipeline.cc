// From a job's stages in the configuration to a Pipeline.
#include "pipeline/build_pipeline.h"

#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "pipeline/names.h"
#include "pipeline/stage_build.h"
#include "pipeline/stages/cri_stage.h"
#include "pipeline/stages/decolorize_stage.h"
#include "pipeline/stages/docker_stage.h"
#include "pipeline/stages/drop_stage.h"
#include "pipeline/stages/eventlogmessage_stage.h"
#include "pipeline/stages/geoip_stage.h"
#include "pipeline/stages/json_stage.h"
#include "pipeline/stages/labelallow_stage.h"
#include "pipeline/stages/labeldrop_stage.h"
#include "pipeline/stages/labels_stage.h"
#include "pipeline/stages/limit_stage.h"
#include "pipeline/stages/logfmt_stage.h"
#include "pipeline/stages/match_stage.h"
#include "pipeline/stages/metrics_stage.h"
#include "pipeline/stages/multiline_stage.h"
#include "pipeline/stages/output_stage.h"
#include "pipeline/stages/pack_stage.h"
#include "pipeline/stages/regex_stage.h"
#include "pipeline/stages/replace_stage.h"
#include "pipeline/stages/sampling_stage.h"
#include "pipeline/stages/static_labels_stage.h"
#include "pipeline/stages/structured_metadata_stage.h"
#include "pipeline/stages/template_stage.h"
#include "pipeline/stages/template_values.h"
#include "pipeline/stages/tenant_stage.h"
#include "pipeline/stages/timestamp_stage.h"

namespace tailrace::pipeline {
namespace {

// The first pass: which extracted names each stage reads. A stage that is missing here does not
// compile.
struct ReadNames {
  Names& names;
  const go_template::Surroundings& surroundings;

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

  void operator()(const config::DockerStageConfig& /*stage*/) const {
    for (const char* const name : {"output", "stream", "timestamp"})
      names.note_read(name);
  }
  void operator()(const config::StaticLabelsStageConfig& /*stage*/) const {}
  void operator()(const config::LabelAllowStageConfig& /*stage*/) const {}
  void operator()(const config::MatchStageConfig& stage) const {
    for (const config::StageConfig& nested : stage.stages)
      std::visit(*this, nested.stage);
  }
  void operator()(const config::ReplaceStageConfig& stage) const {
    note(stage.source);
    note_template_reads(stage.replace, surroundings, names);
  }
  void operator()(const config::TemplateStageConfig& stage) const {
    note_template_reads(stage.text, surroundings, names);
  }
  void operator()(const config::PackStageConfig& stage) const {
    for (const std::string& name : stage.labels)
      names.note_read(name);
  }
  void operator()(const config::LogfmtStageConfig& stage) const { note(stage.source); }
  void operator()(const config::TenantStageConfig& stage) const { note(stage.source); }
  void operator()(const config::StructuredMetadataStageConfig& stage) const {
    for (const auto& [name, source] : stage.names)
      names.note_read(source);
  }
  void operator()(const config::LimitStageConfig& /*stage*/) const {}
  void operator()(const config::SamplingStageConfig& /*stage*/) const {}
  void operator()(const config::DecolorizeStageConfig& /*stage*/) const {}
  void operator()(const config::EventLogMessageStageConfig& stage) const {
    names.note_read(stage.source);
    names.note_suffixed();
  }
  void operator()(const config::GeoIpStageConfig& stage) const { note(stage.source); }

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
  Created operator()(const config::DockerStageConfig& stage) const {
    return DockerStage::create(stage, build);
  }
  Created operator()(const config::StaticLabelsStageConfig& stage) const {
    return StaticLabelsStage::create(stage, build);
  }
  Created operator()(const config::LabelAllowStageConfig& stage) const {
    return LabelAllowStage::create(stage, build);
  }
  Created operator()(const config::MatchStageConfig& stage) const {
    return MatchStage::create(stage, build);
  }
  Created operator()(const config::ReplaceStageConfig& stage) const {
    return ReplaceStage::create(stage, build);
  }
  Created operator()(const config::TemplateStageConfig& stage) const {
    return TemplateStage::create(stage, build);
  }
  Created operator()(const config::PackStageConfig& stage) const {
    return PackStage::create(stage, build);
  }
  Created operator()(const config::LogfmtStageConfig& stage) const {
    return LogfmtStage::create(stage, build);
  }
  Created operator()(const config::TenantStageConfig& stage) const {
    return TenantStage::create(stage, build);
  }
  Created operator()(const config::StructuredMetadataStageConfig& stage) const {
    return StructuredMetadataStage::create(stage, build);
  }
  Created operator()(const config::LimitStageConfig& stage) const {
    return LimitStage::create(stage, build);
  }
  Created operator()(const config::SamplingStageConfig& stage) const {
    return SamplingStage::create(stage, build);
  }
  Created operator()(const config::DecolorizeStageConfig& stage) const {
    return DecolorizeStage::create(stage, build);
  }
  Created operator()(const config::EventLogMessageStageConfig& stage) const {
    return EventLogMessageStage::create(stage, build);
  }
  Created operator()(const config::GeoIpStageConfig& stage) const {
    return GeoIpStage::create(stage, build);
  }
};

// Builds stages one behind the other; those nested in a `match` follow it.
class Builder {
 public:
  Builder(Names& names, JobState& job, const PipelineWorld& world,
          std::vector<config::Diagnostic>& diagnostics)
      : names_(names), job_(job), world_(world), diagnostics_(diagnostics) {}

  void build(std::span<const config::StageConfig> stages) {
    for (const config::StageConfig& stage : stages)
      build(stage);
  }

  bool failed() const { return failed_; }
  std::vector<std::unique_ptr<Stage>> take() { return std::move(built_); }

 private:
  void build(const config::StageConfig& stage) {
    using Severity = config::Diagnostic::Severity;
    StageBuild build{
        .names = names_, .job = job_, .world = world_, .number = number_++, .warnings = {}};
    auto created = std::visit(CreateStage{build}, stage.stage);
    for (StageWarning& warning : build.warnings) {
      diagnostics_.push_back({Severity::kWarning, stage.location, std::move(warning.message),
                              std::string(warning.code)});
    }
    if (!created.has_value()) {
      diagnostics_.push_back({Severity::kError, stage.location, created.error().message});
      failed_ = true;
    } else {
      built_.push_back(std::move(*created));
    }
    const auto* const match = std::get_if<config::MatchStageConfig>(&stage.stage);
    if (match == nullptr) return;
    const std::size_t before = built_.size();
    this->build(match->stages);
    if (!created.has_value()) return;
    static_cast<MatchStage&>(*built_[before - 1]).set_nested_stages(built_.size() - before);
  }

  Names& names_;
  JobState& job_;
  const PipelineWorld& world_;
  std::vector<config::Diagnostic>& diagnostics_;
  std::vector<std::unique_ptr<Stage>> built_;
  std::size_t number_ = 0;
  bool failed_ = false;
};

}  // namespace

Result<std::unique_ptr<Pipeline>> build_pipeline(std::span<const config::StageConfig> stages,
                                                 const PipelineWorld& world, JobState& job,
                                                 std::vector<config::Diagnostic>& diagnostics) {
  Names names;
  if (world.observer != nullptr) names.note_everything_read();
  const go_template::Surroundings surroundings{.clock = world.clock,
                                               .environment = world.environment};
  for (const config::StageConfig& stage : stages)
    std::visit(ReadNames{names, surroundings}, stage.stage);
  names.finish_reading();

  Builder builder(names, job, world, diagnostics);
  builder.build(stages);
  if (builder.failed()) return fail(Error::kInvalid, "pipeline_stages cannot be built");
  return std::make_unique<Pipeline>(world, job, std::move(names), builder.take());
}

}  // namespace tailrace::pipeline
