// Names of TLS as Go has them, and the checks of Prometheus' exporter toolkit.
#include "config/server_tls.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

namespace tailrace::config {
namespace {

// All of Go's crypto/tls, also those that it calls insecure.
constexpr auto kCipherSuites = std::to_array<std::string_view>({
    "TLS_AES_128_GCM_SHA256",
    "TLS_AES_256_GCM_SHA384",
    "TLS_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
    "TLS_RSA_WITH_RC4_128_SHA",
    "TLS_RSA_WITH_3DES_EDE_CBC_SHA",
    "TLS_RSA_WITH_AES_128_CBC_SHA",
    "TLS_RSA_WITH_AES_256_CBC_SHA",
    "TLS_RSA_WITH_AES_128_CBC_SHA256",
    "TLS_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_ECDSA_WITH_RC4_128_SHA",
    "TLS_ECDHE_RSA_WITH_RC4_128_SHA",
    "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256",
});

constexpr auto kVersions = std::to_array<std::string_view>(
    {"", "VersionTLS10", "VersionTLS11", "VersionTLS12", "VersionTLS13"});

constexpr auto kClientAuthTypes = std::to_array<std::string_view>(
    {"", "NoClientCert", "RequestClientCert", "RequireAnyClientCert", "RequireClientCert",
     "VerifyClientCertIfGiven", "RequireAndVerifyClientCert"});

template <typename Names>
bool contains(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string_view without_spaces(std::string_view text) {
  while (text.starts_with(' '))
    text.remove_prefix(1);
  while (text.ends_with(' '))
    text.remove_suffix(1);
  return text;
}

}  // namespace

Result<std::vector<std::string>> parse_cipher_suites(std::string_view text) {
  std::vector<std::string> suites;
  if (without_spaces(text).empty()) return suites;
  while (true) {
    const std::size_t comma = text.find(',');
    const std::string_view name = without_spaces(text.substr(0, comma));
    if (!contains(kCipherSuites, name)) {
      return fail(Error::kInvalid, fmt::format("\"{}\" is not a cipher suite", name));
    }
    suites.emplace_back(name);
    if (comma == std::string_view::npos) return suites;
    text.remove_prefix(comma + 1);
  }
}

Status check_tls_version(std::string_view text) {
  if (contains(kVersions, text)) return {};
  return fail(Error::kInvalid,
              fmt::format("must be VersionTLS10, VersionTLS11, VersionTLS12 or VersionTLS13, not "
                          "\"{}\"",
                          text));
}

void check_server_tls(const ServerConfig& server, const ServerTlsLocations& locations,
                      Report& report) {
  const ServerTlsConfig& tls = server.http_tls;
  const auto error = [&](std::string message) {
    SourceLocation at = locations.http_tls;
    if (at.line == 0) at.path = "-server.http-tls-*";
    report.error(std::move(at), std::move(message));
  };
  const bool has_key = !tls.key.empty() || !tls.key_file.empty();
  const bool has_ca = !tls.client_ca.empty() || !tls.client_ca_file.empty();
  for (const auto& [name, text, file] :
       {std::tuple<const char*, const std::string&, const std::string&>{"cert", tls.cert,
                                                                        tls.cert_file},
        {"key", tls.key, tls.key_file},
        {"client_ca", tls.client_ca, tls.client_ca_file}}) {
    if (!text.empty() && !file.empty()) {
      error(fmt::format("at most one of {0} and {0}_file may be set", name));
    }
  }
  const bool no_auth = tls.client_auth_type.empty() || tls.client_auth_type == "NoClientCert";
  if (!contains(kClientAuthTypes, tls.client_auth_type)) {
    error(
        fmt::format("client_auth_type must be NoClientCert, RequestClientCert, "
                    "RequireAnyClientCert, RequireClientCert, VerifyClientCertIfGiven or "
                    "RequireAndVerifyClientCert, not \"{}\"",
                    tls.client_auth_type));
  } else if (has_ca && no_auth) {
    error("client_ca needs a client_auth_type, such as RequireAndVerifyClientCert");
  }
  if (tls.enabled() && !has_key) error("a certificate needs its key: set key or key_file");
  if (!tls.enabled() && (has_key || has_ca || !no_auth)) {
    error("there is no certificate: set cert or cert_file");
  }
  if (tls.enabled()) return;
  if (!server.tls_cipher_suites.empty() && locations.cipher_suites.line != 0) {
    report.warning(locations.cipher_suites, "has no effect without `http_tls_config`");
  }
  if (!server.tls_min_version.empty() && locations.min_version.line != 0) {
    report.warning(locations.min_version, "has no effect without `http_tls_config`");
  }
}

}  // namespace tailrace::config
