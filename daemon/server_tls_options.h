// What the configuration says of the status pages' TLS, as the server wants it.
#pragma once

#include "config/config.h"
#include "http/tls_options.h"

namespace tailrace::daemon {

http::ServerTlsOptions server_tls_options(const config::ServerConfig& server);

}  // namespace tailrace::daemon
