// Where the daemon and the commands that talk to it meet.
#include "daemon/control_socket.h"

#include "daemon/outbox_room.h"

namespace tailrace::daemon {

std::string control_socket_path(const config::Config& config) {
  if (config.tailrace.live.disable) return {};
  return config.tailrace.control_socket.value_or(outbox_directory(config) + "/control.sock");
}

}  // namespace tailrace::daemon
