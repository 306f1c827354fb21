// How the program starts, reloads and stops.
#include "daemon/engine.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <utility>
#include <variant>

#include "base/check.h"
#include "config/dump_config.h"
#include "config/secrets.h"
#include "daemon/known_clients.h"

namespace tailrace::daemon {
namespace {

constexpr std::uint32_t kWorkersMax = 4;  // house 4: default number of workers.
// After a reload: by then every worker knows its clients.
constexpr std::chrono::seconds kRememberClientsAfter{1};
constexpr std::chrono::seconds kLookAtRoomEvery{10};
constexpr std::chrono::minutes kMissingPeriod{1};
constexpr std::chrono::seconds kDiscoveryPeriod{1};
// Per process (ARCHITECTURE.md, Limits). Less for fragments than for open batches: with a thousand
// files at full speed more of them cost memory and save nothing.
constexpr std::uint64_t kOpenBytes = 8U << 20U;
constexpr std::uint64_t kFragmentBytes = 4U << 20U;

std::uint32_t worker_count(const config::Config& config, std::uint32_t cpus,
                           const Engine::Options& options) {
  if (options.mode == Engine::Mode::kDryRun || options.input == Engine::Input::kStdin) return 1;
  if (config.tailrace.workers > 0) return config.tailrace.workers;
  return std::clamp(cpus, 1U, kWorkersMax);
}

// Where cuts go; empty: in memory.
std::string cuts_directory(const config::Config& config, const Engine::Options& options) {
  if (options.mode == Engine::Mode::kDryRun) return {};
  const std::string directory = outbox_directory(config);
  return options.input == Engine::Input::kStdin ? directory + "/stdin" : directory;
}

// What positions.yaml says of files; cursors are other sources' business.
std::vector<tailer::KnownPosition> known_positions(const positions::Positions& positions) {
  std::vector<tailer::KnownPosition> known;
  for (const auto& [key, stored] : positions.table()) {
    if (!key.starts_with("/")) continue;
    tailer::KnownPosition position;
    position.path = key;
    const char* const end = stored.value.data() + stored.value.size();
    const auto parsed = std::from_chars(stored.value.data(), end, position.offset);
    if (parsed.ec != std::errc{} || parsed.ptr != end) continue;
    if (stored.origin != positions::PositionOrigin::kOwn) {
      position.author = tailer::KnownPosition::Author::kEdited;
    }
    known.push_back(std::move(position));
  }
  return known;
}

std::string place_of(const config::Diagnostic& diagnostic, const std::string& file) {
  const config::SourceLocation& at = diagnostic.location;
  if (at.line == 0) return at.path;
  return file + ":" + std::to_string(at.line) + ":" + std::to_string(at.column) + ": " + at.path;
}

// Errors as one text; warnings go to the log.
std::string describe(const Topology::Built& built, const std::string& file, Log& log) {
  std::string text;
  for (const config::Diagnostic& diagnostic : built.diagnostics) {
    if (diagnostic.severity != config::Diagnostic::Severity::kError) {
      log.warn(diagnostic.message, {{"at", place_of(diagnostic, file)}});
      continue;
    }
    if (!text.empty()) text += "; ";
    text += place_of(diagnostic, file) + ": " + diagnostic.message;
  }
  return text;
}

}  // namespace

Engine::Engine(World world, Options options)
    : world_(std::move(world)),
      options_(std::move(options)),
      asides_done_(world_.wake_main),
      reports_(world_.wake_main) {}

Engine::~Engine() = default;

Result<std::unique_ptr<Engine>> Engine::create(config::Config config, World world,
                                               Options options) {
  auto engine = std::make_unique<Engine>(std::move(world), std::move(options));
  if (Status opened = engine->open_state(config); !opened) return fail(opened.error());
  engine->create_discovery();
  Topology::Built built = Topology::build(std::make_shared<const config::Config>(std::move(config)),
                                          engine->topology_world(), nullptr);
  std::string errors = describe(built, engine->options_.config_file, engine->world_.log);
  if (!built.ok) return fail(Error::kInvalid, std::move(errors));
  engine->start(std::move(built.topology));
  engine->save_adopted();
  return engine;
}

// What Promtail or a person wrote counts once. Before anything is sent it becomes ours: after a
// crash before the first save it would win over the outbox again, and what was sent would go again.
void Engine::save_adopted() {
  if (options_.mode != Mode::kDaemon || options_.input == Input::kStdin) return;
  const positions::PositionTable table = positions_->table();
  const bool adopted = std::any_of(table.begin(), table.end(), [](const auto& one) {
    return one.second.origin != positions::PositionOrigin::kOwn;
  });
  if (!adopted) return;
  if (const Status saved = positions_->save(); !saved) {
    world_.log.error("positions cannot be saved", {{"error", saved.error().message}});
  }
}

Status Engine::open_positions(const config::Config& config) {
  positions_ =
      std::make_unique<positions::Positions>(world_.file_system, config.positions.filename);
  if (options_.input == Input::kStdin) return {};
  const auto on_corrupt = config.positions.ignore_invalid_yaml
                              ? positions::Positions::OnCorruptFile::kStartEmpty
                              : positions::Positions::OnCorruptFile::kFail;
  if (Status loaded = positions_->load(on_corrupt); !loaded) return loaded;
  if (const std::string warning = positions_->load_warning(); !warning.empty()) {
    world_.log.warn("the positions file is damaged", {{"reason", warning}});
  }
  return {};
}

Status Engine::open_state(const config::Config& config) {
  FileSystem& file_system = world_.file_system;
  if (Status opened = open_positions(config); !opened) return opened;
  const std::uint32_t count = worker_count(config, world_.cpus, options_);
  if (world_.make_worker_place && !world_.make_worker_place(count)) {
    return fail(Error::kExhausted, "event loops for the workers cannot be made");
  }
  outbox_directory_ = cuts_directory(config, options_);
  // Rises over restarts by itself; what is known rises further.
  const std::int64_t now = unix_nanoseconds(world_.clock.wall_now());
  next_source_ = static_cast<SourceId>(std::max<std::int64_t>(now / 1024, 1));

  room_ = find_outbox_room(file_system, {.directory = outbox_directory_,
                                         .clients = config.clients.size(),
                                         .workers = count,
                                         .memory_limit_bytes = world_.memory_limit_bytes});
  if (room_.in_memory) {
    world_.log.warn(
        "the outbox lies in memory (tmpfs): it is small, and a reboot loses it",
        {{"directory", outbox_directory_}, {"bytes_per_client", std::to_string(room_.share_max)}});
  }
  std::vector<std::unique_ptr<positions::Outbox>> outboxes;
  for (std::uint32_t number = 0; number < count; ++number) {
    Result<std::unique_ptr<positions::Outbox>> outbox = open_outbox(config, number, count);
    if (!outbox) return fail(outbox.error());
    outboxes.push_back(std::move(*outbox));
  }
  if (options_.mode == Mode::kDryRun) {
    // A dry run looks at what is there and changes nothing.
    const std::string directory = outbox_directory(config);
    for (const std::string& worker : positions::worker_directories(file_system, directory)) {
      const auto found = positions::Outbox::look(file_system, world_.log, worker);
      if (!found) return fail(found.error());
      for (const ResumePoint& point : found->resume_points)
        recover(point, 0);
    }
  } else if (Status absorbed = absorb_old_workers(outboxes); !absorbed) {
    return absorbed;
  }
  give_to_heir(config, outboxes);
  for (std::uint32_t number = 0; number < count; ++number) {
    add_worker(config, std::move(outboxes[number]), number, count);
  }
  for (const ResumePoint& point : not_absorbed_) {
    recover(point, 0);
  }
  if (options_.mode == Mode::kDaemon) discard_removed_positions();
  watcher_ = world_.make_watcher(count);
  return {};
}

Result<std::unique_ptr<positions::Outbox>> Engine::open_outbox(const config::Config& config,
                                                               std::uint32_t number,
                                                               std::uint32_t count) {
  positions::Outbox::Options options;
  if (!outbox_directory_.empty()) {
    options.directory = outbox_directory_ + "/" + std::to_string(number);
  }
  options.memory_bytes = kFragmentBytes / count;
  options.lane_share_bytes = config.tailrace.outbox_bytes / count;
  options.segment_bytes = options_.segment_bytes;
  options.sync_every_cut = config.tailrace.sync;
  return positions::Outbox::open(world_.file_system, world_.clock, world_.log, options);
}

// What workers left that no longer exist goes to the first, before anything newer. Where that
// fails everything else goes on: the folder stays, and the next start tries again.
Status Engine::absorb_old_workers(std::vector<std::unique_ptr<positions::Outbox>>& outboxes) {
  if (outbox_directory_.empty() || options_.input == Input::kStdin) return {};
  for (const std::string& directory :
       positions::worker_directories(world_.file_system, outbox_directory_)) {
    const std::string name = directory.substr(directory.rfind('/') + 1);
    if (std::stoull(name) < outboxes.size()) continue;
    const Status absorbed = absorb(*outboxes.front(), directory);
    if (absorbed) continue;
    if (absorbed.error().code == EWOULDBLOCK) return absorbed;  // Another process has it.
    world_.metrics
        .counter("tailrace_outbox_not_absorbed_total",
                 "Outboxes of workers that no longer exist and that could not be taken over")
        .increment();
    world_.log.error(
        "what a worker left that no longer exists cannot be taken over; it is kept, and the next "
        "start tries again",
        {{"directory", directory}, {"error", absorbed.error().message}});
  }
  return {};
}

Status Engine::absorb(positions::Outbox& heir, const std::string& directory) {
  positions::Outbox::Options options;
  options.directory = directory;
  {
    Result<std::unique_ptr<positions::Outbox>> old =
        positions::Outbox::open(world_.file_system, world_.clock, world_.log, options);
    if (!old) return fail(old.error());
    const std::vector<ResumePoint> points = (*old)->recovered().resume_points;
    if (Status absorbed = heir.absorb(**old); !absorbed) {
      // Reading must go on where it was, or what the folder holds would be read once more.
      for (const ResumePoint& point : points) {
        if (heir.find(point.source) == nullptr) not_absorbed_.push_back(point);
      }
      return absorbed;
    }
  }
  if (Status removed = world_.file_system.remove(directory + "/lock"); !removed) return removed;
  return world_.file_system.remove_directory(directory);
}

// One client then and one now: what the old one still has is the new one's (house 6, client keys).
void Engine::give_to_heir(const config::Config& config,
                          std::vector<std::unique_ptr<positions::Outbox>>& outboxes) {
  const std::vector<std::string> before = load_known_clients(world_.file_system, outbox_directory_);
  clients_ = client_keys(config.clients);
  if (before.size() == 1 && clients_.size() == 1 && before.front() != clients_.front()) {
    for (const auto& outbox : outboxes) {
      if (Status renamed = outbox->rename_client(before.front(), clients_.front()); !renamed) {
        world_.log.error(
            "what the old client still has cannot be handed to the new one",
            {{"client", config::shown_url(before.front())}, {"error", renamed.error().message}});
      }
    }
  }
  remember_clients();
}

// A person took lines out of positions.yaml: those files start anew, whatever the outbox knows.
void Engine::discard_removed_positions() {
  std::erase_if(recovered_, [this](const tailer::RecoveredFile& file) {
    const ResumePoint& point = file.point;
    if (point.kind != SourceKind::kFile || point.finished ||
        !positions_->removed_by_hand(point.path)) {
      return false;
    }
    world_.log.info("the line of a file was removed from the positions file; it is read anew",
                    {{"path", point.path}});
    discarded_.emplace_back(file.worker, point.source);
    return true;
  });
}

// The disk fills and empties while we run.
void Engine::look_at_room(std::size_t clients) {
  look_at_room_at_ = world_.clock.steady_now() + kLookAtRoomEvery;
  const OutboxRoom room =
      find_outbox_room(world_.file_system, {.directory = outbox_directory_,
                                            .clients = clients,
                                            .workers = workers_.size(),
                                            .memory_limit_bytes = world_.memory_limit_bytes});
  if (room.share_max == room_.share_max) return;
  room_ = room;
  for (const auto& worker : workers_) {
    worker->post(WorkerTask([bytes = room.share_max / workers_.size()](Worker& self) {
      self.delivery().limit_shares(bytes);
    }));
  }
}

// Not being able to is no reason to stop: it matters when the client changes and nothing was sent.
void Engine::remember_clients() {
  if (Status saved = save_known_clients(world_.file_system, outbox_directory_, clients_); !saved) {
    world_.log.warn("the list of clients cannot be saved beside the outbox",
                    {{"error", saved.error().message}});
  }
}

void Engine::recover(const ResumePoint& point, std::uint32_t worker) {
  next_source_ = std::max(next_source_, point.source + 1);
  if (point.kind == SourceKind::kFile || point.kind == SourceKind::kOther) {
    recovered_.push_back({point, worker});
  } else {
    recovered_inputs_.emplace_back(point, worker);
  }
}

void Engine::add_worker(const config::Config& config, std::unique_ptr<positions::Outbox> outbox,
                        std::uint32_t number, std::uint32_t count) {
  for (const ResumePoint& point : outbox->recovered().resume_points)
    recover(point, number);
  Worker::Options options;
  options.number = number;
  if (options_.mode == Mode::kDryRun) options.acknowledges = Worker::Acknowledges::kNo;
  options.pool_bytes = kOpenBytes / count;
  options.held_bytes_max = pipeline::kHeldBytesMax / count;
  options.want_sync = world_.wake_disk;
  options.report = [this](WorkerReport report) { reports_.post(std::move(report)); };
  options.wake = [wake = world_.wake_worker, number] { wake(number); };
  // house 4: a quarter of the smallest batchwait, at most 50 ms.
  options.files.gather = std::chrono::milliseconds(50);
  for (const config::ClientConfig& client : config.clients) {
    options.files.gather =
        std::min<std::chrono::nanoseconds>(options.files.gather, client.batch_wait / 4);
  }
  Worker::Parts parts{world_.clock,
                      world_.file_system,
                      world_.log,
                      world_.metrics,
                      *positions_,
                      std::move(outbox),
                      [make = world_.make_transport, number] { return make(number); },
                      world_.make_watcher(number),
                      world_.worker_loop ? world_.worker_loop(number) : nullptr};
  workers_.push_back(std::make_unique<Worker>(std::move(parts), std::move(options)));
  if (options_.trace) {
    recorders_.push_back(std::make_unique<debugger::TraceRecorder>(world_.clock, options_.trace));
  }
}

void Engine::create_discovery() {
  if (!world_.make_main_transport) return;
  main_transport_ = world_.make_main_transport();
  if (main_transport_ == nullptr) return;
  const auto run_aside = [this](std::function<void()> work, std::function<void()> done) {
    auto after = [this, done = std::move(done)] { asides_done_.post(done); };
    if (world_.run_aside) {
      world_.run_aside(std::move(work), std::move(after));
    } else {
      work();
      after();
    }
  };
  discovery_world_.emplace(discovery::DiscoveryWorld{
      world_.clock, world_.file_system, world_.log, world_.metrics, *main_transport_, run_aside,
      world_.host_name, world_.working_directory, world_.environment});
}

Topology::World Engine::topology_world() {
  Topology::World world{world_.clock,     world_.file_system,       world_.log, world_.metrics,
                        world_.host_name, world_.working_directory, {},         {}};
  for (const auto& worker : workers_) {
    world.workers.push_back(worker->intake().world());
    world.workers.back().environment = world_.environment;
    if (options_.trace) {
      world.workers.back().observer = recorders_[world.workers.size() - 1].get();
    }
  }
  if (options_.mode == Mode::kDryRun) world.print = options_.print;
  if (options_.input == Input::kFiles && world_.worker_loop) world.listeners = &listeners_;
  if (options_.input == Input::kFiles && discovery_world_) world.discovery = &*discovery_world_;
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
  files_->recover(std::exchange(recovered_, {}), known_positions(*positions_));
  InputSet::Options input_options;
  input_options.workers = static_cast<std::uint32_t>(workers_.size());
  input_options.post = [this](std::uint32_t worker, InputCommand command) {
    input_commands_[worker].push_back(std::move(command));
  };
  input_options.new_source_id = [this] { return next_source_++; };
  inputs_ = std::make_unique<InputSet>(std::move(input_options));
  inputs_->recover(std::exchange(recovered_inputs_, {}), positions_->table());
  hand_out(std::move(topology));
}

void Engine::hand_out(Topology topology) {
  if (options_.input != Input::kStdin) {
    files_->set_targets(topology.targets());
    files_->sync(world_.clock.steady_now(), tailer::FileSet::Sync::kFull);
    inputs_->set(topology.inputs());
    listeners_.keep_asked();
  }
  for (std::uint32_t number = 0; number < workers_.size(); ++number) {
    auto plan = std::move(topology.plans[number]);
    plan->files = std::exchange(commands_[number], {});
    plan->inputs = std::exchange(input_commands_[number], {});
    plan->previous_clients = clients_;
    plan->share_max = room_.share_max / workers_.size();
    if (number == 0) plan->recovered = std::exchange(not_absorbed_, {});
    for (const auto& [worker, source] : discarded_) {
      if (worker == number) plan->discarded.push_back(source);
    }
    workers_[number]->post(std::move(plan));
  }
  discarded_.clear();
  topology_ = std::move(topology);
  if (!outbox_directory_.empty()) look_at_room_at_ = world_.clock.steady_now();
  next_discovery_ = SteadyTime::min();
  targets_changed_ = false;
  for (const JobSources::Found& found : topology_.found)
    count_failed_targets(found);
  count_targets();
  const auto& jobs = topology_.config->scrape_configs;
  may_find_nothing_ = std::any_of(jobs.begin(), jobs.end(), [](const config::ScrapeConfig& job) {
    return std::any_of(job.discoveries.begin(), job.discoveries.end(), [](const auto& discovery) {
      return std::holds_alternative<config::DockerSdConfig>(discovery);
    });
  });
  std::vector<std::string> clients = client_keys(topology_.config->clients);
  if (clients != clients_) {
    clients_ = std::move(clients);
    remember_clients_at_ = world_.clock.steady_now() + kRememberClientsAfter;
  }
}

void Engine::run_main() {
  for (const WorkerReport& report : reports_.take()) {
    for (const tailer::FileReport& file : report.files) {
      files_->handle_report(report.worker, file);
    }
    for (const InputReport& input : report.inputs)
      inputs_->handle_report(input);
  }
  for (const std::function<void()>& done : asides_done_.take())
    done();
  if (options_.input != Input::kStdin) {
    discover(world_.clock.steady_now());
    files_->sync(world_.clock.steady_now(), tailer::FileSet::Sync::kEvents);
  }
  flush_commands();
  if (look_at_room_at_ <= world_.clock.steady_now()) {
    look_at_room(topology_.config->clients.size());
  }
  publish_counters();
  if (remember_clients_at_ <= world_.clock.steady_now()) {
    remember_clients_at_ = SteadyTime::max();
    remember_clients();
  }
}

// What discovery brings is taken at most once per kDiscoveryPeriod: a server that starts a hundred
// pods at once says so a hundred times.
void Engine::discover(SteadyTime now) {
  for (std::size_t i = 0; i < topology_.sources.size(); ++i) {
    if (!topology_.sources[i]->poll(now)) continue;
    topology_.found[i] = topology_.sources[i]->find();
    count_failed_targets(topology_.found[i]);
    for (const config::Diagnostic& fault : topology_.found[i].diagnostics) {
      world_.log.warn("a discovered target cannot be followed",
                      {{"job", topology_.sources[i]->job()}, {"error", fault.message}});
    }
    targets_changed_ = true;
  }
  if (!targets_changed_ || now < next_discovery_) return;
  targets_changed_ = false;
  next_discovery_ = now + kDiscoveryPeriod;
  files_->set_targets(topology_.targets());
  inputs_->set(topology_.inputs());
  count_targets();
}

void Engine::flush_commands() {
  for (auto& [number, commands] : commands_) {
    for (tailer::FileCommand& command : commands)
      workers_[number]->post(std::move(command));
    commands.clear();
  }
  for (auto& [number, commands] : input_commands_) {
    for (InputCommand& command : commands)
      workers_[number]->post(std::move(command));
    commands.clear();
  }
}

SteadyTime Engine::next_deadline() const {
  const SteadyTime own = std::min(remember_clients_at_, look_at_room_at_);
  if (options_.input == Input::kStdin) return own;
  SteadyTime deadline = std::min(own, files_->next_deadline());
  for (const auto& sources : topology_.sources)
    deadline = std::min(deadline, sources->next_deadline());
  if (main_transport_ != nullptr) deadline = std::min(deadline, main_transport_->next_deadline());
  if (targets_changed_) deadline = std::min(deadline, next_discovery_);
  return deadline;
}

Status Engine::reload(config::Config config) {
  Topology::Built built = Topology::build(std::make_shared<const config::Config>(std::move(config)),
                                          topology_world(), &topology_);
  std::string errors = describe(built, options_.config_file, world_.log);
  if (!built.ok) {
    listeners_.forget_asked();
    return fail(Error::kInvalid, std::move(errors));
  }
  hand_out(std::move(built.topology));
  return {};
}

EngineStatus Engine::status() const {
  EngineStatus status{topology_.config,
                      config::dump_config(*topology_.config),
                      topology_.discovered(),
                      {},
                      discovery_troubles()};
  if (options_.input == Input::kStdin) return status;
  files_->for_each([&status](const tailer::KnownFile& file) {
    if (file.target != tailer::KnownFile::kNoTarget) {
      status.target_of[file.point.source] = file.target;
    }
  });
  return status;
}

std::vector<std::string> Engine::discovery_troubles() const {
  std::vector<std::string> troubles;
  for (const auto& sources : topology_.sources) {
    for (std::string& trouble : sources->troubles())
      troubles.push_back("job " + sources->job() + ": " + std::move(trouble));
  }
  return troubles;
}

void Engine::count_targets() {
  std::size_t targets = 0;
  for (const JobSources::Found& found : topology_.found)
    targets += found.files.size();
  world_.metrics.gauge("promtail_targets_active_total", "Number of active total.")
      .set(static_cast<double>(targets));
}

void Engine::count_failed_targets(const JobSources::Found& found) {
  for (const auto& [reason, count] : found.failed) {
    world_.metrics
        .counter("promtail_targets_failed_total", "Number of failed targets.", {{"reason", reason}})
        .add(static_cast<double>(count));
  }
}

// What the file set counts, for /metrics.
void Engine::publish_counters() {
  const tailer::FileSet::Counters& now = files_->counters();
  Metrics& metrics = world_.metrics;
  const auto show = [&metrics](const char* name, const char* help, std::uint64_t value) {
    metrics.counter(name, help).set(static_cast<double>(value));
  };
  show("tailrace_files_adopted_total", "Files that were found and followed", now.adopted);
  show("tailrace_missed_generations_total",
       "Rotated files that were found beside their name and read", now.missed_generations);
  show("tailrace_copies_read_total", "Truncated files whose rest was read from a copy",
       now.copies_read);
  show("tailrace_copies_missing_total", "Truncated or replaced files without a copy",
       now.copies_missing);
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
  if (Status saved = positions_->save(); !saved) {
    result = std::move(saved);
  } else if (positions_->written_in_place() && !std::exchange(in_place_told_, true)) {
    world_.log.warn(
        "the positions file cannot be replaced (is it mounted alone into a container?) and is "
        "written in place: a power loss can damage it, and the outbox beside it may not outlive "
        "the "
        "container");
  }
  // As Promtail: after the save, so that they leave with the next one. A look at every file costs
  // more than all else that an idle process does, so not every time.
  if (const SteadyTime now = world_.clock.steady_now(); now >= next_look_for_missing_) {
    next_look_for_missing_ = now + kMissingPeriod;
    positions_->erase_missing_files();
  }
  return result;
}

}  // namespace tailrace::daemon
