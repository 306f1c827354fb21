// `azure_event_hubs` of a job: from its block to an input.
#include "daemon/build_inputs.h"

namespace tailrace::daemon {

void add_input(const config::AzureEventHubsConfig& /*hubs*/, const InputBuild& build) {
  build.error(build.job.location, "`azure_event_hubs` is not yet supported");
}

}  // namespace tailrace::daemon
