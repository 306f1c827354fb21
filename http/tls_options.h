// TLS settings of a client and of the server, as Prometheus and Promtail write them.
#pragma once

#include <string>
#include <vector>

namespace tailrace::http {

// docs/compatibility.md, clients[].tls_config. Inline text and file exclude each other (checked by
// config). Files are read again when they change.
struct TlsOptions {
  std::string ca;  // PEM text.
  std::string ca_file;
  std::string cert;
  std::string cert_file;
  std::string key;
  std::string key_file;
  std::string server_name;
  bool insecure_skip_verify = false;
  std::string min_version;  // "", TLS10, TLS11, TLS12, TLS13.
  std::string max_version;
  friend bool operator==(const TlsOptions&, const TlsOptions&) = default;
};

// What a server asks of a client's certificate. The names are Go's.
enum class ClientAuth {
  kNoClientCert,
  kRequestClientCert,     // Asked for, not looked at.
  kRequireAnyClientCert,  // There must be one.
  kVerifyClientCertIfGiven,
  kRequireAndVerifyClientCert,
};

// docs/compatibility.md, server.http_tls_config. Inline text and file exclude each other (checked
// by config). Files are read again when they change.
struct ServerTlsOptions {
  std::string cert;  // PEM text, the chain behind it. Neither it nor a file: no TLS.
  std::string cert_file;
  std::string key;
  std::string key_file;
  std::string client_ca;  // Neither it nor a file: the system's authorities.
  std::string client_ca_file;
  ClientAuth client_auth = ClientAuth::kNoClientCert;
  std::string min_version = {};                 // "": TLS 1.2; VersionTLS10 to VersionTLS13.
  std::vector<std::string> cipher_suites = {};  // Go's names; empty: GnuTLS's choice.
  bool enabled() const { return !cert.empty() || !cert_file.empty(); }
  friend bool operator==(const ServerTlsOptions&, const ServerTlsOptions&) = default;
};

}  // namespace tailrace::http
