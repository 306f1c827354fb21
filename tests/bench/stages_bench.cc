// Benchmarks of every stage, on lines that are all different: what a stage costs and allocates.
//
// Most stages work on values that logfmt extracts first; their own cost is what they add to
// `logfmt`.
#include <cstdint>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "base/metrics.h"
#include "pipeline/build_pipeline.h"
#include "tests/support/allocation_counter.h"
#include "tests/support/stage_examples.h"

namespace tailrace::pipeline {
namespace {

using tailrace::testing::StageExample;

constexpr std::size_t kLines = 4096;
constexpr std::size_t kLinesPerBlock = 512;

class NullSink : public EntrySink {
 public:
  void accept(const LabelSet& labels, const Entry& entry) override {
    benchmark::DoNotOptimize(labels.index() + entry.line.size());
  }
};

// A pipeline with everything that a worker gives it.
class Rig {
 public:
  explicit Rig(const StageExample& example)
      : labels_(
            table_.intern(std::vector<LabelPair>{{"filename", "/var/log/app.log"}, {"job", "t"}})) {
    for (std::size_t i = 0; i < kLines; ++i) {
      lines_.push_back(tailrace::testing::example_line(example.line, static_cast<int>(i)));
    }
    auto built = build_pipeline(
        tailrace::testing::parse_stages(example),
        {.arena = arena_, .label_sets = table_, .held_lines = held_, .clock = clock_}, job_,
        diagnostics_);
    if (built.has_value()) pipeline_ = std::move(*built);
  }

  bool built() const { return pipeline_ != nullptr; }

  // Returns the bytes of the line.
  std::size_t run_next() {
    const std::string& text = lines_[number_ % kLines];
    const LineOrigin origin{1, ++number_};
    const auto time = static_cast<std::int64_t>(number_);
    Line line;
    line.text = text;
    held_.begin_line(origin, 0, time, text);
    pipeline_->run(line, origin, labels_, time, EntryRole::kFresh, sink_);
    arena_.reset();
    return text.size();
  }
  bool block_is_done() const { return number_ % kLinesPerBlock == 0; }
  void publish() { pipeline_->publish(); }

 private:
  SystemClock clock_;
  Metrics metrics_;
  Arena arena_{1U << 20U};
  LabelSetTable table_;
  HeldLines held_;
  JobState job_{metrics_, clock_};
  std::vector<config::Diagnostic> diagnostics_;
  std::vector<std::string> lines_;
  const LabelSet& labels_;
  std::unique_ptr<Pipeline> pipeline_;
  NullSink sink_;
  std::uint64_t number_ = 0;
};

void run(benchmark::State& state, const StageExample& example) {
  Rig rig(example);
  if (!rig.built()) return state.SkipWithError("the pipeline cannot be built");
  for (std::size_t i = 0; i < 2 * kLines; ++i)  // Everything gets its size.
    rig.run_next();
  rig.publish();
  std::int64_t bytes = 0;
  testing::start_counting_allocations();
  testing::stop_counting_allocations();
  for ([[maybe_unused]] const auto _ : state) {
    testing::resume_counting_allocations();
    bytes += static_cast<std::int64_t>(rig.run_next());
    const std::uint64_t so_far = testing::stop_counting_allocations();
    benchmark::DoNotOptimize(so_far);
    if (rig.block_is_done()) rig.publish();
  }
  state.SetItemsProcessed(state.iterations());
  state.SetBytesProcessed(bytes);
  state.counters["allocations"] =
      benchmark::Counter(static_cast<double>(testing::stop_counting_allocations()),
                         benchmark::Counter::kAvgIterations);
}

}  // namespace
}  // namespace tailrace::pipeline

int main(int count, char** arguments) {
  for (const auto& example : tailrace::testing::stage_examples()) {
    benchmark::RegisterBenchmark(example.name.c_str(), tailrace::pipeline::run, example);
  }
  benchmark::Initialize(&count, arguments);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
