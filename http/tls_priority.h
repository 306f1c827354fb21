// Go's names of TLS versions and cipher suites as GnuTLS's priority strings.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tailrace::http {

struct TlsPriority {
  std::string all;  // From the beginning of every handshake.
  // Once a version before TLS 1.3 is agreed on; empty: `all` stays. The list of suites does not
  // concern TLS 1.3, as in Go, but GnuTLS has the same words for the ciphers of both.
  std::string before_tls13;
};

// `min_version` as ServerTlsOptions has it; a name that is not known is an error. GnuTLS takes key
// exchanges, ciphers and their digests apart, so with several suites what they are made of may also
// meet in another combination.
Result<TlsPriority> tls_priority(std::string_view min_version,
                                 const std::vector<std::string>& cipher_suites);

}  // namespace tailrace::http
