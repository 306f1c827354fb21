// `tailrace tap` in its surroundings: where the daemon's socket is, and the signals that end it.
#pragma once

#include "daemon/tap_command.h"
#include "daemon/verbs.h"

namespace tailrace::daemon {

// SIGINT, SIGTERM and SIGHUP must be blocked: they are read from a descriptor, and end it. The exit
// status is that of run_tap(), and 1 when the socket is not known.
int run_tap_verb(const TapOptions& options, const VerbWorld& world);

}  // namespace tailrace::daemon
