// What a line costs from the end of the pipeline to the sealed fragment.
#include <cstdint>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "model/entry.h"
#include "model/label_set.h"
#include "shippers/batcher.h"

namespace tailrace::shippers {
namespace {

// Lines like an access log's, of about `bytes`.
std::vector<std::string> make_lines(std::size_t bytes) {
  std::vector<std::string> lines;
  std::uint64_t seed = 42;
  for (int i = 0; i < 4096; ++i) {
    seed = seed * 6'364'136'223'846'793'005U + 1'442'695'040'888'963'407U;
    std::string line = "10.0." + std::to_string((seed >> 20U) % 256) + "." +
                       std::to_string((seed >> 30U) % 256) + " GET /api/v1/items/" +
                       std::to_string(seed >> 40U) + " 200 " + std::to_string((seed >> 50U) % 999) +
                       "ms agent=\"Mozilla/5.0 (X11; Linux x86_64)\"";
    while (line.size() < bytes)
      line += " id=" + std::to_string(seed >> (line.size() % 32));
    line.resize(bytes);
    lines.push_back(std::move(line));
  }
  return lines;
}

class Sets {
 public:
  explicit Sets(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      const std::string path = "/var/log/app/" + std::to_string(i) + ".log";
      const std::vector<LabelPair> pairs{{"filename", path}, {"job", "app"}};
      const LabelSet& set = table_.intern(pairs);
      set.pin();
      sets_.push_back(&set);
    }
  }
  const LabelSet& operator[](std::size_t i) const { return *sets_[i % sets_.size()]; }

 private:
  LabelSetTable table_;
  std::vector<const LabelSet*> sets_;
};

std::vector<BatchOptions> clients(std::size_t count) {
  std::vector<BatchOptions> all(count);
  for (std::size_t i = 0; i < count; ++i)
    all[i].client_key = std::to_string(i);
  return all;
}

// Args: bytes per line, streams, clients, 1 to seal as well.
void append_and_seal(benchmark::State& state) {
  const std::vector<std::string> lines = make_lines(static_cast<std::size_t>(state.range(0)));
  const Sets sets(static_cast<std::size_t>(state.range(1)));
  Batcher batcher(clients(static_cast<std::size_t>(state.range(2))), 16U << 20U);
  const bool seal = state.range(3) != 0;
  Entry entry;
  std::int64_t time_ns = 1'700'000'000'000'000'000;
  std::size_t i = 0;
  std::uint64_t sealed_bytes = 0;
  for (auto _ : state) {
    entry.line = lines[i % lines.size()];
    entry.time = Timestamp::of_ns(++time_ns);
    batcher.append(sets[i / 16], entry, time_ns);
    ++i;
    if (batcher.full()) {
      if (!seal) state.PauseTiming();
      for (const SealedBatch& batch : batcher.seal())
        sealed_bytes += batch.bytes.size();
      if (!seal) state.ResumeTiming();
    }
  }
  state.SetItemsProcessed(state.iterations());
  state.SetBytesProcessed(state.iterations() * state.range(0));
  state.counters["sealed_bytes_per_line"] =
      static_cast<double>(sealed_bytes) / static_cast<double>(state.iterations());
}
BENCHMARK(append_and_seal)
    ->ArgNames({"bytes", "streams", "clients", "seal"})
    ->Args({100, 1, 1, 0})
    ->Args({200, 1, 1, 0})
    ->Args({200, 100, 1, 0})
    ->Args({200, 1, 3, 0})
    ->Args({200, 1, 1, 1})
    ->Args({200, 100, 1, 1});

}  // namespace
}  // namespace tailrace::shippers

BENCHMARK_MAIN();
