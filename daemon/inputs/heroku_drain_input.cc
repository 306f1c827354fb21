// `heroku_drain` of a job: from its block to an input.
#include "daemon/build_inputs.h"

namespace tailrace::daemon {

void add_input(const config::HerokuDrainConfig& /*heroku*/, const InputBuild& build) {
  build.error(build.job.location, "`heroku_drain` is not yet supported");
}

}  // namespace tailrace::daemon
