// The HTTP server of the status pages, and what answers its requests.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tailrace::http {

// By which of the program's listening sockets a request came.
enum class Via { kNetwork, kLocalSocket };

struct ServerRequest {
  std::string method;
  std::string path;  // Without the query.
  std::map<std::string, std::string> query;
  // The same in its order, also names that come again.
  std::vector<std::pair<std::string, std::string>> query_pairs;
  std::map<std::string, std::string> headers;  // Names in lower case.
  std::string body;
  std::string peer;  // Address of the client; empty on the local socket.
  Via via = Via::kNetwork;
};

struct ServerResponse {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  std::map<std::string, std::string> headers;
};

// Called on the server's thread, one request at a time of each server.
using RequestHandler = std::function<ServerResponse(const ServerRequest&)>;

// On the server's thread too.
using RequestTest = std::function<bool(const ServerRequest&)>;
using RequestLimit = std::function<std::uint64_t(const ServerRequest&)>;

// A listening HTTP server; the destructor stops it and waits for its thread.
//
// Threading: the handler runs on the server's own thread.
class Server {
 public:
  virtual ~Server() = default;
  virtual std::uint16_t port() const = 0;
};

}  // namespace tailrace::http
