// From a job's stages in the configuration to a Pipeline.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "base/result.h"
#include "config/source_location.h"
#include "config/stage_config.h"
#include "pipeline/job_state.h"
#include "pipeline/pipeline.h"

namespace tailrace::pipeline {

// Compiles what needs compiling (regular expressions, layouts, JMESPath) and resolves names to
// slots. Called once per job and worker; `world` is only kept, not used, so any thread may build.
//
// Errors: all of them, and warnings, are appended to `diagnostics`; fails when there is an error.
Result<std::unique_ptr<Pipeline>> build_pipeline(std::span<const config::StageConfig> stages,
                                                 const PipelineWorld& world, JobState& job,
                                                 std::vector<config::Diagnostic>& diagnostics);

}  // namespace tailrace::pipeline
