// Shows that a line costs no heap allocation from its file to the outbox.
//
// Allocations per read, cut, request and new stream are allowed, per line none. So the same number
// of bytes runs twice, as long lines and as twice as many lines of half the length: reads, cuts and
// requests are about as many, and what the additional lines allocate is the difference.
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/file_system.h"
#include "base/log.h"
#include "base/metrics.h"
#include "config/load.h"
#include "daemon/engine.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_watcher.h"
#include "tests/support/allocation_counter.h"

namespace tailrace::daemon {
namespace {

// Says 204 to everything, at once.
class NullTransport final : public http::Transport {
 public:
  explicit NullTransport(std::uint64_t& requests) : requests_(requests) {}
  int add_endpoint(const http::EndpointOptions& /*options*/) override { return 0; }
  void remove_endpoint(int /*endpoint*/) override {}
  void submit(int /*endpoint*/, http::RequestTag tag, const http::Request& /*request*/) override {
    ++requests_;
    waiting_.emplace_back();
    waiting_.back().tag = tag;
    waiting_.back().response.status = 204;
  }
  void cancel(http::RequestTag /*tag*/) override {}
  std::vector<http::Completion> take_completions(int /*endpoint*/) override {
    return std::exchange(waiting_, {});
  }

 private:
  std::uint64_t& requests_;
  std::vector<http::Completion> waiting_;
};

constexpr std::uint64_t kWarmUpBytes = 3'000'000;
constexpr std::uint64_t kBytes = 6'000'000;

struct Work {
  std::string name;
  std::string stages;
  // Line `number`, of about `bytes`.
  std::function<std::string(std::uint64_t number, std::size_t bytes)> line;
};

std::string padded(std::string line, std::size_t bytes) {
  line.append(bytes > line.size() ? bytes - line.size() : 0, 'x');
  return line;
}

std::vector<Work> works() {
  const auto json = [](std::uint64_t n, std::size_t bytes) {
    const std::string number = std::to_string(n);
    return R"({"level":")" + std::string(n % 3 == 0 ? "info" : "warn") + R"(","service":"s)" +
           std::to_string(n % 5) + R"(","ts":"2026-01-02T03:04:05.)" +
           std::to_string(100000000 + n % 800000000) + R"(Z","http":{"status":200},"n":)" + number +
           R"(,"msg":")" + padded("", bytes - 110) + "\"}";
  };
  return {
      {"ship", "",
       [](std::uint64_t n, std::size_t bytes) { return padded(std::to_string(n) + " ", bytes); }},
      {"nginx", R"(
  - regex: {expression: '^(?P<remote>\S+) - (?P<user>\S+) \[(?P<time>[^\]]+)\] "(?P<method>\S+) (?P<path>\S+) \S+" (?P<status>\d+) (?P<size>\d+) "[^"]*" "[^"]*" (?P<rt>[\d.]+)$'}
  - timestamp: {source: time, format: "02/Jan/2006:15:04:05 -0700"}
  - labels: {method: , status: }
  - metrics:
      http_requests_total: {type: Counter, description: requests, source: status, config: {action: inc}}
      http_request_seconds: {type: Histogram, description: latency, source: rt, config: {buckets: [0.1, 0.5, 1, 2]}}
)",
       [](std::uint64_t n, std::size_t bytes) {
         return "10.0.0." + std::to_string(n % 250) +
                " - - [02/Jan/2026:03:04:" + std::to_string(10 + n / 1000 % 50) +
                " +0000] \"GET /" + std::to_string(n) + " HTTP/1.1\" 200 " + std::to_string(n) +
                " \"-\" \"" + padded("", bytes - 100) + "\" 0.1" + std::to_string(n % 90);
       }},
      {"cri", R"(
  - cri: {}
  - json: {expressions: {level: level, service: service, ts: ts, status: http.status}}
  - timestamp: {source: ts, format: RFC3339Nano}
  - labels: {level: , service: }
  - drop: {source: level, value: debug}
)",
       [json](std::uint64_t n, std::size_t bytes) {
         return "2026-01-02T03:04:05.000000001Z stdout F " + json(n, bytes - 40);
       }},
      {"json", R"(
  - json: {expressions: {level: level, service: service, ts: ts, status: http.status}}
  - timestamp: {source: ts, format: RFC3339Nano}
  - labels: {level: , service: }
)",
       json},
      {"multiline", R"(
  - multiline: {firstline: '^\d{4}-\d{2}-\d{2} ', max_wait_time: 1s}
  - regex: {expression: '^(?P<ts>\S+ \S+) (?P<level>\w+)'}
  - labels: {level: }
)",
       [](std::uint64_t n, std::size_t bytes) {
         return padded(n % 4 == 0 ? "2026-01-02 03:04:05,678 INFO " + std::to_string(n) + " "
                                  : "\tat line " + std::to_string(n) + " ",
                       bytes);
       }},
  };
}

struct Count {
  std::uint64_t lines = 0;
  std::uint64_t allocations = 0;
  std::uint64_t requests = 0;
};

class NoAllocation : public ::testing::TestWithParam<Work> {
 protected:
  NoAllocation()
      : folder_(::testing::TempDir() + "tailrace_no_allocation_" + std::to_string(getpid())) {
    std::filesystem::create_directories(folder_);
  }
  ~NoAllocation() override { std::filesystem::remove_all(folder_); }

  config::Config load() const {
    const std::string text =
        "clients: [{url: 'http://loki/loki/api/v1/push', batchsize: 102400}]\n"
        "positions: {filename: " +
        folder_ +
        "/positions.yaml}\n"
        "tailrace: {workers: 1}\n"
        "scrape_configs:\n"
        "- job_name: job\n"
        "  static_configs: [{labels: {__path__: '" +
        folder_ + "/*.log'}}]\n" +
        (GetParam().stages.empty() ? "" : "  pipeline_stages:" + GetParam().stages);
    config::LoadResult loaded = config::load_text(text, "test.yaml", {});
    EXPECT_TRUE(loaded.config.has_value());
    return std::move(*loaded.config);
  }

  Count run(std::size_t line_bytes) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    {
      std::ofstream out(folder_ + "/x.log");
      std::uint64_t number = 0;
      for (std::uint64_t bytes = 0; bytes < kWarmUpBytes + kBytes; ++number) {
        const std::string line = GetParam().line(number, line_bytes);
        out << line << '\n';
        bytes += line.size() + 1;
      }
    }
    tailrace::testing::FakeClock clock;
    PosixFileSystem files;
    Log log = Log::discard(clock);
    Metrics metrics;
    Count count;
    Engine::World world{
        .clock = clock,
        .file_system = files,
        .log = log,
        .metrics = metrics,
        .make_transport =
            [&](std::uint32_t) { return std::make_unique<NullTransport>(count.requests); },
        .make_watcher =
            [&](std::uint32_t) { return std::make_unique<tailrace::testing::FakeWatcher>(files); },
        .wake_worker = [](std::uint32_t) {},
        .wake_main = [] {},
        .host_name = "host",
        .working_directory = "/"};
    auto engine = Engine::create(load(), std::move(world), {});
    if (!engine) {
      ADD_FAILURE() << engine.error().message;
      return count;
    }
    Worker& worker = *(*engine)->workers().front();
    (*engine)->run_main();
    const auto bytes_run = [&] { return worker.intake().lines_run() * (line_bytes + 1); };
    while (bytes_run() < kWarmUpBytes && worker.run_once() == Worker::Turn::kBusy) {
    }
    const std::uint64_t lines_before = worker.intake().lines_run();
    const std::uint64_t requests_before = count.requests;
    tailrace::testing::start_counting_allocations();
    while (worker.run_once() == Worker::Turn::kBusy) {
    }
    count.allocations = tailrace::testing::stop_counting_allocations();
    count.lines = worker.intake().lines_run() - lines_before;
    count.requests -= requests_before;
    return count;
  }

  const std::string folder_;
};

TEST_P(NoAllocation, from_file_to_outbox) {
  const Count few = run(400);
  const Count many = run(200);
  ASSERT_GT(few.lines, 10'000U);
  ASSERT_GT(many.lines, few.lines + 10'000U);
  ASSERT_GT(few.requests, 3U);
  const auto per_request = [](const Count& count) {
    return static_cast<double>(count.allocations) / static_cast<double>(count.requests);
  };
  std::printf("%-10s %5.1f allocations per cut and request with %llu lines, %5.1f with %llu\n",
              GetParam().name.c_str(), per_request(few), static_cast<unsigned long long>(few.lines),
              per_request(many), static_cast<unsigned long long>(many.lines));
  // Twice the lines: were there one allocation per line, these would differ by hundreds.
  const double requests = static_cast<double>(many.requests);
  EXPECT_LT(static_cast<double>(many.allocations), per_request(few) * requests * 1.1 + 200);
}

INSTANTIATE_TEST_SUITE_P(Works, NoAllocation, ::testing::ValuesIn(works()),
                         [](const auto& instance) { return instance.param.name; });

}  // namespace
}  // namespace tailrace::daemon
