// Where Consul is, and who we are to it.
#pragma once

#include <string>

#include "config/client_config.h"
#include "config/consul_sd_config.h"

namespace tailrace::discovery {

struct ConsulServer {
  std::string url;          // "http://localhost:8500/prefix/v1"
  std::string unix_socket;  // Empty: none.
  config::HttpClientConfig http;
};

// `server` is host:port, or unix:///path; a token becomes the header X-Consul-Token.
template <typename Config>
ConsulServer consul_server(const Config& config) {
  constexpr std::string_view kUnix = "unix://";
  ConsulServer server;
  server.http = config.http;
  if (config.server.starts_with(kUnix)) {
    server.unix_socket = config.server.substr(kUnix.size());
    server.url = config.scheme + "://localhost";
  } else if (config.server.find("://") != std::string::npos) {
    server.url = config.server;
  } else {
    server.url = config.scheme + "://" + config.server;
  }
  while (server.url.ends_with('/'))
    server.url.pop_back();
  if constexpr (requires { config.path_prefix; }) {
    std::string prefix = config.path_prefix;
    while (prefix.ends_with('/'))
      prefix.pop_back();
    if (!prefix.empty() && !prefix.starts_with('/')) server.url += '/';
    server.url += prefix;
  }
  server.url += "/v1";
  if (!config.token.empty()) {
    config::HeaderConfig& header = server.http.http_headers.emplace_back();
    header.name = "X-Consul-Token";
    header.secrets = {config.token};
  }
  return server;
}

}  // namespace tailrace::discovery
