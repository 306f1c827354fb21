// `windows_events` of a job: from its block to an input.
#include "daemon/build_inputs.h"

namespace tailrace::daemon {

void add_input(const config::WindowsEventsConfig& /*events*/, const InputBuild& build) {
  build.error(build.job.location, "`windows_events` is not yet supported");
}

}  // namespace tailrace::daemon
