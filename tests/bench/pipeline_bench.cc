// Benchmarks of whole pipelines, one line each: what the engine adds to the matchers.
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>

#include "base/metrics.h"
#include "pipeline/build_pipeline.h"

namespace tailrace::pipeline {
namespace {

constexpr std::string_view kNginxPattern =
    R"re(^(?P<remote>\S+) - (?P<user>\S+) \[(?P<time>[^\]]+)\] "(?P<method>\S+) (?P<path>\S+) \S+" )re"
    R"re((?P<status>\d+) (?P<size>\d+) )re";
constexpr std::string_view kNginxLine =
    R"(203.0.113.77 - frank [10/Oct/2025:13:55:36 +0000] "GET /api/v1/items/12345?page=3&sort=asc )"
    R"(HTTP/1.1" 200 23262 "https://example.com/start/page.html" "Mozilla/5.0 (X11; Linux x86_64) )"
    R"(AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36" 0.123)";
constexpr std::string_view kCriLine =
    R"(2025-10-10T13:55:36.123456789Z stdout F level=info msg="order 4711 accepted for customer 815")";

class NullSink : public EntrySink {
 public:
  void accept(const LabelSet& labels, const Entry& entry) override {
    benchmark::DoNotOptimize(labels.index() + entry.line.size());
  }
};

void run(benchmark::State& state, std::vector<config::StageConfig> stages, std::string_view text) {
  const SystemClock clock;
  Metrics metrics;
  Arena arena(1U << 20U);
  LabelSetTable table;
  HeldLines held;
  JobState job(metrics, clock);
  std::vector<config::Diagnostic> diagnostics;
  auto pipeline = build_pipeline(
      stages, {.arena = arena, .label_sets = table, .held_lines = held, .clock = clock}, job,
      diagnostics);
  const LabelSet& labels = table.intern(
      std::vector<LabelPair>{{"filename", "/var/log/nginx/access.log"}, {"job", "nginx"}});
  NullSink sink;
  Line line;
  line.text = text;
  std::int64_t number = 0;
  for (auto _ : state) {
    const LineOrigin origin{1, static_cast<std::uint64_t>(++number)};
    held.begin_line(origin, 0, number, text);
    (*pipeline)->run(line, origin, labels, number, EntryRole::kFresh, sink);
    arena.reset();
  }
  (*pipeline)->publish();
  state.SetItemsProcessed(state.iterations());
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}

config::StageConfig stage(auto config) {
  return {std::move(config), {}};
}

std::vector<config::StageConfig> nginx() {
  config::MetricConfig count;
  count.name = "lines_total";
  count.match_all = true;
  config::MetricConfig bytes;
  bytes.name = "bytes_total";
  bytes.source = "size";
  bytes.action = config::MetricConfig::Action::kAdd;
  config::TimestampStageConfig time{.source = "time",
                                    .format = "02/Jan/2006:15:04:05 -0700",
                                    .fallback_formats = {},
                                    .location = std::nullopt};
  return {stage(config::RegexStageConfig{std::string(kNginxPattern), std::nullopt}), stage(time),
          stage(config::LabelsStageConfig{{{"status", "status"}, {"method", "method"}}}),
          stage(config::MetricsStageConfig{{count, bytes}})};
}

void no_stages(benchmark::State& state) {
  run(state, {}, kNginxLine);
}
void regex_timestamp_labels_metrics(benchmark::State& state) {
  run(state, nginx(), kNginxLine);
}
void regex_timestamp_labels(benchmark::State& state) {
  auto stages = nginx();
  stages.pop_back();
  run(state, stages, kNginxLine);
}
void regex_only(benchmark::State& state) {
  auto stages = nginx();
  run(state, {stages[0], stage(config::OutputStageConfig{"remote"})}, kNginxLine);
}
void cri(benchmark::State& state) {
  run(state, {stage(config::CriStageConfig{})}, kCriLine);
}
void multiline(benchmark::State& state) {
  run(state, {stage(config::MultilineStageConfig{.firstline = "^2", .lines_max = 0})}, kCriLine);
}

BENCHMARK(no_stages);
BENCHMARK(regex_only);
BENCHMARK(regex_timestamp_labels);
BENCHMARK(regex_timestamp_labels_metrics);
BENCHMARK(cri);
BENCHMARK(multiline);

}  // namespace
}  // namespace tailrace::pipeline

BENCHMARK_MAIN();
