// Finds a request's route, asks the guards, and adds the headers of every answer.
#include "daemon/live_api.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "http/page_path.h"

namespace tailrace::daemon {
namespace {

constexpr std::string_view kBelow = "/tailrace/";

}  // namespace

std::optional<http::ServerResponse> LiveApi::handle(const http::ServerRequest& request) const {
  const auto path = path_of(request);
  if (!path) return std::nullopt;
  const Route* const route = find(*path, request.method);
  http::ServerResponse response;
  // Also before it is said what is not there.
  if (const auto refusal = live_refusal(request, options_.guard,
                                        route == nullptr ? LiveShows::kState : route->shows)) {
    response = json_error(403, *refusal);
  } else if (route != nullptr) {
    response = route->answer(request);
  } else if (std::any_of(routes_.begin(), routes_.end(),
                         [&path](const Route& other) { return other.path == *path; })) {
    response = json_error(405, "this path does not know the method " + request.method);
  } else {
    response = json_error(404, "there is no such path");
  }
  add_live_headers(response);
  return response;
}

std::uint64_t LiveApi::body_bytes_max(const http::ServerRequest& request) const {
  const auto path = path_of(request);
  if (!path || request.method != "POST") return 0;
  const Route* const route = find(*path, request.method);
  if (route == nullptr || live_refusal(request, options_.guard, route->shows)) return 0;
  return kBodyBytesMax;
}

std::optional<std::string_view> LiveApi::path_of(const http::ServerRequest& request) const {
  auto path = http::below_prefix(request.path, options_.path_prefix);
  if (request.via == http::Via::kLocalSocket && request.path.starts_with(kBelow)) {
    path = request.path;
  }
  if (!path || !path->starts_with(kBelow)) return std::nullopt;
  return path;
}

const LiveApi::Route* LiveApi::find(std::string_view path, std::string_view method) const {
  if (method == "HEAD") method = "GET";
  const auto found = std::find_if(routes_.begin(), routes_.end(), [&](const Route& route) {
    return route.path == path && route.method == method;
  });
  return found == routes_.end() ? nullptr : &*found;
}

http::ServerResponse json_response(std::string json) {
  return {
      .content_type = "application/json; charset=utf-8", .body = std::move(json), .headers = {}};
}

http::ServerResponse json_error(int status, std::string_view message) {
  const nlohmann::json json = {{"error", message}};
  http::ServerResponse response =
      json_response(json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
  response.status = status;
  return response;
}

}  // namespace tailrace::daemon
