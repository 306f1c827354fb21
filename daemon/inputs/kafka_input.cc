// `kafka` of a job: from its block to an input.
#include "daemon/build_inputs.h"

namespace tailrace::daemon {

void add_input(const config::KafkaConfig& /*kafka*/, const InputBuild& build) {
  build.error(build.job.location, "`kafka` is not yet supported");
}

}  // namespace tailrace::daemon
