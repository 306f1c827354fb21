// How the running program answers requests of its status pages.
#include <algorithm>
#include <chrono>
#include <future>
#include <utility>

#include "daemon/daemon.h"
#include "daemon/live_api.h"
#include "daemon/resource_metrics.h"
#include "daemon/status.h"
#include "daemon/status_pages.h"
#include "http/page_path.h"

namespace tailrace::daemon {
namespace {

// As Promtail names it.
MetricFamily log_messages(const Log& log) {
  MetricFamily family{
      "loki_log_messages_total", "Messages of the program's own log.", MetricType::kCounter, {}};
  for (const LogLevel level :
       {LogLevel::kDebug, LogLevel::kInfo, LogLevel::kWarn, LogLevel::kError}) {
    family.samples.push_back({.labels = {{"level", std::string(log_level_text(level))}},
                              .value = static_cast<double>(log.messages(level)),
                              .buckets = {}});
  }
  return family;
}

http::ServerResponse html(std::string page) {
  return {.content_type = "text/html; charset=utf-8", .body = std::move(page), .headers = {}};
}

// Before the path of a page as it is seen from outside: the path of external_url, then the prefix
// (docs/compatibility.md, HTTP).
std::string outer_prefix(const config::ServerConfig& server) {
  std::string path = server.external_url;
  if (const std::size_t scheme = path.find("://"); scheme != std::string::npos) {
    const std::size_t slash = path.find('/', scheme + 3);
    path = slash == std::string::npos ? "" : path.substr(slash);
  } else if (path.find(':') < path.find('/')) {
    path.clear();  // "host:80/x" has no path, but a scheme called "host".
  }
  path.resize(std::min(path.find_first_of("?#"), path.size()));
  return http::normal_prefix(path) + http::normal_prefix(server.http_path_prefix);
}

}  // namespace

http::ServerResponse Daemon::reload_page() {
  std::promise<std::string> promise;
  std::future<std::string> done = promise.get_future();
  {
    const MutexLock lock(asked_mutex_);
    if (asked_ended_) {
      promise.set_value("the program is stopping");
    } else {
      reloads_.push_back(std::move(promise));
    }
  }
  main_loop_->wake();
  const std::string error = done.get();
  if (error.empty()) return {};
  return {.status = 500, .body = "failed to reload config: " + error + "\n", .headers = {}};
}

// What the main thread knows; nothing when the program is stopping.
EngineStatus Daemon::ask_main() {
  std::promise<EngineStatus> promise;
  std::future<EngineStatus> answer = promise.get_future();
  {
    const MutexLock lock(asked_mutex_);
    if (asked_ended_) return {};
    questions_.push_back(std::move(promise));
  }
  main_loop_->wake();
  return answer.get();
}

void Daemon::answer_questions() {
  std::vector<std::promise<EngineStatus>> asked;
  {
    const MutexLock lock(asked_mutex_);
    asked.swap(questions_);
  }
  for (std::promise<EngineStatus>& one : asked)
    one.set_value(engine_->status());
}

http::ServerResponse Daemon::answer(const http::ServerRequest& request) {
  if (live_api_ != nullptr) {
    if (auto response = live_api_->handle(request)) return std::move(*response);
  }
  const config::ServerConfig& server = server_config_;
  const std::string own_prefix = http::normal_prefix(server.http_path_prefix);
  const std::string_view path = http::below_prefix(request.path, own_prefix).value_or("");
  if (path == "/ready") return ready();
  if (path == "/reload" && server.enable_runtime_reload) return reload_page();
  if (path == "/metrics" && (server.register_instrumentation || server.profiling_enabled)) {
    return {.status = 200,
            .content_type = "text/plain; version=0.0.4; charset=utf-8",
            .body = metrics_text(),
            .headers = {}};
  }
  const std::string prefix = outer_prefix(server);
  if (path == "/targets") {
    return html(targets_page(ask_main(), ask_workers(engine_->workers(), kBusyPatience), prefix));
  }
  if (path == "/service-discovery") return html(service_discovery_page(ask_main(), prefix));
  if (path == "/config") return html(config_page(ask_main(), prefix));
  if (path == "/") {
    return {.status = 303, .body = {}, .headers = {{"Location", prefix + "/targets"}}};
  }
  if (path == "/tailrace" && live_api_ != nullptr) {
    return {.status = 303, .body = {}, .headers = {{"Location", prefix + "/tailrace/"}}};
  }
  if (path.starts_with("/debug/")) {
    return {.status = 404,
            .body =
                "There is no Go runtime to profile here: use perf for the CPU, and /metrics "
                "(tailrace_memory_bytes, process_*) for memory.\n",
            .headers = {}};
  }
  return {.status = 404, .body = "404 page not found\n", .headers = {}};
}

// The workers are asked beside the collectors, not by one: whoever adds or removes a collector
// waits while they run, and a worker that takes a new plan does.
std::string Daemon::metrics_text() {
  std::vector<MetricFamily> families;
  const WorkersStatus status = ask_all_workers(engine_->workers(), kBusyPatience);
  append_metrics(status.answered, families);
  append_worker_answers(status, families);
  families.push_back({"tailrace_ready",
                      "1 when /ready would find nothing wrong, else 0.",
                      MetricType::kGauge,
                      {{.labels = {},
                        .value = why_not_ready(status, files_needed()).empty() ? 1.0 : 0.0,
                        .buckets = {}}}});
  append_resource_metrics("/proc/self", boot_time_, families);
  families.push_back(log_messages(world_.log));
  return world_.metrics.serialize(std::move(families));
}

FilesNeeded Daemon::files_needed() const {
  return options_.input == Engine::Input::kStdin || engine_->may_find_nothing() ? FilesNeeded::kNo
                                                                                : FilesNeeded::kYes;
}

http::ServerResponse Daemon::ready() {
  if (!server_config_.health_check_target) return {.body = "Ready", .headers = {}};
  const std::string reasons =
      why_not_ready(ask_all_workers(engine_->workers(), kBusyPatience), files_needed());
  if (reasons.empty()) return {.body = "Ready", .headers = {}};
  // docs/compatibility.md, HTTP: 500 and not 503, as Promtail.
  return {.status = 500, .body = "Not ready: " + reasons, .headers = {}};
}

}  // namespace tailrace::daemon
