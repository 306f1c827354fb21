// The whole program but its threads on simulated time, disk and network, stepped by a test.
#pragma once

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/event_loop.h"
#include "base/log.h"
#include "base/metrics.h"
#include "daemon/engine.h"
#include "tests/config/loading.h"
#include "tests/daemon/loki_network.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_watcher.h"
#include "tests/fakes/memory_file_system.h"

namespace tailrace::daemon {

class EngineRig : public ::testing::Test {
 protected:
  static constexpr const char* kOutbox = "/state/positions.yaml.outbox/0";

  EngineRig() { EXPECT_TRUE(files_.make_directories("/state")); }
  ~EngineRig() override { kill(); }

  // One worker, files below /logs; `clients` and `stages` as YAML.
  static config::Config config(const std::string& clients, const std::string& stages = "[]",
                               const std::string& outbox_size = "256MB") {
    return config::valid("clients: " + clients +
                         "\npositions: {filename: /state/positions.yaml, sync_period: 1s}\n"
                         "tailrace: {workers: 1, outbox: {size: " +
                         outbox_size +
                         "}}\nscrape_configs:\n- job_name: app\n"
                         "  static_configs: [{labels: {job: app, __path__: \"/logs/*.log\"}}]\n"
                         "  pipeline_stages: " +
                         stages + "\n");
  }

  void start(config::Config config) {
    metrics_ = std::make_unique<Metrics>();
    Engine::World world{.clock = clock_,
                        .file_system = files_,
                        .log = log_,
                        .metrics = *metrics_,
                        .make_transport = {},
                        .make_watcher = {},
                        .wake_worker = [](std::uint32_t) {},
                        .wake_main = [] {},
                        .host_name = "host",
                        .working_directory = "/",
                        .cpus = 1};
    world.worker_loop = [this](std::uint32_t) { return loop_.get(); };
    world.make_transport = [this](std::uint32_t) {
      return std::make_unique<LokiTransport>(clock_, lokis_);
    };
    world.make_watcher = [this](std::uint32_t) {
      return std::make_unique<testing::FakeWatcher>(files_);
    };
    auto engine = Engine::create(std::move(config), std::move(world), {});
    ASSERT_TRUE(engine) << engine.error().message;
    engine_ = std::move(*engine);
  }

  // As kill -9: what was not written is gone.
  void kill() {
    engine_.reset();
    files_.kill();
  }

  void turn() {
    engine_->run_main();
    static_cast<void>(engine_->workers().front()->run_once());
  }
  // Lets time pass in steps.
  void pass(std::chrono::nanoseconds time,
            std::chrono::nanoseconds step = std::chrono::milliseconds(10)) {
    for (std::chrono::nanoseconds gone{0}; gone < time; gone += step) {
      turn();
      clock_.advance(step);
    }
    turn();
  }
  void write(const std::string& text, const std::string& name = "a.log") {
    files_.append("/logs/" + name, text);
  }
  Delivery& delivery() { return engine_->workers().front()->delivery(); }
  std::size_t logged(std::string_view text) const {
    return static_cast<std::size_t>(std::count_if(
        log_lines_.begin(), log_lines_.end(),
        [text](const std::string& line) { return line.find(text) != std::string::npos; }));
  }

  testing::FakeClock clock_;
  testing::MemoryFileSystem files_{clock_};
  std::vector<std::string> log_lines_;
  Log log_{clock_, {}, [this](std::string_view line) { log_lines_.emplace_back(line); }};
  std::map<std::string, Loki> lokis_;                                  // By URL.
  std::unique_ptr<EventLoop> loop_ = std::move(*EventLoop::create());  // For inputs.
  std::unique_ptr<Metrics> metrics_;
  std::unique_ptr<Engine> engine_;
};

}  // namespace tailrace::daemon
