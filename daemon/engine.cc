// How the program starts, reloads and stops.
#include "daemon/engine.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace tailrace::daemon {
namespace {

constexpr std::uint32_t kWorkersMax = 4;          // house 4: default number of workers.
constexpr std::uint64_t kPoolBytes = 16U << 20U;  // house 7: open bytes and fragments, per process.

std::uint32_t worker_count(const config::Config& config, std::uint32_t cpus,
                           const Engine::Options& options) {
  if (options.mode == Engine::Mode::kDryRun || options.input == Engine::Input::kStdin) return 1;
  if (config.tailrace.workers > 0) return config.tailrace.workers;
  return std::clamp(cpus, 1U, kWorkersMax);
}

// Where cuts go; empty: in memory.
std::string outbox_directory(const config::Config& config, const Engine::Options& options) {
  if (options.mode == Engine::Mode::kDryRun) return {};
  std::string directory = config.positions.filename + ".outbox";
  if (!config.tailrace.outbox_dir.empty()) directory = config.tailrace.outbox_dir;
  if (config.wal.enabled && !config.wal.dir.empty()) directory = config.wal.dir;
  return options.input == Engine::Input::kStdin ? directory + "/stdin" : directory;
}

std::string describe(const std::vector<config::Diagnostic>& diagnostics) {
  std::string text;
  for (const config::Diagnostic& diagnostic : diagnostics) {
    if (diagnostic.severity != config::Diagnostic::Severity::kError) continue;
    if (!text.empty()) text += "; ";
    text += diagnostic.location.path + ": " + diagnostic.message;
  }
  return text;
}

}  // namespace

Engine::Engine(World world, Options options)
    : world_(std::move(world)), options_(std::move(options)), reports_(world_.wake_main) {}

Engine::~Engine() = default;

Result<std::unique_ptr<Engine>> Engine::create(config::Config config, World world,
                                               Options options) {
  auto engine = std::make_unique<Engine>(std::move(world), std::move(options));
  if (Status opened = engine->open_state(config); !opened) return fail(opened.error());
  Topology::Built built = Topology::build(std::make_shared<const config::Config>(std::move(config)),
                                          engine->topology_world(), nullptr);
  for (const config::Diagnostic& diagnostic : built.diagnostics) {
    if (diagnostic.severity != config::Diagnostic::Severity::kWarning) continue;
    engine->world_.log.warn(diagnostic.message, {{"at", diagnostic.location.path}});
  }
  if (!built.ok) return fail(Error::kInvalid, describe(built.diagnostics));
  engine->start(std::move(built.topology));
  return engine;
}

Status Engine::open_state(const config::Config& config) {
  FileSystem& file_system = world_.file_system;
  positions_ = std::make_unique<positions::Positions>(file_system, config.positions.filename);
  if (options_.input != Input::kStdin) {
    const auto on_corrupt = config.positions.ignore_invalid_yaml
                                ? positions::Positions::OnCorruptFile::kStartEmpty
                                : positions::Positions::OnCorruptFile::kFail;
    if (Status loaded = positions_->load(on_corrupt); !loaded) return loaded;
  }
  const std::uint32_t count = worker_count(config, world_.cpus, options_);
  if (world_.make_worker_place && !world_.make_worker_place(count)) {
    return fail(Error::kExhausted, "event loops for the workers cannot be made");
  }
  const std::string directory = outbox_directory(config, options_);
  std::int64_t last_source =
      unix_nanoseconds(world_.clock.wall_now()) / 1024;  // Rises over restarts by itself.
  next_source_ = static_cast<SourceId>(std::max<std::int64_t>(last_source, 1));

  for (std::uint32_t number = 0; number < count; ++number) {
    positions::Outbox::Options outbox_options;
    if (!directory.empty()) outbox_options.directory = directory + "/" + std::to_string(number);
    outbox_options.memory_bytes = kPoolBytes / 2 / count;
    outbox_options.lane_share_bytes = config.tailrace.outbox_bytes / count;
    outbox_options.sync_every_cut = config.tailrace.sync;
    Result<std::unique_ptr<positions::Outbox>> outbox =
        positions::Outbox::open(file_system, world_.clock, world_.log, outbox_options);
    if (!outbox) return fail(outbox.error());
    for (const ResumePoint& point : (*outbox)->recovered().resume_points) {
      next_source_ = std::max(next_source_, point.source + 1);
      recovered_.emplace_back(number, point);
    }
    Worker::Options worker_options;
    worker_options.number = number;
    worker_options.pool_bytes = kPoolBytes / 2 / count;
    worker_options.report = [this](WorkerReport report) { reports_.post(std::move(report)); };
    worker_options.wake = [wake = world_.wake_worker, number] { wake(number); };
    std::chrono::nanoseconds gather = std::chrono::milliseconds(50);
    for (const config::ClientConfig& client : config.clients) {
      gather = std::min(gather, client.batch_wait / 4);
    }
    worker_options.files.gather = gather;
    workers_.push_back(std::make_unique<Worker>(
        Worker::Parts{world_.clock, file_system, world_.log, world_.metrics, *positions_,
                      std::move(*outbox),
                      [make = world_.make_transport, number] { return make(number); },
                      world_.make_watcher(number)},
        std::move(worker_options)));
  }
  watcher_ = world_.make_watcher(count);
  return {};
}

Topology::World Engine::topology_world() const {
  Topology::World world{world_.clock,     world_.file_system,       world_.log, world_.metrics,
                        world_.host_name, world_.working_directory, {},         {}};
  for (const auto& worker : workers_)
    world.workers.push_back(worker->intake().world());
  if (options_.mode == Mode::kDryRun) world.print = options_.print;
  return world;
}

void Engine::start(Topology topology) {
  tailer::FileSet::Options options;
  options.workers = static_cast<std::uint32_t>(workers_.size());
  options.sync_period = topology.config->target.sync_period;
  options.post = [this](std::uint32_t worker, tailer::FileCommand command) {
    commands_[worker].push_back(std::move(command));
  };
  options.new_source_id = [this] { return next_source_++; };
  files_ = std::make_unique<tailer::FileSet>(world_.file_system, world_.clock, world_.log,
                                             *watcher_, std::move(options));
  files_->recover(std::exchange(recovered_, {}), *positions_);
  hand_out(std::move(topology));
}

void Engine::hand_out(Topology topology) {
  if (options_.input != Input::kStdin) {
    files_->set_targets(topology.targets);
    files_->sync(world_.clock.steady_now(), tailer::FileSet::Sync::kFull);
  }
  for (std::uint32_t number = 0; number < workers_.size(); ++number) {
    auto plan = std::move(topology.plans[number]);
    plan->files = std::exchange(commands_[number], {});
    workers_[number]->post(std::move(plan));
  }
  topology_ = std::move(topology);
}

void Engine::run_main() {
  for (WorkerReport& report : reports_.take()) {
    for (tailer::FileReport& file : report.files) {
      files_->handle_report(report.worker, std::move(file));
    }
  }
  if (options_.input != Input::kStdin) {
    files_->sync(world_.clock.steady_now(), tailer::FileSet::Sync::kEvents);
  }
  flush_commands();
}

void Engine::flush_commands() {
  for (auto& [number, commands] : commands_) {
    for (tailer::FileCommand& command : commands)
      workers_[number]->post(std::move(command));
    commands.clear();
  }
}

SteadyTime Engine::next_deadline() const {
  return options_.input == Input::kStdin ? SteadyTime::max() : files_->next_deadline();
}

Status Engine::reload(config::Config config) {
  Topology::Built built = Topology::build(std::make_shared<const config::Config>(std::move(config)),
                                          topology_world(), &topology_);
  if (!built.ok) return fail(Error::kInvalid, describe(built.diagnostics));
  hand_out(std::move(built.topology));
  return {};
}

void Engine::begin_stop(SteadyTime deadline) {
  for (const auto& worker : workers_)
    worker->post(StopWorker{deadline});
}

Status Engine::save() {
  if (options_.mode == Mode::kDryRun) return {};
  Status result;
  for (const auto& worker : workers_) {
    if (Status synced = worker->delivery().outbox().sync(); !synced) result = std::move(synced);
  }
  if (options_.input == Input::kStdin) return result;
  if (Status saved = positions_->save(); !saved) result = std::move(saved);
  return result;
}

}  // namespace tailrace::daemon
