// From a job's stages in the configuration to a Pipeline.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "config/source_location.h"
#include "config/stage_config.h"
#include "pipeline/job_state.h"
#include "pipeline/pipeline.h"

namespace tailrace::pipeline {

struct BuiltPipeline {
  std::unique_ptr<Pipeline> pipeline;           // Null when there is an error.
  std::vector<config::Diagnostic> diagnostics;  // All errors and warnings, in file order.
};

// Compiles what needs compiling (regular expressions, layouts, JMESPath) and resolves names to
// slots. Called once per job and worker; `world` is only kept, not used, so any thread may build.
BuiltPipeline build_pipeline(std::span<const config::StageConfig> stages,
                             const PipelineWorld& world, JobState& job);

}  // namespace tailrace::pipeline
