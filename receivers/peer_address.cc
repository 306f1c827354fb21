// Addresses between the kernel's form and ours.
#include "receivers/peer_address.h"

#include <sys/socket.h>

#include <algorithm>
#include <cstring>

#include <arpa/inet.h>
#include <netinet/in.h>

namespace tailrace::receivers {

PeerAddress PeerAddress::of(const sockaddr_storage& address) {
  PeerAddress result;
  if (address.ss_family == AF_INET) {
    const auto& ipv4 = reinterpret_cast<const sockaddr_in&>(address);
    result.family = Family::kIpv4;
    std::memcpy(result.bytes.data(), &ipv4.sin_addr, sizeof ipv4.sin_addr);
  } else if (address.ss_family == AF_INET6) {
    const auto& ipv6 = reinterpret_cast<const sockaddr_in6&>(address);
    const std::uint8_t* const bytes = ipv6.sin6_addr.s6_addr;
    if (IN6_IS_ADDR_V4MAPPED(&ipv6.sin6_addr)) {
      result.family = Family::kIpv4;
      std::copy_n(bytes + 12, 4, result.bytes.begin());
    } else {
      result.family = Family::kIpv6;
      std::copy_n(bytes, 16, result.bytes.begin());
    }
  }
  return result;
}

std::string PeerAddress::text() const {
  if (family == Family::kNone) return {};
  char text[INET6_ADDRSTRLEN] = {};
  inet_ntop(family == Family::kIpv4 ? AF_INET : AF_INET6, bytes.data(), text, sizeof text);
  return text;
}

}  // namespace tailrace::receivers
