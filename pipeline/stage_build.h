// What a stage's create() is given besides its own configuration.
#pragma once

#include <string>
#include <vector>

#include "pipeline/job_state.h"
#include "pipeline/names.h"

namespace tailrace::pipeline {

struct StageBuild {
  Names& names;  // In its second pass: every name that is read is known.
  JobState& job;
  std::vector<std::string> warnings;  // Shown with the place of the stage.
};

}  // namespace tailrace::pipeline
