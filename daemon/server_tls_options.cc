// From the configuration's words to the server's options.
#include "daemon/server_tls_options.h"

#include <cstring>
#include <string>

#include <arpa/inet.h>
#include <netinet/in.h>

namespace tailrace::daemon {
namespace {

// config has looked at the name.
http::ClientAuth client_auth_of(const std::string& name) {
  if (name == "RequestClientCert") return http::ClientAuth::kRequestClientCert;
  if (name == "RequireAnyClientCert" || name == "RequireClientCert") {
    return http::ClientAuth::kRequireAnyClientCert;
  }
  if (name == "VerifyClientCertIfGiven") return http::ClientAuth::kVerifyClientCertIfGiven;
  if (name == "RequireAndVerifyClientCert") return http::ClientAuth::kRequireAndVerifyClientCert;
  return http::ClientAuth::kNoClientCert;
}

}  // namespace

http::ServerTlsOptions server_tls_options(const config::ServerConfig& server) {
  const config::ServerTlsConfig& tls = server.http_tls;
  return {.cert = tls.cert,
          .cert_file = tls.cert_file,
          .key = tls.key,
          .key_file = tls.key_file,
          .client_ca = tls.client_ca,
          .client_ca_file = tls.client_ca_file,
          .client_auth = client_auth_of(tls.client_auth_type),
          .min_version = server.tls_min_version,
          .cipher_suites = server.tls_cipher_suites};
}

bool is_loopback(std::string_view listen_address) {
  const std::string address(listen_address);
  if (address == "localhost") return true;
  in_addr ipv4{};
  // 127.0.0.0/8.
  if (inet_pton(AF_INET, address.c_str(), &ipv4) == 1) return ntohl(ipv4.s_addr) >> 24U == 127;
  in6_addr ipv6{};
  return inet_pton(AF_INET6, address.c_str(), &ipv6) == 1 &&
         std::memcmp(&ipv6, &in6addr_loopback, sizeof ipv6) == 0;
}

}  // namespace tailrace::daemon
