// `tailrace why` with the real file system, and a socket to the running program.
#pragma once

#include "daemon/verbs.h"
#include "daemon/why_command.h"

namespace tailrace::daemon {

// The exit status of run_why().
int run_why_verb(const WhyOptions& options, const VerbWorld& world);

}  // namespace tailrace::daemon
