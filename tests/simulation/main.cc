// Runs the simulation: simulation [--seeds N] [--first SEED] [--actions N] [--without ACTION]...
// [--script]
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tests/simulation/world.h"

int main(int argc, char** argv) {
  std::uint64_t seeds = 20;
  std::uint64_t first = 1;
  std::uint64_t actions = 500;
  bool script = false;
  std::set<std::string> without;
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    if (name == "--script") {
      script = true;
      continue;
    }
    if (i + 1 == argc) {
      std::fprintf(
          stderr,
          "simulation [--seeds N] [--first SEED] [--actions N] [--without ACTION]... [--script]\n");
      return 2;
    }
    if (name == "--without") {
      without.insert(argv[++i]);
      continue;
    }
    const std::uint64_t value = std::strtoull(argv[++i], nullptr, 10);
    if (name == "--seeds") seeds = value;
    if (name == "--first") first = value;
    if (name == "--actions") actions = value;
  }
  tailrace::simulation::Tally tally = tailrace::simulation::empty_tally();
  std::uint64_t failed = 0;
  std::uint64_t lines = 0;
  for (std::uint64_t seed = first; seed < first + seeds; ++seed) {
    tailrace::simulation::World world(seed, tally, without);
    const std::vector<std::string> wrong = world.run(actions);
    lines += world.lines_written();
    if (script) {
      for (const std::string& step : world.script())
        std::printf("  %s\n", step.c_str());
    }
    if (wrong.empty()) continue;
    ++failed;
    std::printf("seed %llu: %zu things are wrong\n", static_cast<unsigned long long>(seed),
                wrong.size());
    for (std::size_t i = 0; i < wrong.size() && i < 10; ++i) {
      std::printf("  %s\n", wrong[i].c_str());
    }
    std::fflush(stdout);
  }
  std::printf("%llu seeds of %llu actions, %llu lines; how often each thing happened:\n",
              static_cast<unsigned long long>(seeds), static_cast<unsigned long long>(actions),
              static_cast<unsigned long long>(lines));
  for (const auto& [what, times] : tally) {
    std::printf("  %-45s %llu\n", what.c_str(), static_cast<unsigned long long>(times));
  }
  // A run that is long enough meets everything; what it does not meet, it does not test.
  constexpr std::uint64_t kLong = 20000;
  bool missed = false;
  for (const auto& [what, times] : tally) {
    if (times > 0 || seeds * actions < kLong || !without.empty()) continue;
    std::printf("never happened: %s\n", what.c_str());
    missed = true;
  }
  std::printf("%llu passed, %llu failed\n", static_cast<unsigned long long>(seeds - failed),
              static_cast<unsigned long long>(failed));
  return failed == 0 && !missed ? 0 : 1;
}
