// What is counted of the server's requests, under the names of Promtail's server.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "base/metrics.h"
#include "http/server.h"

namespace tailrace::http {

// The page's name for the label `route`: "ready" for "/ready"; "root"; "other" for what is no page.
// `path_prefix`: of normal_prefix().
std::string_view route_of(std::string_view path, std::string_view path_prefix);

// One request that was answered.
struct CountedRequest {
  std::string_view method;
  std::string_view route;
  int status = 0;
  std::chrono::nanoseconds took{0};
  std::uint64_t request_bytes = 0;
  std::uint64_t response_bytes = 0;
};

// request_duration_seconds, inflight_requests, request_message_bytes and response_message_bytes,
// with `prefix` in front of their names: Promtail's receivers have servers of their own.
//
// Threading: any thread.
class RequestMeter {
 public:
  RequestMeter(Metrics& metrics, std::string prefix)
      : metrics_(metrics), prefix_(std::move(prefix)) {}

  // One more or one less.
  MetricValue& in_flight(std::string_view method, std::string_view route);
  void count(const CountedRequest& request);

 private:
  Metrics& metrics_;
  const std::string prefix_;
};

// `handler` with request_duration_seconds, inflight_requests, request_message_bytes and
// response_message_bytes around it (docs/metrics.md, HTTP server). Borrows both.
RequestHandler with_request_metrics(Metrics& metrics, const Clock& clock, std::string path_prefix,
                                    RequestHandler handler);

// tcp_connections, for MicrohttpdServer::Options; also sets tcp_connections_limit.
MetricValue& connection_metrics(Metrics& metrics, std::uint32_t connections_max,
                                const std::string& prefix = "");

}  // namespace tailrace::http
