// Sockets: resolve, bind, listen.
#include "http/listening_socket.h"

#include <fcntl.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

#include <netinet/in.h>

namespace tailrace::http {
namespace {

int family_of(Network network, bool all_interfaces) {
  switch (network) {
    case Network::kIpv4:
      return AF_INET;
    case Network::kIpv6:
      return AF_INET6;
    case Network::kAny:
      break;
  }
  return all_interfaces ? AF_INET6 : AF_UNSPEC;  // Dual stack for "all".
}

Result<int> listen_once(Network network, const std::string& address, std::uint16_t number) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  hints.ai_family = family_of(network, address.empty());
  addrinfo* found = nullptr;
  const std::string port = std::to_string(number);
  const char* const host = address.empty() ? nullptr : address.c_str();
  int code = getaddrinfo(host, port.c_str(), &hints, &found);
  if (code != 0) {
    return fail(Error::kOther, "listen on " + address + ":" + port + ": " + gai_strerror(code));
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, freeaddrinfo);
  int error = 0;
  for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
    const int socket_fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (socket_fd < 0) {
      error = errno;
      continue;
    }
    const int on = 1;
    const int only_ipv6 = network == Network::kIpv6 ? 1 : 0;
    setsockopt(socket_fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (at->ai_family == AF_INET6) {
      setsockopt(socket_fd, IPPROTO_IPV6, IPV6_V6ONLY, &only_ipv6, sizeof only_ipv6);
    }
    if (bind(socket_fd, at->ai_addr, at->ai_addrlen) == 0 && listen(socket_fd, 128) == 0) {
      return socket_fd;
    }
    error = errno;
    close(socket_fd);
  }
  return fail(system_failure(error, "listen on " + address + ":" + port));
}

}  // namespace

Result<int> listen_on(Network network, const std::string& address, std::uint16_t port) {
  Result<int> made = listen_once(network, address, port);
  // A kernel without IPv6.
  if (!made && address.empty() && network == Network::kAny) {
    return listen_once(network, "0.0.0.0", port);
  }
  return made;
}

Result<int> duplicate_socket(int descriptor) {
  const int own = fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
  if (own < 0) return fail(system_failure(errno, "duplicate a listening socket"));
  return own;
}

std::uint16_t port_of_socket(int descriptor) {
  sockaddr_storage bound{};
  socklen_t bytes = sizeof bound;
  if (getsockname(descriptor, reinterpret_cast<sockaddr*>(&bound), &bytes) != 0) return 0;
  if (bound.ss_family == AF_INET6) {
    return ntohs(reinterpret_cast<const sockaddr_in6*>(&bound)->sin6_port);
  }
  if (bound.ss_family != AF_INET) return 0;
  return ntohs(reinterpret_cast<const sockaddr_in*>(&bound)->sin_port);
}

}  // namespace tailrace::http
