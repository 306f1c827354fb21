// A host on simulated time.
#include "tests/simulation/world.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>

#include "base/check.h"
#include "config/load.h"

namespace tailrace::simulation {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kSweepPeriod{61};  // FileSet's and a little.

constexpr std::uint64_t kSegmentBytes = 8000;  // Small, so that segments come and go.

constexpr std::string_view kInBetween = "another program acts between two looks";

constexpr std::string_view kTenants[] = {"t", "u", "v"};

// What one of our own writes can be; crashes fall on each.
constexpr std::pair<testing::Operation, std::string_view> kMutations[] = {
    {testing::Operation::kCreate, "create"},
    {testing::Operation::kWrite, "write"},
    {testing::Operation::kTruncate, "truncate"},
    {testing::Operation::kSync, "sync"},
    {testing::Operation::kReserve, "reserve"},
    {testing::Operation::kRename, "rename"},
    {testing::Operation::kRemove, "remove"},
    {testing::Operation::kSyncDirectory, "sync of a folder"},
};

std::string crash_point(testing::Operation operation) {
  for (const auto& [known, name] : kMutations) {
    if (known == operation) return "crash point: " + std::string(name);
  }
  return "crash point: unknown";
}

constexpr std::string_view kClient = R"(
- url: http://TENANT/loki/api/v1/push
  batchwait: BATCHWAIT
  batchsize: BATCHSIZE
  tenant_id: TENANT
  backoff_config: {min_period: 50ms, max_period: 500ms}
)";

constexpr std::string_view kConfig = R"(
clients: CLIENTS
positions: {filename: /state/positions.yaml, sync_period: 1s}
target_config: {sync_period: 1s}
tailrace: {workers: WORKERS, sync: SYNC, outbox: {size: 4MB}}
scrape_configs:
- job_name: plain
  static_configs: [{labels: {job: plain, __path__: "/logs/plain/*.log"}}]
  pipeline_stages:
  - drop: {longer_than: 10kb}
VARIANT
- job_name: java
  static_configs: [{labels: {job: java, __path__: "/logs/java/*.log"}}]
  pipeline_stages:
  - multiline: {firstline: '^START', max_wait_time: 2s, max_lines: 6}
- job_name: journal
  static_configs: [{labels: {__path__: "/none"}}]
  pipeline_stages:
  - multiline: {firstline: '^START', max_wait_time: 2s, max_lines: 6}
- job_name: pushed
  static_configs: [{labels: {__path__: "/none"}}]
- job_name: cri
  static_configs: [{labels: {job: cri, __path__: "/logs/cri/*.log"}}]
  pipeline_stages:
  - cri: {}
)";

void replace(std::string& text, std::string_view what, std::string_view by) {
  text.replace(text.find(what), what.size(), by);
}

}  // namespace

World::World(std::uint64_t seed, Tally& tally, std::set<std::string> without)
    : tally_(tally),
      without_(std::move(without)),
      random_(seed),
      files_(file_clock_),
      writers_(files_, random_),
      feeds_(random_),
      log_(Log::discard(clock_)) {
  loop_ = std::move(*EventLoop::create());
  workers_ = 1 + static_cast<std::uint32_t>(random_.below(2));
  sync_ = random_.below(2) == 0;
  second_client_ = random_.below(3) == 0;
  TAILRACE_CHECK(files_.make_directories("/state").has_value());
  TAILRACE_CHECK(files_.sync_directory("/").has_value());
  files_.set_before_mutation(
      [this](testing::Operation operation, const std::string&) -> std::optional<Error> {
        if (engine_ == nullptr || others_at_work_ || !mutations_to_crash_) return std::nullopt;
        if (crashing_) return Error{EIO, "the process is dead"};
        if (*mutations_to_crash_ > 0) {
          --*mutations_to_crash_;
          return std::nullopt;
        }
        crashing_ = true;
        ++tally_[crash_point(operation)];
        for (SimulatedTransport* transport : transports_)
          transport->die();
        if (operation == testing::Operation::kWrite && random_.below(2) == 0) {
          ++tally_["crash point: torn write"];
          files_.tear_next_write_after(random_.below(1000), EIO);
          return std::nullopt;
        }
        return Error{EIO, "the process is dead"};
      });
  files_.set_before_look([this](testing::Operation, const std::string&) { act_in_between(); });
  start();
  pass(5);  // A file that was renamed before it was ever seen is nobody's.
}

World::~World() = default;

Tally empty_tally() {
  Tally tally;
  for (const std::string_view name : World::action_names())
    tally["action: " + std::string(name)] = 0;
  for (int answer = 0; answer < kAnswers; ++answer)
    tally["answer: " + std::string(answer_name(static_cast<Answer>(answer)))] = 0;
  for (const auto& [operation, name] : kMutations)
    tally["crash point: " + std::string(name)] = 0;
  return tally;
}

std::vector<std::string_view> World::action_names() {
  std::vector<std::string_view> names{kInBetween, "a third client at a reload", "kill at a write",
                                      "logs go on while tailrace is down"};
  for (const Action& action : actions())
    names.push_back(action.name);
  return names;
}

void World::note(std::string text) {
  ++tally_["action: " + text];
  script_.push_back(std::move(text));
}

config::Config World::make_config() const {
  std::string clients;
  for (const std::string_view tenant : kTenants) {
    if ((tenant == "u" && !second_client_) || (tenant == "v" && !third_client_)) continue;
    std::string client(kClient);
    replace(client, "TENANT", tenant);
    replace(client, "TENANT", tenant);
    replace(client, "BATCHWAIT", variant_ % 2 == 0 ? "200ms" : "50ms");
    replace(client, "BATCHSIZE", variant_ % 4 < 2 ? "2000" : "300");
    clients += client;
  }
  std::string text(kConfig);
  replace(text, "CLIENTS", clients);
  replace(text, "WORKERS", std::to_string(workers_));
  replace(text, "SYNC", sync_ ? "true" : "false");
  replace(text, "VARIANT", variant_ % 3 == 0 ? "" : "  - labeldrop: [nothing]");
  config::LoadResult loaded = config::load_text(text, "simulation.yaml", {});
  TAILRACE_CHECK(loaded.config.has_value());
  return std::move(*loaded.config);
}

Answer World::choose_answer(const std::string& tenant) {
  Answer answer = Answer::kAccepted;
  if (random_.below(10) < 3) answer = moods_[tenant];
  if (random_.below(12) == 0) answer = static_cast<Answer>(random_.below(kAnswers));
  ++tally_["answer: " + std::string(answer_name(answer))];
  return answer;
}

void World::start() {
  metrics_ = std::make_unique<Metrics>();
  watchers_.clear();
  crashing_ = false;
  mutations_to_crash_.reset();
  daemon::Engine::World world{.clock = clock_,
                              .file_system = files_,
                              .log = log_,
                              .metrics = *metrics_,
                              .make_transport = {},
                              .make_watcher = {},
                              .wake_worker = {},
                              .wake_main = {},
                              .host_name = "host",
                              .working_directory = "/",
                              .cpus = 1};
  world.make_transport = [this](std::uint32_t) {
    auto transport = std::make_unique<SimulatedTransport>(
        clock_, random_, loki_, [this](const std::string& tenant) { return choose_answer(tenant); },
        transports_);
    if (crashing_) transport->die();
    return transport;
  };
  world.make_watcher = [this](std::uint32_t) {
    auto watcher = std::make_unique<testing::FakeWatcher>(files_);
    watchers_.push_back(watcher.get());
    return watcher;
  };
  world.worker_loop = [this](std::uint32_t) { return loop_.get(); };
  world.wake_worker = [](std::uint32_t) {};
  world.wake_main = [] {};
  Result<std::unique_ptr<daemon::Engine>> engine = daemon::Engine::create(
      make_config(), std::move(world), {.print = {}, .segment_bytes = kSegmentBytes});
  TAILRACE_CHECK(engine.has_value());
  engine_ = std::move(*engine);
  engine_->inputs().set(feeds_.plans(variant_));
  worker_stopped_.assign(workers_, false);
}

void World::kill(std::string_view how) {
  if (!crashing_) {
    for (SimulatedTransport* transport : transports_)
      transport->die();
  }
  crashing_ = true;
  mutations_to_crash_ = 0;  // What a destructor tries to write does not happen.
  engine_.reset();
  ++crashes_;
  if (how == "power loss") {
    files_.crash();
  } else {
    files_.kill();
  }
}

void World::advance(std::chrono::nanoseconds by) {
  clock_.advance(by);
  file_clock_.advance(by);
}

void World::turn() {
  engine_->run_main();
  if (crashing_) return;
  for (std::size_t i = 0; i < engine_->workers().size(); ++i) {
    if (worker_stopped_[i]) continue;
    worker_stopped_[i] = engine_->workers()[i]->run_once() == daemon::Worker::Turn::kStopped;
    if (crashing_) return;
  }
  if (random_.below(4) == 0) static_cast<void>(engine_->save().has_value());
}

void World::pass(std::uint64_t turns) {
  for (std::uint64_t i = 0; i < turns; ++i) {
    looking_ = true;
    turn();
    looking_ = false;
    if (crashing_) {
      note("kill at a write");
      kill(sync_ && random_.below(2) == 0 ? "power loss" : "kill");
      start();
    }
    advance(milliseconds(random_.below(60)));
  }
}

void World::stop() {
  engine_->begin_stop(clock_.steady_now() + seconds(5));
  for (int i = 0; i < 400; ++i) {
    turn();
    advance(milliseconds(20));
    if (crashing_) break;
    if (std::all_of(worker_stopped_.begin(), worker_stopped_.end(), [](bool b) { return b; })) {
      break;
    }
  }
  if (!crashing_) {
    static_cast<void>(engine_->save().has_value());
    TAILRACE_CHECK(
        std::all_of(worker_stopped_.begin(), worker_stopped_.end(), [](bool b) { return b; }));
  }
  const bool clean = !crashing_;
  kill("kill");
  if (clean) --crashes_;
}

void World::reload() {
  variant_ += 1 + static_cast<std::uint32_t>(random_.below(5));
  // Alone, a first client could not be told from another one under a new key (house 6).
  third_client_ = second_client_ && random_.below(2) == 0;
  if (third_client_) ++tally_["action: a third client at a reload"];
  TAILRACE_CHECK(engine_->reload(make_config()).has_value());
  engine_->inputs().set(feeds_.plans(variant_));
}

// The logs go on while nobody reads them, sometimes. Copy and truncate is not among it: what nobody
// read a byte of leaves nothing to know its copy by (docs/tailing.md); tests/tailer has the rest.
void World::start_later() {
  constexpr void (Writers::*kActions[])() = {&Writers::append, &Writers::append,
                                             &Writers::append_half, &Writers::rotate_by_rename};
  if (random_.below(2) == 0) {
    ++tally_["action: logs go on while tailrace is down"];
    for (std::uint64_t i = random_.below(5); i > 0; --i) {
      const std::uint64_t action = random_.below(std::size(kActions));
      if (action == 3 && without_.contains("rotate by rename")) continue;
      write(kActions[action]);
      advance(milliseconds(random_.below(2000)));
    }
  }
  start();
}

// The outbox tries the disk again at its next cut.
void World::catch_up() {
  const auto refused = [this] {
    const auto& workers = engine_->workers();
    return std::any_of(workers.begin(), workers.end(), [](const auto& worker) {
      return worker->delivery().outbox().disk_error().has_value();
    });
  };
  for (int i = 0; i < 100 && refused(); ++i) {
    write(&Writers::append);
    pass(10);
  }
  if (refused()) wrong_.emplace_back("the outbox does not come back to a disk that works again");
}

// What was written while events were lost is found by the sweep of all sizes at the latest.
void World::await_sweep() {
  while (clock_.steady_now() < swept_at_) {
    pass(1);
    advance(seconds(1));
  }
}

// Between two looks of ours at the disk another program does something.
void World::act_in_between() {
  if (!looking_ || quiet_ || others_at_work_ || crashing_ || random_.below(2000) != 0) return;
  if (without_.contains(std::string(kInBetween))) return;
  note(std::string(kInBetween));
  constexpr void (Writers::*kActions[])() = {&Writers::append, &Writers::append_half,
                                             &Writers::rotate_by_rename,
                                             &Writers::rotate_by_late_rename};
  writers_.set_in_between(true);
  write(kActions[random_.below(std::size(kActions))]);
  writers_.set_in_between(false);
}

void World::write(void (Writers::*action)()) {
  // Two rotations are never so near that the files' times are equal.
  advance(milliseconds(5));
  others_at_work_ = true;
  (writers_.*action)();
  others_at_work_ = false;
}

// What may happen, and how often compared with the others.
const std::vector<World::Action>& World::actions() {
  static const std::vector<Action> kActions = {
      {"append", 70, [](World& w) { w.write(&Writers::append); }},
      {"append half a line", 20, [](World& w) { w.write(&Writers::append_half); }},
      {"a journal gets entries", 30, [](World& w) { w.feeds_.append_to_journal(); }},
      {"a sender sends", 30, [](World& w) { w.feeds_.send(); }},
      {"rotate by rename", 20, [](World& w) { w.write(&Writers::rotate_by_rename); }},
      {"rotate by late rename", 10, [](World& w) { w.write(&Writers::rotate_by_late_rename); }},
      {"copy and truncate", 10,
       [](World& w) {
         // What is copied and truncated before its first byte was read has left no trace to know it
         // by (docs/tailing.md).
         w.quiet_ = true;
         w.write(&Writers::finish_all);
         w.await_sweep();
         w.pass(8);
         w.write(&Writers::copy_truncate);
         w.quiet_ = false;
       }},
      {"delete and recreate", 3,
       [](World& w) {
         // What was truncated a moment ago is seen: a few bytes are not recognised in their copy
         // when the original is gone (docs/tailing.md).
         w.await_sweep();
         w.pass(8);
         w.write(&Writers::delete_and_recreate);
       }},
      {"Loki changes its mood", 10,
       [](World& w) {
         w.moods_[std::string(kTenants[w.random_.below(std::size(kTenants))])] =
             static_cast<Answer>(w.random_.below(kAnswers));
       }},
      {"Loki is well", 20, [](World& w) { w.moods_.clear(); }},
      {"step the clock", 10,
       [](World& w) {
         w.clock_.step_wall(milliseconds(static_cast<std::int64_t>(w.random_.below(4000)) - 2000));
       }},
      {"reload", 10, [](World& w) { w.reload(); }},
      {"kill", 20,
       [](World& w) {
         w.kill("kill");
         w.start_later();
       }},
      {"arm a crash at a write", 10, [](World& w) { w.mutations_to_crash_ = w.random_.below(12); }},
      {"stop and start", 10,
       [](World& w) {
         w.stop();
         w.start_later();
       }},
      {"the disk is full for a while", 10,
       [](World& w) {
         // A crash while the disk refuses repeats what was sent since (docs/guarantees.md), so none
         // happens before the outbox has caught up.
         w.mutations_to_crash_.reset();
         w.files_.set_capacity(0);
         w.write(&Writers::append);
         w.pass(3 + w.random_.below(6));
         w.files_.set_capacity(UINT64_MAX);
         w.catch_up();
       }},
      {"file events are lost", 10,
       [](World& w) {
         for (testing::FakeWatcher* watcher : w.watchers_)
           watcher->lose_events();
         w.swept_at_ = w.clock_.steady_now() + kSweepPeriod;
       }},
      {"power loss", 10,
       [](World& w) {
         if (!w.sync_) return;  // Without syncing every cut nothing is promised.
         w.kill("power loss");
         w.start();
       }},
  };
  return kActions;
}

void World::act() {
  std::uint64_t weights = 0;
  for (const Action& action : actions())
    weights += action.weight;
  std::uint64_t chosen = random_.below(weights);
  for (const Action& action : actions()) {
    if (chosen >= action.weight) {
      chosen -= action.weight;
      continue;
    }
    if (without_.contains(action.name)) return;
    note(action.name);
    action.run(*this);
    return;
  }
}

void World::calm_down() {
  moods_.clear();
  write(&Writers::finish_all);
  for (int i = 0; i < 4000; ++i) {
    mutations_to_crash_.reset();
    turn();
    advance(milliseconds(50));
  }
}

void World::check_feeds(const std::string& tenant, std::vector<std::string>& wrong) const {
  for (std::string& fault : feeds_.check(loki_, tenant))
    wrong.push_back(std::move(fault));
}

std::vector<std::string> World::run(std::uint64_t actions) {
  for (std::uint64_t i = 0; i < actions; ++i) {
    act();
    pass(random_.below(4));
  }
  calm_down();
  stop();
  std::vector<std::string> wrong = writers_.check(loki_, "t", Writers::Completeness::kWhole);
  std::uint64_t clients = 1;
  for (const std::string tenant : {"u", "v"}) {
    if (!second_client_) break;
    ++clients;
    const std::vector<std::string> more = writers_.check(
        loki_, tenant,
        tenant == "u" ? Writers::Completeness::kWhole : Writers::Completeness::kMayHaveGaps);
    wrong.insert(wrong.end(), more.begin(), more.end());
    if (tenant == "u") check_feeds(tenant, wrong);
  }
  check_feeds("t", wrong);
  wrong.insert(wrong.end(), wrong_.begin(), wrong_.end());
  // House 6: at most one per client, tenant and worker.
  const std::uint64_t allowed = crashes_ * workers_ * clients;
  if (loki_.resent_requests() > allowed) {
    wrong.push_back(std::to_string(loki_.resent_requests()) + " requests were repeated, allowed " +
                    std::to_string(allowed));
  }
  return wrong;
}

}  // namespace tailrace::simulation
