// `cloudflare` of a job: from its block to an input.
#include "daemon/build_inputs.h"

namespace tailrace::daemon {

void add_input(const config::CloudflareConfig& /*cloudflare*/, const InputBuild& build) {
  build.error(build.job.location, "`cloudflare` is not yet supported");
}

}  // namespace tailrace::daemon
