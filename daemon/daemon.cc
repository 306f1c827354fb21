// Threads, signals and status pages around the engine.
#include "daemon/daemon.h"

#include <pthread.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <system_error>
#include <utility>

#include "daemon/control_socket.h"
#include "daemon/live_api.h"
#include "daemon/protection/protection.h"
#include "daemon/resource_metrics.h"
#include "daemon/server_tls_options.h"
#include "daemon/status.h"
#include "daemon/tap_hub.h"
#include "http/basic_auth.h"
#include "http/curl_transport.h"
#include "http/microhttpd_server.h"
#include "http/page_path.h"
#include "http/request_metrics.h"
#include "receivers/stdin_receiver.h"
#include "tailer/inotify_watcher.h"
#include "tailer/polling_watcher.h"

namespace tailrace::daemon {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kGracePeriod{5};        // house 8: how long a stop waits for Loki.
constexpr int kSecondSignalStatus = 143;  // docs/compatibility.md, exit codes.
constexpr std::uint32_t kLineBytesMax = 1U << 20U;

http::MicrohttpdServer::Network network_of(const std::string& name) {
  if (name == "tcp4") return http::MicrohttpdServer::Network::kIpv4;
  if (name == "tcp6") return http::MicrohttpdServer::Network::kIpv6;
  return http::MicrohttpdServer::Network::kAny;
}

}  // namespace

Daemon::Daemon(World world, Options options)
    : world_(world),
      options_(std::move(options)),
      boot_time_(boot_time("/proc/stat")),
      reload_success_(world.metrics.counter("promtail_config_reload_success_total",
                                            "Number of reload success times.")),
      reload_failure_(world.metrics.counter("promtail_config_reload_fail_total",
                                            "Number of reload fail times.")),
      service_(world.clock, ServiceNotifier::options_of(options_.environment, getpid())) {}

Daemon::~Daemon() {
  end_questions();  // Nobody answers them any more.
  server_.reset();  // Its thread asks the engine.
  local_server_.reset();
  if (signal_descriptor_ >= 0) close(signal_descriptor_);
}

int Daemon::run(config::Config config) {
  server_config_ = config.server;
  server_basic_auth_ = config.tailrace.server_basic_auth;
  sync_period_ = config.positions.sync_period;
  const std::string control_socket = control_socket_path(config);
  Result<std::unique_ptr<EventLoop>> main_loop = EventLoop::create();
  Result<std::unique_ptr<EventLoop>> disk_loop = EventLoop::create();
  if (!main_loop || !disk_loop) {
    world_.log.error("an event loop cannot be made");
    return 1;
  }
  main_loop_ = std::move(*main_loop);
  disk_loop_ = std::move(*disk_loop);

  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1})
    sigaddset(&signals, signal);
  signal_descriptor_ = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
  if (signal_descriptor_ < 0 ||
      !main_loop_->watch(signal_descriptor_, {.readable = true, .writable = false},
                         [this](bool, bool) { on_signal(); })) {
    const std::string reason = std::generic_category().message(errno);
    world_.log.error("signals cannot be read", {{"error", reason}});
    return 1;
  }
  if (Status created = create_engine(std::move(config)); !created) {
    world_.log.error("error creating tailrace", {{"error", created.error().message}});
    return 1;
  }
  if (stopping_) return 0;
  if (Status guarded = protect(); !guarded) {
    world_.log.error("error creating tailrace", {{"error", guarded.error().message}});
    return 1;
  }
  create_live();
  start_control_socket(control_socket);
  if (Status serving = start_server(); !serving) {
    world_.log.error("error creating tailrace", {{"error", serving.error().message}});
    return 1;
  }
  if (options_.input == Engine::Input::kStdin) add_stdin();
  start_threads();
  return run_main();
}

Status Daemon::create_engine(config::Config config) {
  while (true) {
    worker_threads_.clear();
    Engine::World world{.clock = world_.clock,
                        .file_system = world_.file_system,
                        .log = world_.log,
                        .metrics = world_.metrics,
                        .make_transport = {},
                        .make_watcher = {},
                        .wake_worker = {},
                        .wake_main = {},
                        .host_name = options_.host_name,
                        .working_directory = options_.working_directory,
                        .cpus = options_.cpus,
                        .environment = options_.environment};
    world.make_transport = [this](std::uint32_t number) -> std::unique_ptr<http::Transport> {
      auto transport = http::CurlTransport::create(*worker_threads_[number].loop, world_.clock);
      return transport ? std::move(*transport) : nullptr;
    };
    world.make_watcher = [this, file_watch = config.file_watch](
                             std::uint32_t) -> std::unique_ptr<tailer::FileWatcher> {
      auto watcher = tailer::InotifyWatcher::create();
      if (watcher) return std::move(*watcher);
      world_.log.warn("inotify is not to be had; files are polled",
                      {{"error", watcher.error().message}});
      return std::make_unique<tailer::PollingWatcher>(world_.file_system, world_.clock, file_watch);
    };
    world.wake_worker = [this](std::uint32_t number) { worker_threads_[number].loop->wake(); };
    world.wake_main = [this] { main_loop_->wake(); };
    world.wake_disk = [this] { disk_loop_->wake(); };
    world.worker_loop = [this](std::uint32_t number) { return worker_threads_[number].loop.get(); };
    world.make_main_transport = [this]() -> std::unique_ptr<http::Transport> {
      auto transport = http::CurlTransport::create(*main_loop_, world_.clock);
      return transport ? std::move(*transport) : nullptr;
    };
    world.run_aside = [this](std::function<void()> work, std::function<void()> done) {
      asides_->post(std::move(work), std::move(done));
    };
    world.memory_limit_bytes = options_.memory_limit_bytes;
    world.make_worker_place = [this](std::uint32_t count) {
      for (std::uint32_t i = 0; i < count; ++i) {
        auto loop = EventLoop::create();
        if (!loop) return false;
        worker_threads_.push_back({std::move(*loop), {}});
      }
      return true;
    };
    Engine::Options options;
    options.mode = options_.mode;
    options.input = options_.input;
    options.config_file = options_.config_file;
    options.print = options_.print;
    options.trace = options_.trace;
    Result<std::unique_ptr<Engine>> engine =
        Engine::create(config, std::move(world), std::move(options));
    if (engine) {
      engine_ = std::move(*engine);
      return {};
    }
    if (engine.error().code != EWOULDBLOCK) return fail(engine.error());
    world_.log.warn("another process has the outbox; waiting for it to end",
                    {{"error", engine.error().message}});
    service_.waiting("another process has the outbox; waiting for it to end");
    const Status waited = main_loop_->wait(world_.clock, world_.clock.steady_now() + seconds(1));
    if (!waited) return waited;
    if (stopping_) return {};
  }
}

// While there is one thread, and before anything is read that others wrote. Receivers listen
// already; the servers' sockets are made under it.
Status Daemon::protect() {
  if (options_.mode == Engine::Mode::kDryRun) return {};
  Protection::Options options;
  options.working_directory = options_.working_directory;
  if (options_.input == Engine::Input::kStdin) {
    options.positions = Protection::Options::Positions::kNotWritten;
  }
  options.lowest_port = engine_->lowest_port();
  const std::uint16_t own_port = server_config_.disable ? 0 : server_config_.http_listen_port;
  if (own_port != 0 && (options.lowest_port == 0 || own_port < options.lowest_port)) {
    options.lowest_port = own_port;
  }
  auto protection = Protection::apply(engine_->config(), options,
                                      {world_.file_system, world_.log, world_.metrics});
  if (!protection) return fail(protection.error());
  protection_ = std::move(*protection);
  return {};
}

Status Daemon::start_server() {
  const config::ServerConfig& server = server_config_;
  if (server.disable) return {};
  http::MicrohttpdServer::Options options;
  options.address = server.http_listen_address;
  options.port = server.http_listen_port;
  options.connections_max = server.http_listen_conn_limit;
  options.network = network_of(server.http_listen_network);
  options.read_header_timeout = server.http_read_header_timeout;
  options.read_timeout = server.http_read_timeout;
  options.write_timeout = server.http_write_timeout;
  options.idle_timeout = server.http_idle_timeout;
  options.shutdown_timeout = server.graceful_shutdown_timeout;
  options.tls = server_tls_options(server);
  options.log = &world_.log;
  options.body_bytes_max = 0;  // No other page looks at one.
  if (live_api_ != nullptr) {
    options.body_limit = [this](const http::ServerRequest& request) {
      return live_api_->body_bytes_max(request);
    };
  }
  http::RequestHandler handler = [this](const http::ServerRequest& request) {
    return answer(request);
  };
  if (server_basic_auth_) {
    auto guarded = http::with_basic_auth({.username = server_basic_auth_->username,
                                          .password = server_basic_auth_->password,
                                          .password_file = server_basic_auth_->password_file,
                                          .log = &world_.log},
                                         std::move(handler));
    if (!guarded) return fail(guarded.error());
    if (!options.tls.enabled() && !is_loopback(options.address)) {
      world_.log.warn("the password of the status pages goes over the network without TLS",
                      {{"address", options.address.empty() ? "every" : options.address}});
    }
    handler = std::move(guarded->handler);
    options.reads_body = std::move(guarded->admits);  // Of the others nothing is read.
  }
  if (server.register_instrumentation) {
    handler = http::with_request_metrics(world_.metrics, world_.clock,
                                         http::normal_prefix(server.http_path_prefix),
                                         std::move(handler));
    options.connections = &http::connection_metrics(
        world_.metrics, options.connections_max == 0 ? http::MicrohttpdServer::kConnectionsMax
                                                     : options.connections_max);
  }
  auto created = http::MicrohttpdServer::create(options, std::move(handler));
  if (!created) return fail(created.error());
  server_ = std::move(*created);
  world_.log.info("server listening", {{"port", std::to_string(server_->port())}});
  return {};
}

void Daemon::add_stdin() {
  Worker& worker = *engine_->workers().front();
  const config::Config& config = engine_->config();
  std::map<std::string, std::string> merged;
  const config::ScrapeConfig& job = config.scrape_configs.front();  // main() sees to it.
  for (const config::StaticTargetGroup& group : job.static_configs) {
    // Hidden labels stay, but for those that say which files to read (docs/compatibility.md,
    // stdin).
    for (const auto& [name, value] : group.labels) {
      if (name != "__path__" && name != "__path_exclude__") merged[name] = value;
    }
  }
  worker.post(WorkerTask([labels = merged, job_name = job.job_name](Worker& self) {
    std::vector<LabelPair> pairs;
    for (const auto& [name, value] : labels)
      pairs.push_back({name, value});
    const LabelSet& set = self.intake().label_sets().intern(pairs);
    self.add_source(
        std::make_unique<receivers::StdinReceiver>(STDIN_FILENO, 1, job_name, set, kLineBytesMax));
  }));
}

void Daemon::start_threads() {
  workers_running_ = static_cast<std::uint32_t>(engine_->workers().size());
  for (std::size_t i = 0; i < worker_threads_.size(); ++i) {
    worker_threads_[i].thread = std::thread([this, i] { run_worker(i); });
  }
  disk_thread_ = std::thread([this] { run_disk(); });
}

void Daemon::run_worker(std::size_t index) {
  pthread_setname_np(pthread_self(), ("worker-" + std::to_string(index)).c_str());
  Worker& worker = *engine_->workers()[index];
  EventLoop& loop = *worker_threads_[index].loop;
  if (worker.watcher().descriptor() >= 0) {
    static_cast<void>(
        loop.watch(worker.watcher().descriptor(), {.readable = true}, [](bool, bool) {}));
  }
  bool stdin_watched = false;
  if (options_.input == Engine::Input::kStdin) {
    // A regular file cannot be watched and is always readable: the worker reads until it ends, or
    // until there is no room, which an answer makes.
    stdin_watched = loop.watch(STDIN_FILENO, {.readable = true}, [](bool, bool) {}).has_value();
  }
  while (true) {
    const Worker::Turn turn = worker.run_once();
    if (turn == Worker::Turn::kStopped) break;
    if (options_.input == Engine::Input::kStdin) {
      if (stdin_watched && !worker.has_sources() && worker.planned()) {
        loop.unwatch(STDIN_FILENO);
        stdin_watched = false;
      }
      if (worker.planned() && worker.drained()) break;
    }
    const SteadyTime deadline =
        turn == Worker::Turn::kBusy ? SteadyTime::min() : worker.next_deadline();
    if (!loop.wait(world_.clock, deadline)) break;
  }
  worker.end();
  --workers_running_;
  main_loop_->wake();
}

void Daemon::run_disk() {
  pthread_setname_np(pthread_self(), "disk");
  while (!disk_stopping_) {
    const auto period = std::max<std::chrono::nanoseconds>(sync_period_.load(), milliseconds(100));
    if (!disk_loop_->wait(world_.clock, world_.clock.steady_now() + period)) return;
    save();
  }
}

void Daemon::save() {
  if (const Status saved = engine_->save(); !saved) {
    world_.log.error("positions cannot be saved", {{"error", saved.error().message}});
  }
}

int Daemon::run_main() {
  if (engine_->watcher_descriptor() >= 0) {
    static_cast<void>(
        main_loop_->watch(engine_->watcher_descriptor(), {.readable = true}, [](bool, bool) {}));
  }
  while (workers_running_ > 0) {
    engine_->run_main();
    do_reloads();
    answer_questions();
    if (tap_hub_ != nullptr) tap_hub_->remove_silent();
    tell_service();
    if (!main_loop_->wait(world_.clock, next_deadline())) break;
  }
  end_questions();
  for (WorkerThread& worker : worker_threads_) {
    if (worker.thread.joinable()) worker.thread.join();
  }
  asides_.reset();  // Whose work may hang, and ends when it does.
  disk_stopping_ = true;
  disk_loop_->wake();
  if (disk_thread_.joinable()) disk_thread_.join();
  save();  // Before the server's end, which may wait for slow readers.
  end_server();
  bool drained = true;
  std::uint64_t left = 0;
  for (const auto& worker : engine_->workers()) {
    if (!worker->delivery().everything_done()) drained = false;
    left += worker->delivery().pending_entries();
  }
  if (!drained) {
    world_.log.warn("stopped with entries that Loki has not taken yet; the next start sends them",
                    {{"entries", std::to_string(left)}});
    if (options_.input == Engine::Input::kStdin) return 1;
  }
  return 0;
}

// On a thread of its own: an open request may take graceful_shutdown_timeout, and main looks at
// signals meanwhile.
void Daemon::end_server() {
  if (server_ == nullptr && local_server_ == nullptr) return;
  if (engine_->watcher_descriptor() >= 0) main_loop_->unwatch(engine_->watcher_descriptor());
  std::atomic<bool> ended{false};
  std::thread thread([this, &ended] {
    local_server_.reset();
    server_.reset();
    ended = true;
    main_loop_->wake();
  });
  while (!ended) {
    tell_service();
    if (!main_loop_->wait(world_.clock, service_.next_deadline())) break;
  }
  thread.join();
}

void Daemon::on_signal() {
  signalfd_siginfo info{};
  while (read(signal_descriptor_, &info, sizeof info) == sizeof info) {
    switch (info.ssi_signo) {
      case SIGHUP:
        reload_wanted_ = true;
        break;
      case SIGTERM:
      case SIGINT:
        if (stopping_) {
          world_.log.warn("second signal: stopping at once");
          _exit(kSecondSignalStatus);  // What is in the outbox is safe.
        }
        stopping_ = true;
        world_.log.info("stopping", {{"signal", std::to_string(info.ssi_signo)}});
        service_.stopping();
        if (engine_) engine_->begin_stop(world_.clock.steady_now() + kGracePeriod);
        break;
      case SIGQUIT:
        // Promtail logs its goroutines then.
        if (engine_) log_status(ask_workers(engine_->workers(), kBusyPatience), world_.log);
        break;
      default:
        break;  // SIGUSR1: as Promtail, nothing ends.
    }
  }
}

Status Daemon::reload() {
  Result<config::Config> config = options_.load_config();
  const auto sync_period = config ? config->positions.sync_period : sync_period_.load();
  Status reloaded = config ? Status() : Status(fail(config.error()));
  if (reloaded && protection_ != nullptr) reloaded = protection_->allows(*config);
  if (reloaded) reloaded = engine_->reload(std::move(*config));
  if (!reloaded) {
    reload_failure_.increment();
    world_.log.error("the configuration was not reloaded; everything goes on as it was",
                     {{"error", reloaded.error().message}});
    return reloaded;
  }
  sync_period_ = sync_period;
  if (tap_hub_ != nullptr) tap_hub_->refresh();
  reload_success_.increment();
  world_.log.info("the configuration was reloaded");
  return {};
}

// By signal and by /reload: one reload serves all who asked before it.
void Daemon::do_reloads() {
  std::vector<std::promise<std::string>> asked;
  {
    const MutexLock lock(asked_mutex_);
    asked.swap(reloads_);
  }
  if (!std::exchange(reload_wanted_, false) && asked.empty()) return;
  service_.reloading();
  const Status reloaded = reload();
  service_.reloaded(reloaded ? "" : reloaded.error().message);
  for (std::promise<std::string>& one : asked)
    one.set_value(reloaded ? "" : reloaded.error().message);
}

void Daemon::end_questions() {
  const MutexLock lock(asked_mutex_);
  asked_ended_ = true;
  for (std::promise<std::string>& one : reloads_)
    one.set_value("the program is stopping");
  reloads_.clear();
  for (std::promise<EngineStatus>& one : questions_)
    one.set_value({});
  questions_.clear();
}

}  // namespace tailrace::daemon
