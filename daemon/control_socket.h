// Where the daemon and the commands that talk to it meet.
#pragma once

#include <string>

#include "config/config.h"

namespace tailrace::daemon {

// The socket of `tailrace.control_socket`, by default beside the outbox; empty: there is none.
std::string control_socket_path(const config::Config& config);

}  // namespace tailrace::daemon
