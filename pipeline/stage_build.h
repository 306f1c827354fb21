// What a stage's create() is given besides its own configuration.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/job_state.h"
#include "pipeline/names.h"
#include "pipeline/pipeline_world.h"

namespace tailrace::pipeline {

// What is probably not meant.
struct StageWarning {
  std::string_view code;  // docs/how-to/check.md.
  std::string message;
};

struct StageBuild {
  Names& names;  // In its second pass: every name that is read is known.
  JobState& job;
  const PipelineWorld& world;
  std::size_t number = 0;              // Of the stage within the job, nested ones included.
  std::vector<StageWarning> warnings;  // Shown with the place of the stage.
};

}  // namespace tailrace::pipeline
