// What tests/cases/config becomes: every good file can be built, those in unbuildable/ load but
// fail.
#include <cstdlib>
#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include "base/arena.h"
#include "daemon/topology.h"
#include "tests/config/case_file.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/memory_file_system.h"

namespace tailrace::daemon {
namespace {

using config::CaseFile;

class BuildCases : public ::testing::Test {
 protected:
  Topology::Built build(config::Config config) {
    Topology::World world{clock_, files_, log_, metrics_, "host", "/work", {}, {}};
    world.workers.push_back(
        {.arena = arena_, .label_sets = label_sets_, .held_lines = held_lines_, .clock = clock_});
    return Topology::build(std::make_shared<const config::Config>(std::move(config)), world,
                           nullptr);
  }
  // What -check-syntax says: of loading, then of building.
  std::vector<config::Diagnostic> diagnose(const std::string& text) {
    config::LoadResult loaded = config::load_text(text, "case.yaml", config::Overrides{});
    if (!loaded.config) return loaded.diagnostics;
    for (config::Diagnostic& diagnostic : build(std::move(*loaded.config)).diagnostics)
      loaded.diagnostics.push_back(std::move(diagnostic));
    return loaded.diagnostics;
  }

  tailrace::testing::FakeClock clock_;
  tailrace::testing::MemoryFileSystem files_{clock_};
  Log log_{clock_, Log::Options{}, [](std::string_view) {}};
  Metrics metrics_;
  Arena arena_{1U << 20U};
  LabelSetTable label_sets_;
  HeldLines held_lines_;
};

TEST_F(BuildCases, every_good_file_can_be_built) {
  for (const auto& path : config::case_paths("good")) {
    SCOPED_TRACE(path.filename().string());
    const CaseFile file = config::read_case(path);
    config::LoadResult loaded = config::load_text(file.text, "case.yaml", config::Overrides{});
    ASSERT_TRUE(loaded.config);
    Topology::Built built = build(std::move(*loaded.config));
    // Warnings aside, and there is no database here for geoip to open.
    std::erase_if(built.diagnostics, [](const config::Diagnostic& diagnostic) {
      return diagnostic.severity == config::Diagnostic::Severity::kWarning ||
             diagnostic.message.starts_with("db: open ");
    });
    EXPECT_EQ(config::format_diagnostics(built.diagnostics, "case.yaml", file.text), "");
  }
}

TEST_F(BuildCases, what_cannot_be_built_is_told_with_its_place) {
  for (const auto& path : config::case_paths("unbuildable")) {
    SCOPED_TRACE(path.filename().string());
    const CaseFile file = config::read_case(path);
    if (std::getenv("TAILRACE_ACCEPT") != nullptr) {
      config::accept_case(path, file, [&](const std::string& text) { return diagnose(text); });
      continue;
    }
    EXPECT_EQ(config::as_expectations(diagnose(file.text)), file.expected);
    config::LoadResult loaded = config::load_text(file.text, "case.yaml", config::Overrides{});
    ASSERT_TRUE(loaded.config);
    EXPECT_FALSE(build(std::move(*loaded.config)).ok);
  }
}

}  // namespace
}  // namespace tailrace::daemon
