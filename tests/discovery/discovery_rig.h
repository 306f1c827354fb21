// A world of fakes for discoverers.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "discovery/discoverer.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/memory_file_system.h"
#include "tests/fakes/scripted_transport.h"

namespace tailrace::discovery {

struct DiscoveryRig {
  testing::FakeClock clock;
  testing::MemoryFileSystem files{clock};
  std::vector<std::string> logged;
  Log log{clock, Log::Options{}, [this](std::string_view line) { logged.emplace_back(line); }};
  Metrics metrics;
  testing::ScriptedTransport transport{clock};
  std::map<std::string, std::string, std::less<>> environment;
  // What run_aside() was given.
  std::deque<std::pair<std::function<void()>, std::function<void()>>> aside;
  DiscoveryWorld world{
      .clock = clock,
      .file_system = files,
      .log = log,
      .metrics = metrics,
      .transport = transport,
      .run_aside = [this](std::function<void()> work,
                          std::function<void()> done) { aside.emplace_back(work, done); },
      .host_name = "this-node",
      .working_directory = "/work-dir",
      .environment = [this](std::string_view name) -> std::optional<std::string> {
        const auto found = environment.find(name);
        return found == environment.end() ? std::nullopt : std::optional(found->second);
      }};

  // Polls until nothing is due now. True: one of the polls said that targets changed.
  bool poll(Discoverer& discoverer) {
    bool changed = false;
    for (int i = 0; i < 1000; ++i) {
      changed = discoverer.poll(clock.steady_now()) || changed;
      if (discoverer.next_deadline() > clock.steady_now() &&
          transport.next_deadline() > clock.steady_now()) {
        break;
      }
    }
    return changed;
  }
  bool advance(Discoverer& discoverer, std::chrono::nanoseconds by) {
    clock.advance(by);
    return poll(discoverer);
  }
  // Runs what is to run aside, and what is to run afterwards.
  void run_aside() {
    while (!aside.empty()) {
      const auto [work, done] = std::move(aside.front());
      aside.pop_front();
      work();
      done();
    }
  }
};

// The values of one label over all targets, with blanks between them.
inline std::string values_of(const Discoverer& discoverer, const std::string& label) {
  std::string values;
  for (const Target& target : discoverer.targets()) {
    const auto found = target.labels.find(label);
    if (!values.empty()) values += ' ';
    values += found == target.labels.end() ? "-" : found->second;
  }
  return values;
}

inline std::string addresses(const Discoverer& discoverer) {
  return values_of(discoverer, "__address__");
}

}  // namespace tailrace::discovery
