// The engine with its threads, signals and status pages.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/event_loop.h"
#include "base/file_system.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/mutex.h"
#include "base/result.h"
#include "base/text_output.h"
#include "config/config.h"
#include "daemon/aside_thread.h"
#include "daemon/engine.h"
#include "daemon/service_notifier.h"
#include "debugger/trace_recorder.h"
#include "http/server.h"

namespace tailrace::daemon {

class LiveApi;
class Protection;
class TapHub;

// Runs until a signal ends it, or standard input ends.
//
// Threads: the caller's is main; one per worker, one for the disk, one for what may hang (DNS), one
//   of each HTTP server: requests are answered on two threads at a time.
// Ownership: owns engine, event loops, threads and server. Borrows clock, file system, log,
// metrics.
class Daemon {
 public:
  struct Options {
    Engine::Mode mode = Engine::Mode::kDaemon;
    Engine::Input input = Engine::Input::kFiles;
    TextOutput print = {};  // Dry run: where entries go.
    // Gets what every entry went through, on the workers' threads.
    debugger::TraceRecorder::Sink trace = {};
    std::string host_name;
    std::string working_directory;
    std::uint32_t cpus = 1;
    std::string config_file;               // For messages.
    std::uint64_t memory_limit_bytes = 0;  // 0: not known.
    // Reads the configuration again, for SIGHUP and /reload.
    std::function<Result<config::Config>()> load_config;
    // The value of an environment variable, for templates.
    std::function<std::optional<std::string>(std::string_view)> environment = {};
  };
  struct World {
    const Clock& clock;
    FileSystem& file_system;
    Log& log;
    Metrics& metrics;
  };

  Daemon(World world, Options options);
  ~Daemon();
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  // SIGTERM, SIGINT, SIGHUP, SIGQUIT and SIGUSR1 must be blocked in every thread already: they are
  // read from a descriptor. Returns the exit status (docs/compatibility.md, exit codes).
  int run(config::Config config);

 private:
  struct WorkerThread {
    std::unique_ptr<EventLoop> loop;
    std::thread thread;
  };

  Status create_engine(config::Config config);
  Status protect();
  Status start_server();
  void create_live();
  void start_control_socket(const std::string& path);
  SteadyTime next_deadline() const;
  void start_threads();
  void run_worker(std::size_t index);
  void run_disk();
  int run_main();
  void tell_service();
  void end_server();
  void on_signal();
  Status reload();
  void do_reloads();
  EngineStatus ask_main();
  void answer_questions();
  void end_questions();
  void add_stdin();
  http::ServerResponse answer(const http::ServerRequest& request);
  std::string metrics_text();
  FilesNeeded files_needed() const;
  http::ServerResponse ready();
  http::ServerResponse reload_page();
  http::ServerResponse why_answer(const http::ServerRequest& request);
  void save();

  const World world_;
  const Options options_;
  const double boot_time_;
  std::unique_ptr<EventLoop> main_loop_;
  std::unique_ptr<EventLoop> disk_loop_;
  std::vector<WorkerThread> worker_threads_;
  std::thread disk_thread_;
  std::unique_ptr<TapHub> tap_hub_;  // Before the engine: its pipelines call observers.
  std::unique_ptr<Engine> engine_;
  // Behind the engine, which it tells of work that is done.
  std::unique_ptr<AsideThread> asides_ = std::make_unique<AsideThread>();
  std::unique_ptr<Protection> protection_;      // Null: a dry run.
  std::unique_ptr<LiveApi> live_api_;           // Null: not wanted.
  std::unique_ptr<http::Server> server_;        // On the network; null: disabled.
  std::unique_ptr<http::Server> local_server_;  // On the control socket; null: there is none.
  MetricValue& reload_success_;
  MetricValue& reload_failure_;
  ServiceNotifier service_;
  int signal_descriptor_ = -1;
  std::atomic<std::uint32_t> workers_running_{0};
  std::atomic<bool> disk_stopping_{false};
  std::atomic<std::chrono::nanoseconds> sync_period_{std::chrono::seconds(10)};
  config::ServerConfig server_config_;  // Of the start; a reload does not change the server.
  std::optional<config::ServerBasicAuthConfig> server_basic_auth_;
  bool reload_wanted_ = false;
  bool stopping_ = false;
  // What requests wait for on the server's thread until main answers. Of reloads: what went wrong,
  // empty when nothing did.
  Mutex asked_mutex_;
  std::vector<std::promise<std::string>> reloads_ TAILRACE_GUARDED_BY(asked_mutex_);
  std::vector<std::promise<EngineStatus>> questions_ TAILRACE_GUARDED_BY(asked_mutex_);
  bool asked_ended_ TAILRACE_GUARDED_BY(asked_mutex_) = false;
};

}  // namespace tailrace::daemon
