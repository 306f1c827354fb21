// Listening sockets on the network.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace tailrace::http {

enum class Network { kAny, kIpv4, kIpv6 };

// A socket that listens on the first address of `address` (empty: all interfaces) that can be
// bound. `port` 0: any free one. The caller closes it.
Result<int> listen_on(Network network, const std::string& address, std::uint16_t port);

// Another descriptor of the same socket.
Result<int> duplicate_socket(int descriptor);

// 0: it has none.
std::uint16_t port_of_socket(int descriptor);

}  // namespace tailrace::http
