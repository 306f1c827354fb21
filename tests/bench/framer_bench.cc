// How fast bytes are cut into lines.
#include <string>

#include <benchmark/benchmark.h>

#include "tailer/line_framer.h"

namespace tailrace::tailer {
namespace {

std::string make_lines(std::size_t line_bytes, std::size_t total_bytes) {
  std::string result;
  while (result.size() + line_bytes + 1 <= total_bytes) {
    result.append(line_bytes, 'x');
    result += '\n';
  }
  return result;
}

// One read buffer full of lines of range(0) bytes.
void frame_lines(benchmark::State& state) {
  const std::string bytes =
      make_lines(static_cast<std::size_t>(state.range(0)), ReadBuffer::kDefaultBytes);
  const LineFramer framer(1U << 20U);
  LineBlock block;
  std::size_t consumed = 0;
  for (auto _ : state) {
    block.clear();
    consumed += framer.frame(bytes, 0, LineState::kAtStart, block).consumed;
    benchmark::DoNotOptimize(block.lines.data());
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(consumed));
}
BENCHMARK(frame_lines)->Arg(30)->Arg(80)->Arg(150)->Arg(300)->Arg(2000);

}  // namespace
}  // namespace tailrace::tailer

BENCHMARK_MAIN();
