// Where syslog and gelf listen, as plain data.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace tailrace::config {

using TextPairs = std::vector<std::pair<std::string, std::string>>;

struct ListenConfig {
  enum class Protocol { kTcp, kUdp, kUnixStream, kUnixDatagram };
  std::string address;  // host:port, or a path for the last two.
  Protocol protocol = Protocol::kTcp;
  // `tailrace:` of the block.
  std::uint32_t max_connections = 1024;
  std::uint64_t receive_buffer = 0;  // SO_RCVBUF in bytes; 0: 4 MiB for datagrams.
  friend bool operator==(const ListenConfig&, const ListenConfig&) = default;
};

// `tls_config` of a listener; no certificate: no TLS. With `ca` clients must show a certificate.
struct ListenTlsConfig {
  std::string ca, ca_file, cert, cert_file, key, key_file;
  std::string min_version;  // "", TLS10 to TLS13.
  bool enabled() const { return !cert.empty() || !cert_file.empty(); }
  friend bool operator==(const ListenTlsConfig&, const ListenTlsConfig&) = default;
};

struct HostAndPort {
  std::string host;  // Without brackets; empty: every address.
  std::uint16_t port = 0;
};

// "host:port", "[::1]:514", ":514"; "" is any free port everywhere.
Result<HostAndPort> split_listen_address(std::string_view address);

}  // namespace tailrace::config
