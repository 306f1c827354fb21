// What syslog and gelf have in common: where to listen.
#include <array>
#include <charconv>

#include <fmt/format.h>

#include "config/listen_config.h"
#include "config/parse.h"

namespace tailrace::config {
namespace {

using Protocol = ListenConfig::Protocol;

struct ProtocolName {
  std::string_view name;
  Protocol protocol;
};
constexpr std::array<ProtocolName, 4> kProtocols = {{{"tcp", Protocol::kTcp},
                                                     {"udp", Protocol::kUdp},
                                                     {"unix", Protocol::kUnixStream},
                                                     {"unixgram", Protocol::kUnixDatagram}}};

bool is_path(Protocol protocol) {
  return protocol == Protocol::kUnixStream || protocol == Protocol::kUnixDatagram;
}

}  // namespace

Result<HostAndPort> split_listen_address(std::string_view address) {
  HostAndPort result;
  if (address.empty()) return result;
  const std::size_t colon = address.rfind(':');
  if (colon == std::string_view::npos) {
    return fail(Error::kInvalid, "has no port: write host:port");
  }
  std::string_view host = address.substr(0, colon);
  const std::string_view port = address.substr(colon + 1);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return fail(Error::kInvalid, "an IPv6 address needs brackets: [::1]:514");
  }
  result.host = host;
  if (port.empty()) return result;
  const auto [end, code] = std::from_chars(port.data(), port.data() + port.size(), result.port);
  if (code != std::errc() || end != port.data() + port.size()) {
    return fail(Error::kInvalid, fmt::format("\"{}\" is no port", port));
  }
  return result;
}

void parse_listen(Fields& fields, ListenConfig& listen) {
  fields.read("listen_address", listen.address);
  std::optional<std::string> protocol;
  fields.read("listen_protocol", protocol);
  if (protocol && !protocol->empty()) {
    bool known = false;
    for (const ProtocolName& one : kProtocols) {
      if (*protocol != one.name) continue;
      listen.protocol = one.protocol;
      known = true;
    }
    if (!known) {
      fields.error("listen_protocol",
                   fmt::format("must be tcp, udp, unix or unixgram, not \"{}\"", *protocol));
      return;
    }
  }
  if (is_path(listen.protocol)) {
    if (!listen.address.starts_with('/')) {
      fields.error("listen_address", "must be the absolute path of a unix socket");
    }
  } else if (const auto split = split_listen_address(listen.address); !split) {
    fields.error("listen_address", split.error().message);
  }
}

void parse_listen_limits(Fields& fields, ListenConfig& listen) {
  fields.read("max_connections", listen.max_connections);
  if (listen.max_connections == 0) fields.error("max_connections", "must be at least 1");
  fields.read_bytes("receive_buffer", listen.receive_buffer);
  if (listen.receive_buffer > (1U << 30U)) fields.error("receive_buffer", "may be at most 1 GiB");
}

void parse_listen_tls(Fields fields, ListenTlsConfig& tls) {
  fields.read("ca", tls.ca);
  fields.read("ca_file", tls.ca_file);
  fields.read("cert", tls.cert);
  fields.read("cert_file", tls.cert_file);
  fields.read_secret("key", tls.key);
  fields.read("key_file", tls.key_file);
  fields.read("min_version", tls.min_version);
  // A client's affairs: Promtail takes them here and does nothing with them.
  for (const char* key : {"server_name", "insecure_skip_verify", "max_version"})
    fields.ignore(key);
  if (!tls.ca.empty() && !tls.ca_file.empty()) fields.error("ca_file", "excludes ca");
  if (!tls.cert.empty() && !tls.cert_file.empty()) fields.error("cert_file", "excludes cert");
  if (!tls.key.empty() && !tls.key_file.empty()) fields.error("key_file", "excludes key");
  const bool has_key = !tls.key.empty() || !tls.key_file.empty();
  if (tls.enabled() && !has_key) fields.error("cert_file", "needs its key: set key_file");
  if (has_key && !tls.enabled()) fields.error("key_file", "needs its certificate: set cert_file");
  const bool has_ca = !tls.ca.empty() || !tls.ca_file.empty();
  if (has_ca && !tls.enabled() && !has_key) {
    fields.error("ca_file", "needs a certificate of the server: set cert_file and key_file");
  }
  constexpr std::array<std::string_view, 5> kVersions = {"", "TLS10", "TLS11", "TLS12", "TLS13"};
  bool known = false;
  for (const std::string_view version : kVersions)
    known = known || tls.min_version == version;
  if (!known) {
    fields.error("min_version",
                 fmt::format("must be TLS10, TLS11, TLS12 or TLS13, not \"{}\"", tls.min_version));
  }
  fields.finish();
}

}  // namespace tailrace::config
