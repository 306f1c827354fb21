// `docker_sd_configs` of a job: from containers to inputs.
#include "daemon/build_inputs.h"

namespace tailrace::daemon {

void build_docker_inputs(const InputBuild& build, const std::vector<discovery::Target>& /*targets*/,
                         std::vector<discovery::DroppedTarget>& /*dropped*/) {
  build.error(build.job.location, "`docker_sd_configs` is not yet supported");
}

}  // namespace tailrace::daemon
