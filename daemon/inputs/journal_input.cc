// `journal` of a job: from its block to an input.
#include "daemon/build_inputs.h"

namespace tailrace::daemon {

void add_input(const config::JournalConfig& /*journal*/, const InputBuild& build) {
  build.error(build.job.location, "`journal` is not yet supported");
}

}  // namespace tailrace::daemon
