// The whole program but its threads on simulated time, disk and network, stepped by a test.
#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/log.h"
#include "base/metrics.h"
#include "daemon/engine.h"
#include "receivers/push_request.h"
#include "tests/config/loading.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_watcher.h"
#include "tests/fakes/memory_file_system.h"

namespace tailrace::daemon {

// A Loki that keeps what it accepts and answers as it is told: at once, or never.
struct Loki {
  // The status for a request of this tenant; nullopt: no answer before the timeout.
  std::function<std::optional<int>(const std::string& tenant)> answer = [](const std::string&) {
    return 204;
  };
  struct Kept {
    std::string tenant;
    std::string line;
    SteadyTime at{};
  };
  std::vector<Kept> kept;
  std::uint64_t requests = 0;

  std::vector<std::string> lines(std::string_view tenant = {}) const {
    std::vector<std::string> result;
    for (const Kept& one : kept) {
      if (tenant.empty() || one.tenant == tenant) result.push_back(one.line);
    }
    return result;
  }
};

// The network: requests go to the Loki of their URL.
class LokiTransport final : public http::Transport {
 public:
  LokiTransport(const Clock& clock, std::map<std::string, Loki>& lokis)
      : clock_(clock), lokis_(lokis) {}

  int add_endpoint(const http::EndpointOptions& /*options*/) override { return endpoints_++; }
  void remove_endpoint(int /*endpoint*/) override {}

  void submit(int endpoint, http::RequestTag tag, const http::Request& request) override {
    Flight flight{.endpoint = endpoint, .tag = tag, .views = request.body};
    std::string tenant;
    for (const auto& [name, value] : request.headers) {
      if (name == "X-Scope-OrgID") tenant = value;
    }
    Loki& loki = lokis_[request.url];
    ++loki.requests;
    const std::optional<int> status = loki.answer(tenant);
    flight.due = clock_.steady_now();
    if (!status) flight.due += request.timeout;
    flight.status = status.value_or(0);
    if (flight.status / 100 == 2) {
      const auto entries =
          receivers::decode_push_request("application/x-protobuf", "", flight.joined(), 64U << 20U);
      ASSERT_TRUE(entries) << entries.error().message;
      for (const receivers::PushedEntry& entry : *entries)
        loki.kept.push_back({tenant, entry.line, clock_.steady_now()});
    }
    flights_.push_back(std::move(flight));
  }

  // Reads the body once more: views that died too early are found by the sanitizer.
  void cancel(http::RequestTag tag) override {
    std::erase_if(flights_, [tag](const Flight& flight) {
      return flight.tag == tag && !flight.joined().empty();
    });
  }

  std::vector<http::Completion> take_completions(int endpoint) override {
    std::vector<http::Completion> done;
    std::erase_if(flights_, [&](const Flight& flight) {
      if (flight.endpoint != endpoint || flight.due > clock_.steady_now()) return false;
      EXPECT_FALSE(flight.joined().empty());
      http::Completion completion{.tag = flight.tag, .response = {}};
      completion.response.status = flight.status;
      if (flight.status == 0) completion.response.error = "timed out";
      done.push_back(std::move(completion));
      return true;
    });
    return done;
  }

  SteadyTime next_deadline() const override {
    SteadyTime next = SteadyTime::max();
    for (const Flight& flight : flights_)
      next = std::min(next, flight.due);
    return next;
  }

 private:
  struct Flight {
    int endpoint = 0;
    http::RequestTag tag = 0;
    std::vector<std::string_view> views;
    SteadyTime due{};
    int status = 0;
    std::string joined() const {
      std::string body;
      for (const std::string_view view : views)
        body += view;
      return body;
    }
  };
  const Clock& clock_;
  std::map<std::string, Loki>& lokis_;
  std::list<Flight> flights_;
  int endpoints_ = 0;
};

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
  std::map<std::string, Loki> lokis_;  // By URL.
  std::unique_ptr<Metrics> metrics_;
  std::unique_ptr<Engine> engine_;
};

}  // namespace tailrace::daemon
