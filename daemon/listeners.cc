// Sockets: resolve, bind, listen.
#include "daemon/listeners.h"

#include <netdb.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include <netinet/in.h>

namespace tailrace::daemon {
namespace {

constexpr int kBacklog = 512;
constexpr int kSocketFlags = SOCK_NONBLOCK | SOCK_CLOEXEC;

using Protocol = ListenAddress::Protocol;
using Opened = Result<std::shared_ptr<const Listener>>;

std::string shown(const ListenAddress& address) {
  switch (address.protocol) {
    case Protocol::kTcp:
      return "tcp " + address.host + ":" + std::to_string(address.port);
    case Protocol::kUdp:
      return "udp " + address.host + ":" + std::to_string(address.port);
    case Protocol::kUnixStream:
    case Protocol::kUnixDatagram:
      break;
  }
  return "unix " + address.path;
}

auto failure(const ListenAddress& address, int error) {
  return fail(error,
              "cannot listen on " + shown(address) + ": " + std::generic_category().message(error));
}

std::uint16_t port_of(int descriptor) {
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  if (getsockname(descriptor, reinterpret_cast<sockaddr*>(&bound), &size) != 0) return 0;
  if (bound.ss_family == AF_INET6) {
    return ntohs(reinterpret_cast<const sockaddr_in6&>(bound).sin6_port);
  }
  return ntohs(reinterpret_cast<const sockaddr_in&>(bound).sin_port);
}

// A socket that listens on one address of the system's list; less than 0: errno.
int bound_socket(const addrinfo& candidate, bool is_stream) {
  const int descriptor =
      socket(candidate.ai_family, candidate.ai_socktype | kSocketFlags, candidate.ai_protocol);
  if (descriptor < 0) return -errno;
  const int on = 1;
  const int off = 0;
  if (is_stream) setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (candidate.ai_family == AF_INET6) {
    setsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  }
  if (bind(descriptor, candidate.ai_addr, candidate.ai_addrlen) == 0 &&
      (!is_stream || listen(descriptor, kBacklog) == 0)) {
    return descriptor;
  }
  const int error = errno;
  close(descriptor);
  return -error;
}

Opened open_network(const ListenAddress& address) {
  const bool is_stream = address.protocol == Protocol::kTcp;
  addrinfo hints{};
  // All interfaces: one IPv6 socket takes IPv4 as well; where there is no IPv6, the next is tried.
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = is_stream ? SOCK_STREAM : SOCK_DGRAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const std::string port = std::to_string(address.port);
  const int status = getaddrinfo(address.host.empty() ? nullptr : address.host.c_str(),
                                 port.c_str(), &hints, &found);
  if (status != 0) {
    return fail(Error::kInvalid,
                "cannot listen on " + shown(address) + ": " + gai_strerror(status));
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> list(found, freeaddrinfo);
  int error = EADDRNOTAVAIL;
  for (const int family : {AF_INET6, AF_INET}) {
    for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
      if (at->ai_family != family) continue;
      const int descriptor = bound_socket(*at, is_stream);
      if (descriptor >= 0) {
        return std::make_shared<const Listener>(descriptor, port_of(descriptor));
      }
      error = -descriptor;
      if (error == EADDRINUSE || error == EACCES) return failure(address, error);
    }
  }
  return failure(address, error);
}

Opened open_local(const ListenAddress& address) {
  const bool is_stream = address.protocol == Protocol::kUnixStream;
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  if (address.path.size() >= sizeof name.sun_path) return failure(address, ENAMETOOLONG);
  address.path.copy(name.sun_path, address.path.size());
  const int type = is_stream ? SOCK_STREAM : SOCK_DGRAM;
  const auto* const generic = reinterpret_cast<const sockaddr*>(&name);
  struct stat status {};
  if (lstat(address.path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode)) {
    // Whoever made it may be dead: then nobody answers.
    const int probe = socket(AF_UNIX, type | kSocketFlags, 0);
    const bool alive = probe >= 0 && connect(probe, generic, sizeof name) == 0;
    const bool refused = !alive && errno == ECONNREFUSED;
    if (probe >= 0) close(probe);
    if (alive) return failure(address, EADDRINUSE);
    if (refused) unlink(address.path.c_str());
  }
  const int descriptor = socket(AF_UNIX, type | kSocketFlags, 0);
  if (descriptor < 0) return failure(address, errno);
  if (bind(descriptor, generic, sizeof name) != 0 ||
      (is_stream && listen(descriptor, kBacklog) != 0)) {
    const int error = errno;
    close(descriptor);
    return failure(address, error);
  }
  return std::make_shared<const Listener>(descriptor, 0);
}

}  // namespace

Listener::~Listener() {
  if (descriptor_ >= 0) close(descriptor_);
}

Opened Listeners::open(const ListenAddress& address) {
  if (!asked_.insert(address).second) return failure(address, EADDRINUSE);
  if (const auto found = open_.find(address); found != open_.end()) return found->second;
  if (use_ == Use::kPretend) return std::make_shared<const Listener>(-1, address.port);
  const bool is_local =
      address.protocol == Protocol::kUnixStream || address.protocol == Protocol::kUnixDatagram;
  Opened opened = is_local ? open_local(address) : open_network(address);
  if (opened) {
    open_[address] = *opened;
    fresh_.insert(address);
  }
  return opened;
}

void Listeners::forget_asked() {
  for (const ListenAddress& address : fresh_)
    open_.erase(address);
  fresh_.clear();
  asked_.clear();
}

void Listeners::keep_asked() {
  std::erase_if(open_, [this](const auto& one) { return !asked_.contains(one.first); });
  fresh_.clear();
  asked_.clear();
}

}  // namespace tailrace::daemon
