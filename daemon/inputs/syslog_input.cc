// `syslog` of a job: from its block to an input.
#include "daemon/build_inputs.h"

namespace tailrace::daemon {

void add_input(const config::SyslogConfig& /*syslog*/, const InputBuild& build) {
  build.error(build.job.location, "`syslog` is not yet supported");
}

}  // namespace tailrace::daemon
