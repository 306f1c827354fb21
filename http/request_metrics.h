// What is counted of the server's requests, under the names of Promtail's server.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/metrics.h"
#include "http/server.h"

namespace tailrace::http {

// The page's name for the label `route`: "ready" for "/ready"; "root"; "other" for what is no page.
// `path_prefix`: of normal_prefix().
std::string_view route_of(std::string_view path, std::string_view path_prefix);

// `handler` with request_duration_seconds, inflight_requests, request_message_bytes and
// response_message_bytes around it (docs/metrics.md, HTTP server). Borrows both.
RequestHandler with_request_metrics(Metrics& metrics, const Clock& clock, std::string path_prefix,
                                    RequestHandler handler);

// tcp_connections, for MicrohttpdServer::Options; also sets tcp_connections_limit.
MetricValue& connection_metrics(Metrics& metrics, std::uint32_t connections_max);

}  // namespace tailrace::http
