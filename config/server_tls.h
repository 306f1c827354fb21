// TLS of the status pages as Promtail's server has it: names, and what belongs together.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/config.h"
#include "config/report.h"
#include "config/source_location.h"

namespace tailrace::config {

// Where `server` has these keys; line 0: nowhere.
struct ServerTlsLocations {
  SourceLocation http_tls;
  SourceLocation cipher_suites;
  SourceLocation min_version;
};

// A comma list of Go's names of cipher suites; spaces around them do not count.
Result<std::vector<std::string>> parse_cipher_suites(std::string_view text);

// "", or VersionTLS10 to VersionTLS13.
Status check_tls_version(std::string_view text);

// Looks at what file and flags say together.
void check_server_tls(const ServerConfig& server, const ServerTlsLocations& locations,
                      Report& report);

}  // namespace tailrace::config
