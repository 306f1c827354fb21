// TLS settings of a client, as Prometheus and Promtail write them.
#pragma once

#include <string>

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

}  // namespace tailrace::http
