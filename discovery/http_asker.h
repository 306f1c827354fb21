// A discoverer's way to ask one HTTP server: endpoint, credentials, numbers of requests.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/client_config.h"
#include "discovery/discoverer.h"
#include "http/auth.h"
#include "http/transport.h"

namespace tailrace::discovery {

// Ownership: borrows the world. Requests still in flight end with it.
// Threading: confined to the main thread.
class HttpAsker {
 public:
  // `unix_socket`: empty: where the URL says.
  HttpAsker(const config::HttpClientConfig& http, const DiscoveryWorld& world,
            std::string unix_socket = {});
  ~HttpAsker();
  HttpAsker(const HttpAsker&) = delete;
  HttpAsker& operator=(const HttpAsker&) = delete;

  // Sends it with our credentials. Nothing: a token is still on its way; ask again in the next
  // poll().
  // Errors: a secret that cannot be read, a token that cannot be fetched.
  Result<std::optional<http::RequestTag>> ask(http::Request request);
  std::vector<http::Completion> take_completions();
  http::StreamPart take_stream(http::RequestTag tag) { return transport_.take_stream(tag); }
  void cancel(http::RequestTag tag) { transport_.cancel(tag); }

 private:
  http::Transport& transport_;
  const int endpoint_;
  http::Auth auth_;
  http::RequestTag next_tag_;
};

// GET with our name on it.
http::Request get_request(std::string url);

// `value` as it may stand in a query.
std::string query_escaped(std::string_view value);

// A query from names and values ("?a=b&c=d"); empty without any.
std::string query_of(const std::vector<std::pair<std::string_view, std::string>>& parameters);

}  // namespace tailrace::discovery
