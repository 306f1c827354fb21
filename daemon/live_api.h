// What is served below /tailrace/: routes, and the guards before them.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/live_guard.h"
#include "http/server.h"

namespace tailrace::daemon {

// Threading: add() before the servers start; the rest on any thread, several at a time, and so are
//   the routes' functions.
class LiveApi {
 public:
  static constexpr std::uint64_t kBodyBytesMax = 320U << 10U;

  struct Route {
    std::string method;  // "GET" also answers HEAD.
    std::string path;    // "/tailrace/api/v1/tap"
    LiveShows shows = LiveShows::kLines;
    http::RequestHandler answer;
  };

  struct Options {
    std::string path_prefix;  // Of http::normal_prefix(); the local socket does without it, too.
    LiveGuardOptions guard;
  };

  explicit LiveApi(Options options) : options_(std::move(options)) {}

  void add(Route route) { routes_.push_back(std::move(route)); }

  // Nothing: the path is not below /tailrace/.
  std::optional<http::ServerResponse> handle(const http::ServerRequest& request) const;

  // How much of a request's body is read: of those that get an answer only, and of POST.
  std::uint64_t body_bytes_max(const http::ServerRequest& request) const;

 private:
  std::optional<std::string_view> path_of(const http::ServerRequest& request) const;
  const Route* find(std::string_view path, std::string_view method) const;

  const Options options_;
  std::vector<Route> routes_;
};

http::ServerResponse json_response(std::string json);
// {"error":"..."}
http::ServerResponse json_error(int status, std::string_view message);

}  // namespace tailrace::daemon
