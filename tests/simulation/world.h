// A host on simulated time: log files, tailrace, Loki, and everything that can go wrong.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/event_loop.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/random.h"
#include "config/config.h"
#include "daemon/engine.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_watcher.h"
#include "tests/fakes/memory_file_system.h"
#include "tests/simulation/feeds.h"
#include "tests/simulation/simulated_transport.h"
#include "tests/simulation/stand_in_loki.h"
#include "tests/simulation/writers.h"

namespace tailrace::simulation {

// How often each thing happened, over all seeds: nothing that can happen may stay at 0.
using Tally = std::map<std::string, std::uint64_t>;
// Everything that can happen, at 0.
Tally empty_tally();

// One run from one seed.
class World {
 public:
  // `without`: names of actions that are left out, to find what a failure needs.
  World(std::uint64_t seed, Tally& tally, std::set<std::string> without);
  ~World();

  // Does `actions` random actions, lets everything calm down, and checks. Returns what is wrong.
  std::vector<std::string> run(std::uint64_t actions);
  // The actions that were done, one per line.
  const std::vector<std::string>& script() const { return script_; }
  std::uint64_t lines_written() const { return writers_.lines_written() + feeds_.lines(); }
  static std::vector<std::string_view> action_names();

 private:
  struct Action {
    std::string name;
    std::uint64_t weight;
    void (*run)(World& world);
  };
  static const std::vector<Action>& actions();
  void act();
  // One of the logging programs does something.
  void write(void (Writers::*action)());
  void start();
  void start_later();
  void catch_up();
  void await_sweep();
  void act_in_between();
  void kill(std::string_view how);
  void stop();
  void reload();
  // Lets tailrace run for some simulated time.
  void pass(std::uint64_t turns);
  void turn();
  void advance(std::chrono::nanoseconds by);
  void calm_down();
  Answer choose_answer(const std::string& tenant);
  config::Config make_config() const;
  void note(std::string text);
  void check_feeds(const std::string& tenant, std::vector<std::string>& wrong) const;

  Tally& tally_;
  const std::set<std::string> without_;
  Random random_;
  testing::FakeClock clock_;
  // Of the files' times, which order generations: it is not stepped (docs/tailing.md, limits).
  testing::FakeClock file_clock_;
  testing::MemoryFileSystem files_;
  Writers writers_;
  Feeds feeds_;
  StandInLoki loki_;
  Log log_;
  std::vector<std::string> script_;
  std::vector<std::string> wrong_;  // Found on the way.

  // This life of tailrace.
  std::unique_ptr<EventLoop> loop_;  // For inputs, which wait for nothing here.
  std::unique_ptr<Metrics> metrics_;
  SimulatedTransport::Living transports_;
  std::vector<testing::FakeWatcher*> watchers_;
  std::unique_ptr<daemon::Engine> engine_;
  std::vector<bool> worker_stopped_;
  std::optional<std::uint64_t> mutations_to_crash_;  // Set: the process dies at that one.
  bool crashing_ = false;
  bool others_at_work_ = false;  // Mutations are not ours.
  bool looking_ = false;         // Other programs may act meanwhile,
  bool quiet_ = false;           // but not now.

  // What holds for the whole run.
  std::uint32_t workers_ = 1;
  bool sync_ = false;          // Then power may fail.
  std::uint32_t variant_ = 0;  // Of the configuration; a reload changes it.
  SteadyTime swept_at_{};      // Lost file events do not matter any more.
  // What Loki answers mostly, for a while, by tenant.
  std::map<std::string, Answer> moods_;
  // Clients beside the first, whose tenant is "t": one that stays and one that a reload removes and
  // brings back.
  bool second_client_ = false;
  bool third_client_ = false;
  std::uint64_t crashes_ = 0;
};

}  // namespace tailrace::simulation
