// The running program as it is looked at: taps, /tailrace/, the control socket.
#include <algorithm>
#include <chrono>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "daemon/ask_workers.h"
#include "daemon/control_socket.h"
#include "daemon/daemon.h"
#include "daemon/live_api.h"
#include "daemon/live_assets.h"
#include "daemon/live_routes.h"
#include "daemon/tap_hub.h"
#include "daemon/why_facts.h"
#include "debugger/playground.h"
#include "http/microhttpd_server.h"
#include "http/page_path.h"

namespace tailrace::daemon {
namespace {

constexpr std::uint32_t kLocalConnectionsMax = 64;

}  // namespace

// Before the servers start.
void Daemon::create_live() {
  const config::Config& config = engine_->config();
  MetricValue& taps =
      world_.metrics.gauge("tailrace_taps", "Taps that look at entries on their way.");
  if (config.tailrace.live.disable) return;
  live_api_ = std::make_unique<LiveApi>(
      LiveApi::Options{.path_prefix = http::normal_prefix(server_config_.http_path_prefix),
                       .guard = live_guard_options(config, options_.host_name)});
  if (!options_.trace) {
    tap_hub_ = std::make_unique<TapHub>(
        world_.clock, TapHub::Options{.workers = engine_->workers().size(),
                                      .post =
                                          [this](std::size_t worker, WorkerTask task) {
                                            engine_->workers()[worker]->post(std::move(task));
                                          },
                                      .wake_main = [this] { main_loop_->wake(); },
                                      .taps = &taps});
  }
  const auto tap = [this](auto answers) {
    return [this, answers](const http::ServerRequest& request) {
      return tap_hub_ == nullptr
                 ? json_error(409, "a dry run or -inspect watches the pipelines already")
                 : answers(*tap_hub_, request);
    };
  };
  live_api_->add({"GET", "/tailrace/api/v1/tap", LiveShows::kLines, tap(&tap_answer)});
  live_api_->add({"DELETE", "/tailrace/api/v1/tap", LiveShows::kLines, tap(&tap_end_answer)});
  for (const LiveAsset& asset : live_assets()) {
    live_api_->add({"GET", std::string(asset.path), LiveShows::kState,
                    [&asset](const http::ServerRequest&) -> http::ServerResponse {
                      return {.content_type = std::string(asset.content_type),
                              .body = std::string(asset.body),
                              .headers = {}};
                    }});
  }
  live_api_->add(
      {"GET", "/tailrace/api/v1/jobs", LiveShows::kState, [this](const http::ServerRequest&) {
         const auto running = ask_main().config;
         return json_response(running ? debugger::jobs_json(*running) : "[]");
       }});
  live_api_->add({"POST", "/tailrace/api/v1/try", LiveShows::kState,
                  [this](const http::ServerRequest& request) {
                    const auto running = ask_main().config;
                    auto played = debugger::play(
                        request.body, {world_.clock, running ? debugger::databases_of(*running)
                                                             : std::set<std::string>()});
                    http::ServerResponse response = json_response(std::move(played.json));
                    response.status = played.status;
                    return response;
                  }});
  live_api_->add(
      {"GET", "/tailrace/api/v1/targets", LiveShows::kState, [this](const http::ServerRequest&) {
         return json_response(
             targets_json(ask_main(), ask_all_workers(engine_->workers(), kBusyPatience)));
       }});
  live_api_->add({"GET", "/tailrace/api/v1/why", LiveShows::kLines,
                  [this](const http::ServerRequest& request) { return why_answer(request); }});
}

// Without it everything goes on.
void Daemon::start_control_socket(const std::string& path) {
  if (path.empty() || live_api_ == nullptr || options_.mode == Engine::Mode::kDryRun ||
      options_.input == Engine::Input::kStdin) {
    return;
  }
  http::MicrohttpdServer::Options options;
  options.local_socket = path;
  options.connections_max = kLocalConnectionsMax;
  options.log = &world_.log;
  options.body_limit = [this](const http::ServerRequest& request) {
    return live_api_->body_bytes_max(request);
  };
  auto server = http::MicrohttpdServer::create(
      options, [this](const http::ServerRequest& request) { return answer(request); });
  if (!server) {
    world_.log.warn("there is no control socket; tailrace tap cannot connect",
                    {{"error", server.error().message}});
    return;
  }
  local_server_ = std::move(*server);
}

// Looks at any path that it is asked for: only for who may read what we may.
http::ServerResponse Daemon::why_answer(const http::ServerRequest& request) {
  if (request.via != http::Via::kLocalSocket) {
    return json_error(403, "this is answered on the control socket only");
  }
  const auto path = request.query.find("path");
  if (path == request.query.end() || !path->second.starts_with('/')) {
    return json_error(400, "path: an absolute path is needed");
  }
  WhyFacts facts = gather_why_facts({.workers = engine_->workers(),
                                     .file_system = world_.file_system,
                                     .clock = world_.clock,
                                     .metrics = world_.metrics,
                                     .positions = engine_->positions()},
                                    path->second, kBusyPatience);
  facts.config_yaml = ask_main().config_yaml;
  return json_response(why_facts_json(facts));
}

// Asks the workers, when a service manager wants to know, whether they go on.
void Daemon::tell_service() {
  service_.turn([this] {
    std::vector<ServiceNotifier::Answer> answers;
    for (const std::unique_ptr<Worker>& worker : engine_->workers()) {
      // Shared by the copies of the task, which alone have it: it goes with the last of them.
      auto asked = std::make_shared<WorkerQuestion<WorkerPulse>>();
      answers.push_back(asked->future());
      worker->post(WorkerTask([asked = std::move(asked)](Worker& self) {
        std::uint64_t files = 0;
        self.files().for_each([&files](const tailer::FileTailer&) { ++files; });
        asked->answer({.files = files,
                       .inputs = self.inputs().size(),
                       .pending_entries = self.delivery().pending_entries(),
                       .stalled = self.stalled()});
      }));
    }
    return answers;
  });
}

// When the main loop has something to do.
SteadyTime Daemon::next_deadline() const {
  const SteadyTime own = std::min(engine_->next_deadline(), service_.next_deadline());
  return tap_hub_ == nullptr ? own : std::min(own, tap_hub_->next_deadline());
}

}  // namespace tailrace::daemon
