// Histograms and gauges per page; methods and routes are from fixed lists, whatever clients send.
#include "http/request_metrics.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>
#include <vector>

#include "http/page_path.h"

namespace tailrace::http {
namespace {

// docs/metrics.md, HTTP server: the bounds are those of Promtail's server.
std::vector<double> duration_bounds() {
  return {.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 25, 50, 100};
}

std::vector<double> size_bounds() {
  constexpr double kMb = 1024 * 1024;
  return {1 * kMb, 2.5 * kMb, 5 * kMb, 10 * kMb, 25 * kMb, 50 * kMb, 100 * kMb, 250 * kMb};
}

struct Page {
  std::string_view path;
  std::string_view route;
};
constexpr auto kPages = std::to_array<Page>({{"/", "root"},
                                             {"/ready", "ready"},
                                             {"/metrics", "metrics"},
                                             {"/targets", "targets"},
                                             {"/service-discovery", "service_discovery"},
                                             {"/config", "config"},
                                             {"/reload", "reload"}});

std::string method_of(const std::string& method) {
  constexpr auto kMethods = std::to_array<std::string_view>(
      {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE"});
  return std::find(kMethods.begin(), kMethods.end(), method) == kMethods.end() ? "other" : method;
}

}  // namespace

std::string_view route_of(std::string_view path, std::string_view path_prefix) {
  const auto below = below_prefix(path, path_prefix);
  if (!below) return "other";
  const auto* const page = std::find_if(kPages.begin(), kPages.end(),
                                        [&below](const Page& one) { return one.path == *below; });
  return page == kPages.end() ? "other" : page->route;
}

RequestHandler with_request_metrics(Metrics& metrics, const Clock& clock, std::string path_prefix,
                                    RequestHandler handler) {
  return [&metrics, &clock, path_prefix = std::move(path_prefix),
          handler = std::move(handler)](const ServerRequest& request) {
    MetricLabels labels{{"method", method_of(request.method)},
                        {"route", std::string(route_of(request.path, path_prefix))}};
    MetricValue& inflight =
        metrics.gauge("inflight_requests", "Current number of inflight requests.", labels);
    const SteadyTime begin = clock.steady_now();
    inflight.add(1);
    ServerResponse response = handler(request);
    inflight.add(-1);
    const std::chrono::duration<double> took = clock.steady_now() - begin;
    metrics
        .histogram("request_message_bytes", "Size (in bytes) of messages received in the request.",
                   size_bounds(), labels)
        .observe(static_cast<double>(request.body.size()));
    metrics
        .histogram("response_message_bytes", "Size (in bytes) of messages sent in response.",
                   size_bounds(), labels)
        .observe(static_cast<double>(response.body.size()));
    labels["status_code"] = std::to_string(response.status);
    labels["ws"] = "false";
    metrics
        .histogram("request_duration_seconds", "Time (in seconds) spent serving HTTP requests.",
                   duration_bounds(), labels)
        .observe(took.count());
    return response;
  };
}

MetricValue& connection_metrics(Metrics& metrics, std::uint32_t connections_max) {
  const MetricLabels labels{{"protocol", "http"}};
  metrics
      .gauge("tcp_connections_limit",
             "The max number of TCP connections that can be accepted (0 means no limit).", labels)
      .set(connections_max);
  return metrics.gauge("tcp_connections", "Current number of accepted TCP connections.", labels);
}

}  // namespace tailrace::http
