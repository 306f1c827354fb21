// The program without its threads: workers, file set, positions, and how they start, reload and
// stop.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/file_system.h"
#include "base/log.h"
#include "base/mailbox.h"
#include "base/metrics.h"
#include "base/result.h"
#include "base/text_output.h"
#include "config/config.h"
#include "daemon/input_set.h"
#include "daemon/listeners.h"
#include "daemon/outbox_room.h"
#include "daemon/status.h"
#include "daemon/topology.h"
#include "daemon/worker.h"
#include "debugger/trace_recorder.h"
#include "discovery/discoverer.h"
#include "positions/positions.h"
#include "tailer/file_set.h"

namespace tailrace::daemon {

// What the program is made of and how it is driven. Daemon runs each worker on a thread; the
// simulation and the tests step everything by hand.
//
// Ownership: owns workers, file set and positions. Borrows what EngineWorld refers to.
// Threading: main thread, except where a function says otherwise.
class Engine {
 public:
  // The outside world. All outlive the engine.
  struct World {
    const Clock& clock;
    FileSystem& file_system;
    Log& log;
    Metrics& metrics;
    // Called once, before anything else, with the number of workers; false: it cannot be.
    std::function<bool(std::uint32_t count)> make_worker_place = {};
    // A transport for one client of worker `number`; called on the worker's thread.
    std::function<std::unique_ptr<http::Transport>(std::uint32_t number)> make_transport;
    // For worker `number`, and once more for the main thread.
    std::function<std::unique_ptr<tailer::FileWatcher>(std::uint32_t number)> make_watcher;
    std::function<void(std::uint32_t number)> wake_worker;
    std::function<void()> wake_main;
    std::function<void()> wake_disk = {};  // Called by workers: save() should not wait.
    // The event loop of worker `number`, and main's transport: for inputs and discovery. Null:
    // there are none, as in the simulation.
    std::function<EventLoop*(std::uint32_t number)> worker_loop = {};
    std::function<std::unique_ptr<http::Transport>()> make_main_transport = {};
    // Runs `work`, which may hang, on a thread of its own, then `done` there. Null: at once.
    std::function<void(std::function<void()> work, std::function<void()> done)> run_aside = {};
    std::string host_name;                 // For __host__.
    std::string working_directory;         // For relative patterns.
    std::uint32_t cpus = 1;                // Workers when the configuration does not say.
    std::uint64_t memory_limit_bytes = 0;  // 0: not known.
    // The value of an environment variable, for templates.
    std::function<std::optional<std::string>(std::string_view)> environment = {};
  };

  enum class Mode {
    kDaemon,  // Ships, and saves positions.
    kDryRun,  // Prints, and saves nothing.
  };
  enum class Input {
    kFiles,
    kStdin,  // What Worker::add_source() brings; files and positions are left alone.
  };
  struct Options {
    Mode mode = Mode::kDaemon;
    Input input = Input::kFiles;
    TextOutput print = {};  // Dry run: where entries go.
    // Gets what every entry went through, on the worker's thread; empty: nobody looks.
    debugger::TraceRecorder::Sink trace = {};
    std::string config_file = {};              // For messages.
    std::uint64_t segment_bytes = 16U << 20U;  // Of the outbox (house 6); less in the simulation.
  };

  // Opens outboxes and positions, builds the topology, gives every worker its plan. Nothing is read
  // yet: that happens in Worker::run_once().
  // Errors: kInvalid with diagnostics in the message for a configuration that cannot be built;
  //   EWOULDBLOCK when another process has the outbox.
  static Result<std::unique_ptr<Engine>> create(config::Config config, World world,
                                                Options options);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // One turn of the main thread: reports of workers, directory events, periodic sync.
  void run_main();
  SteadyTime next_deadline() const;
  // For the main event loop: readable when run_main() has directory events.
  int watcher_descriptor() const { return watcher_->descriptor(); }

  // Build first, then swap; on failure everything goes on unchanged (house 8).
  Status reload(config::Config config);

  // No more reading; workers end when all is delivered or at `deadline`.
  void begin_stop(SteadyTime deadline);

  // Segments, then positions.yaml. Disk thread.
  Status save();

  std::span<const std::unique_ptr<Worker>> workers() const { return workers_; }
  // Main thread only: a reload exchanges it.
  const config::Config& config() const { return *topology_.config; }
  EngineStatus status() const;
  // Of the ports that receivers listen on; 0: there is none. Main thread.
  std::uint16_t lowest_port() const { return listeners_.lowest_port(); }
  // Some job takes what it finds, also nothing (containers): no files are no fault. Any thread.
  bool may_find_nothing() const { return may_find_nothing_; }
  // Why discovery has no news; empty: all is well. Main thread.
  std::vector<std::string> discovery_troubles() const;
  tailer::FileSet& files() { return *files_; }
  InputSet& inputs() { return *inputs_; }
  positions::Positions& positions() { return *positions_; }

  // For create() only.
  Engine(World world, Options options);

 private:
  Status open_state(const config::Config& config);
  Result<std::unique_ptr<positions::Outbox>> open_outbox(const config::Config& config,
                                                         std::uint32_t number, std::uint32_t count);
  Status open_positions(const config::Config& config);
  Status absorb_old_workers(std::vector<std::unique_ptr<positions::Outbox>>& outboxes);
  Status absorb(positions::Outbox& heir, const std::string& directory);
  void give_to_heir(const config::Config& config,
                    std::vector<std::unique_ptr<positions::Outbox>>& outboxes);
  void remember_clients();
  void save_adopted();
  void discard_removed_positions();
  void look_at_room(std::size_t clients);
  void count_targets();
  void publish_counters();
  void recover(const ResumePoint& point, std::uint32_t worker);
  void add_worker(const config::Config& config, std::unique_ptr<positions::Outbox> outbox,
                  std::uint32_t number, std::uint32_t count);
  void start(Topology topology);
  void hand_out(Topology topology);
  void flush_commands();
  Topology::World topology_world();
  void create_discovery();
  void discover(SteadyTime now);
  void count_failed_targets(const JobSources::Found& found);

  const World world_;
  const Options options_;
  std::unique_ptr<positions::Positions> positions_;
  std::unique_ptr<tailer::FileWatcher> watcher_;
  // One per worker, where traces are wanted. Before the workers: their pipelines call them.
  std::vector<std::unique_ptr<debugger::TraceRecorder>> recorders_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::unique_ptr<tailer::FileSet> files_;
  // Discovery: what it works with, before the topology whose discoverers use it.
  std::unique_ptr<http::Transport> main_transport_;
  Mailbox<std::function<void()>> asides_done_;
  std::optional<discovery::DiscoveryWorld> discovery_world_;
  Listeners listeners_;
  std::unique_ptr<InputSet> inputs_;
  SteadyTime next_discovery_ = SteadyTime::min();
  bool targets_changed_ = false;
  std::atomic<bool> may_find_nothing_{false};
  Mailbox<WorkerReport> reports_;
  std::map<std::uint32_t, std::vector<tailer::FileCommand>> commands_;  // Not yet posted.
  std::map<std::uint32_t, std::vector<InputCommand>> input_commands_;   // Likewise.
  std::vector<tailer::RecoveredFile> recovered_;
  std::vector<std::pair<ResumePoint, std::uint32_t>> recovered_inputs_;
  std::vector<ResumePoint> not_absorbed_;  // Known, but only to an outbox that nobody has.
  std::vector<std::pair<std::uint32_t, SourceId>> discarded_;  // With the worker.
  SourceId next_source_ = 1;
  std::string outbox_directory_;      // Empty: in memory.
  std::vector<std::string> clients_;  // Keys of the running configuration.
  SteadyTime remember_clients_at_ = SteadyTime::max();
  OutboxRoom room_;
  SteadyTime look_at_room_at_ = SteadyTime::max();
  SteadyTime next_look_for_missing_{};  // Disk thread.
  bool in_place_told_ = false;          // By save().
  Topology topology_;
};

}  // namespace tailrace::daemon
