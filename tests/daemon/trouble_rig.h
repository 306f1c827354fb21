// An engine on a file system in memory, a fake clock and transports that answer as they are told.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "daemon/engine.h"
#include "tests/config/loading.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_watcher.h"
#include "tests/fakes/memory_file_system.h"
#include "tests/fakes/scripted_transport.h"

namespace tailrace::daemon {

class TroubleRig : public ::testing::Test {
 protected:
  static constexpr std::string_view kPositions = "/state/positions.yaml";

  // One job on /logs/*.log; `root` and `job` are more keys of the file and of the job.
  static std::string text(const std::string& root = {}, const std::string& job = {}) {
    return "clients: [{url: \"http://loki/push\", batchwait: 100ms, backoff_config: {min_period: "
           "10ms, max_period: 10ms}}]\npositions: {filename: /state/positions.yaml, sync_period: "
           "1s}\n" +
           root +
           "\nscrape_configs:\n- job_name: a\n  static_configs: [{labels: {__path__: "
           "\"/logs/*.log\"}}]\n  " +
           job + "\n";
  }

  Status create(const std::string& config) {
    metrics_ = std::make_unique<Metrics>();
    Engine::World world{.clock = clock_,
                        .file_system = files_,
                        .log = log_,
                        .metrics = *metrics_,
                        .make_transport = {},
                        .make_watcher = {},
                        .wake_worker = [](std::uint32_t) {},
                        .wake_main = [] {},
                        .wake_disk = [this] { ++disk_wakes_; },
                        .host_name = "host",
                        .working_directory = "/",
                        .cpus = 1,
                        .memory_limit_bytes = memory_limit_};
    world.make_transport = [this](std::uint32_t) {
      auto transport = std::make_unique<tailrace::testing::ScriptedTransport>(clock_);
      transport->answer_with([this](const auto&) {
        return tailrace::testing::ScriptedTransport::Reply{.status = loki_status_};
      });
      return transport;
    };
    world.make_watcher = [this](std::uint32_t) {
      return std::make_unique<tailrace::testing::FakeWatcher>(files_);
    };
    auto engine = Engine::create(config::valid(config), std::move(world),
                                 {.print = {}, .config_file = "test.yaml"});
    if (!engine) return fail(engine.error());
    engine_ = std::move(*engine);
    return {};
  }
  void start(const std::string& config) {
    const Status created = create(config);
    ASSERT_TRUE(created) << created.error().message;
  }

  void run(int turns = 200) {
    for (int i = 0; i < turns; ++i) {
      engine_->run_main();
      for (const auto& worker : engine_->workers())
        worker->run_once();
      clock_.advance(std::chrono::milliseconds(20));
    }
  }
  void save() { ASSERT_TRUE(engine_->save().has_value()); }
  void stop() {
    run(5);
    static_cast<void>(engine_->save().has_value());
    engine_.reset();
    files_.kill();
  }

  // The value of a series, by its text up to the blank; -1: there is none.
  double metric(const std::string& series) const {
    const std::string all = "\n" + metrics_->serialize();
    const std::size_t at = all.find("\n" + series + " ");
    return at == std::string::npos ? -1 : std::stod(all.substr(at + series.size() + 2));
  }
  double sent() const { return metric("promtail_sent_entries_total{host=\"loki\"}"); }
  int logged(std::string_view part) const {
    int count = 0;
    for (const std::string& line : logged_) {
      if (line.find(part) != std::string::npos) ++count;
    }
    return count;
  }
  // Lines that do not compress.
  static std::string noise(std::size_t bytes) {
    std::string out;
    std::uint64_t state = 88172645463325252U;
    while (out.size() < bytes) {
      state ^= state << 13U;
      state ^= state >> 7U;
      state ^= state << 17U;
      out += static_cast<char>(' ' + state % 94);
      if (out.size() % 200 == 199) out += '\n';
    }
    out += '\n';
    return out;
  }
  Worker& worker(std::size_t number = 0) { return *engine_->workers()[number]; }
  positions::Outbox& outbox() { return worker().delivery().outbox(); }
  std::string positions_text() { return files_.content(std::string(kPositions)).value_or(""); }

  tailrace::testing::FakeClock clock_;
  tailrace::testing::MemoryFileSystem files_{clock_};
  std::vector<std::string> logged_;
  Log log_{clock_, Log::Options{}, [this](std::string_view line) { logged_.emplace_back(line); }};
  std::unique_ptr<Metrics> metrics_;
  int loki_status_ = 204;
  std::uint64_t memory_limit_ = 0;
  int disk_wakes_ = 0;
  std::unique_ptr<Engine> engine_;
};

}  // namespace tailrace::daemon
