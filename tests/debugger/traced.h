// Traces of lines that ran through stages written as YAML.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "debugger/desk.h"
#include "debugger/pipeline_test.h"
#include "tests/config/loading.h"
#include "tests/fakes/fake_clock.h"

namespace tailrace::debugger {

// `stages`: a list in YAML's flow form. The target has the label job=x.
inline DeskResult desk_result(const std::string& stages, const std::vector<std::string>& lines) {
  const config::ScrapeConfig job = config::valid_job("pipeline_stages: " + stages);
  const tailrace::testing::FakeClock stopwatch;
  std::vector<config::Diagnostic> diagnostics;
  const DeskInput input{{{"job", "x"}}, lines};
  auto result = run_at_desk({"app", job.pipeline_stages, {}}, {{input}},
                            {.begin = kTestBegin, .stopwatch = stopwatch}, diagnostics);
  EXPECT_TRUE(result.has_value());
  return result ? std::move(*result) : DeskResult{};
}

inline std::vector<EntryTrace> traced(const std::string& stages,
                                      const std::vector<std::string>& lines) {
  return desk_result(stages, lines).traces;
}

}  // namespace tailrace::debugger
