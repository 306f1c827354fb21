// `loki_push_api` of a job: from its block to an input.
#include "daemon/build_inputs.h"

namespace tailrace::daemon {

void add_input(const config::LokiPushApiConfig& /*push*/, const InputBuild& build) {
  build.error(build.job.location, "`loki_push_api` is not yet supported");
}

}  // namespace tailrace::daemon
