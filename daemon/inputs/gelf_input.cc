// `gelf` of a job: from its block to an input.
#include "daemon/build_inputs.h"

namespace tailrace::daemon {

void add_input(const config::GelfConfig& /*gelf*/, const InputBuild& build) {
  build.error(build.job.location, "`gelf` is not yet supported");
}

}  // namespace tailrace::daemon
