// Whose bytes these are: an address, small enough to lie beside each message.
#pragma once

#include <array>
#include <cstdint>
#include <string>

struct sockaddr_storage;

namespace tailrace::receivers {

// An IPv4 or IPv6 address without port; of a unix socket none.
struct PeerAddress {
  enum class Family : std::uint8_t { kNone, kIpv4, kIpv6 };
  Family family = Family::kNone;
  std::array<std::uint8_t, 16> bytes{};  // In network order.
  friend auto operator<=>(const PeerAddress&, const PeerAddress&) = default;

  // An IPv4 address that came through an IPv6 socket is one of IPv4.
  static PeerAddress of(const sockaddr_storage& address);
  std::string text() const;  // "192.0.2.1", "2001:db8::1", "".
};

}  // namespace tailrace::receivers
