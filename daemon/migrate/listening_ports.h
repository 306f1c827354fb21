// The ports that a configuration listens on.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "config/config.h"

namespace tailrace::daemon::migrate {

struct ListeningPort {
  std::string what;        // "status pages", "job web (syslog)"
  std::string address;     // host:port; a path for a local socket.
  std::uint16_t port = 0;  // 0: a local socket, or any free port.
};

// In the order of the configuration, the status pages first.
std::vector<ListeningPort> listening_ports(const config::Config& config);

}  // namespace tailrace::daemon::migrate
