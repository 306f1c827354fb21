// What the configuration says of the status pages' TLS, as the server wants it.
#pragma once

#include <string_view>

#include "config/config.h"
#include "http/tls_options.h"

namespace tailrace::daemon {

http::ServerTlsOptions server_tls_options(const config::ServerConfig& server);

// Only this machine reaches a server that listens on it; empty, which is every address, is not.
bool is_loopback(std::string_view listen_address);

}  // namespace tailrace::daemon
