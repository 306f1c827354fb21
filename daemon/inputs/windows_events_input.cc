// `windows_events` of a job: a file that is shared with hosts of Windows starts here, too.
#include "daemon/build_inputs.h"

namespace tailrace::daemon {

void add_input(const config::WindowsEventsConfig& /*events*/, const InputBuild& build) {
  // As Promtail says it (docs/compatibility.md, windows_events).
  build.diagnostics.push_back(
      {config::Diagnostic::Severity::kWarning, build.job.location,
       "WARNING!!! Windows target was configured but support for reading the windows event is not "
       "compiled into this build: the job \"" +
           build.job.job_name + "\" reads nothing"});
}

}  // namespace tailrace::daemon
