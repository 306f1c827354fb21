// What coverage calls reached.
#include "debugger/coverage.h"

#include <gtest/gtest.h>

#include "base/clock.h"
#include "debugger/desk.h"

namespace tailrace::debugger {
namespace {

constexpr const char* kStages =
    "- drop: {expression: gone}\n"
    "- match:\n"
    "    selector: '{job=\"a\"}'\n"
    "    stages:\n"
    "    - decolorize: {}\n";

// After these lines with the label `job`.
std::string covered(const std::vector<std::string>& lines, const std::string& job = "a") {
  std::vector<config::Diagnostic> diagnostics;
  const auto stages = parse_desk_stages(kStages, diagnostics);
  const SystemClock clock;
  const DeskInput input{{{"job", job}}, lines};
  const auto result =
      run_at_desk({"x", *stages, {}}, {&input, 1}, {.stopwatch = clock}, diagnostics);
  Coverage coverage;
  coverage.add_job("x", *stages);
  for (const EntryTrace& trace : result->traces) {
    coverage.add("x", trace);
    coverage.add("stages of a test", trace);
  }
  return coverage.text("f.yaml");
}

TEST(Coverage, without_a_line_nothing_is_reached) {
  EXPECT_EQ(covered({}),
            "f.yaml:1: job x, stage 0 (drop): never reached\n"
            "f.yaml:2: job x, stage 1 (match): never reached\n"
            "f.yaml:5: job x, stage 2 (decolorize): never reached\n"
            "f.yaml: tests reach 0 of 7 stages and branches\n");
}

TEST(Coverage, both_ways_of_a_drop_and_a_match_count) {
  EXPECT_EQ(covered({"stays"}),
            "f.yaml:1: job x, stage 0 (drop): never dropped an entry\n"
            "f.yaml:2: job x, stage 1 (match): selected every entry\n"
            "f.yaml: tests reach 5 of 7 stages and branches\n");
  EXPECT_EQ(covered({"gone"}),
            "f.yaml:1: job x, stage 0 (drop): dropped every entry\n"
            "f.yaml:2: job x, stage 1 (match): never reached\n"
            "f.yaml:5: job x, stage 2 (decolorize): never reached\n"
            "f.yaml: tests reach 2 of 7 stages and branches\n");
  EXPECT_EQ(covered({"stays", "gone"}, "b"),
            "f.yaml:2: job x, stage 1 (match): never selected an entry\n"
            "f.yaml:5: job x, stage 2 (decolorize): never reached\n"
            "f.yaml: tests reach 5 of 7 stages and branches\n");
}

}  // namespace
}  // namespace tailrace::debugger
