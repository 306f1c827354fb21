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

std::string method_of(std::string_view method) {
  constexpr auto kMethods = std::to_array<std::string_view>(
      {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE"});
  return std::find(kMethods.begin(), kMethods.end(), method) == kMethods.end()
             ? "other"
             : std::string(method);
}

MetricLabels labels_of(std::string_view method, std::string_view route) {
  return {{"method", method_of(method)}, {"route", std::string(route)}};
}

}  // namespace

std::string_view route_of(std::string_view path, std::string_view path_prefix) {
  const auto below = below_prefix(path, path_prefix);
  if (!below) return "other";
  const auto* const page = std::find_if(kPages.begin(), kPages.end(),
                                        [&below](const Page& one) { return one.path == *below; });
  return page == kPages.end() ? "other" : page->route;
}

MetricValue& RequestMeter::in_flight(std::string_view method, std::string_view route) {
  return metrics_.gauge(prefix_ + "inflight_requests", "Current number of inflight requests.",
                        labels_of(method, route));
}

void RequestMeter::count(const CountedRequest& request) {
  MetricLabels labels = labels_of(request.method, request.route);
  metrics_
      .histogram(prefix_ + "request_message_bytes",
                 "Size (in bytes) of messages received in the request.", size_bounds(), labels)
      .observe(static_cast<double>(request.request_bytes));
  metrics_
      .histogram(prefix_ + "response_message_bytes",
                 "Size (in bytes) of messages sent in response.", size_bounds(), labels)
      .observe(static_cast<double>(request.response_bytes));
  labels["status_code"] = std::to_string(request.status);
  labels["ws"] = "false";
  metrics_
      .histogram(prefix_ + "request_duration_seconds",
                 "Time (in seconds) spent serving HTTP requests.", duration_bounds(), labels)
      .observe(std::chrono::duration<double>(request.took).count());
}

RequestHandler with_request_metrics(Metrics& metrics, const Clock& clock, std::string path_prefix,
                                    RequestHandler handler) {
  return [meter = RequestMeter(metrics, ""), &clock, path_prefix = std::move(path_prefix),
          handler = std::move(handler)](const ServerRequest& request) mutable {
    const std::string_view route = route_of(request.path, path_prefix);
    MetricValue& in_flight = meter.in_flight(request.method, route);
    const SteadyTime begin = clock.steady_now();
    in_flight.add(1);
    ServerResponse response = handler(request);
    in_flight.add(-1);
    meter.count({.method = request.method,
                 .route = route,
                 .status = response.status,
                 .took = clock.steady_now() - begin,
                 .request_bytes = request.body.size(),
                 .response_bytes = response.body.size()});
    return response;
  };
}

MetricValue& connection_metrics(Metrics& metrics, std::uint32_t connections_max,
                                const std::string& prefix) {
  const MetricLabels labels{{"protocol", "http"}};
  metrics
      .gauge(prefix + "tcp_connections_limit",
             "The max number of TCP connections that can be accepted (0 means no limit).", labels)
      .set(connections_max);
  return metrics.gauge(prefix + "tcp_connections", "Current number of accepted TCP connections.",
                       labels);
}

}  // namespace tailrace::http
