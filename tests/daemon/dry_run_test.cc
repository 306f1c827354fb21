// What -dry-run and -inspect say beside the entries.
#include "daemon/dry_run.h"

#include <string>
#include <utility>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/config/loading.h"

namespace tailrace::daemon {
namespace {

class DryRunTest : public ::testing::Test {
 protected:
  DryRun::Options options(bool dry_run, bool inspect, OutputFormat format) {
    return {.dry_run = dry_run,
            .inspect = inspect,
            .format = format,
            .output = {[this](std::string_view text) { output_ += text; }},
            .errors = {[this](std::string_view text) { errors_ += text; }},
            .now = wall_time_from_unix(0)};
  }
  static debugger::EntryTrace sent() {
    debugger::EntryTrace trace;
    trace.job = "a";
    debugger::StageStep step;
    step.name = "output";
    step.changes.push_back({debugger::Change::Field::kLine, "", "in", "out", {}});
    trace.steps.push_back(step);
    trace.before.line = "in";
    trace.after.line = "out";
    trace.after.labels = {{"job", "x"}};
    return trace;
  }
  static debugger::EntryTrace dropped() {
    debugger::EntryTrace trace = sent();
    trace.fate = debugger::EntryTrace::Fate::kDropped;
    trace.steps[0].verdict = pipeline::Verdict::kDrop;
    return trace;
  }

  const config::Config config_ = config::valid(
      "clients: [{url: \"http://a\"}]\nscrape_configs:\n- job_name: a\n  static_configs: "
      "[{labels: {__path__: /a}}]\n  pipeline_stages: [{output: {source: x}}, {metrics: {m: {type: "
      "Counter, config: {action: inc}}}}]\n");
  std::string output_;
  std::string errors_;
};

constexpr const char* kInspected =
    "[inspect: output stage]: \n{stages.Entry}.Entry.Entry.Line:\n\t-: in\n\t+: out\n";

TEST_F(DryRunTest, wants_no_traces_where_nobody_asks) {
  DryRun none(options(false, false, OutputFormat::kText), config_);
  EXPECT_FALSE(none.sink());
  none.finish("");
  EXPECT_EQ(output_ + errors_, "");
}

TEST_F(DryRunTest, inspect_alone_prints_stages_to_standard_error) {
  DryRun run(options(false, true, OutputFormat::kText), config_);
  run.sink()(sent());
  run.finish("promtail_custom_m 1\n");
  EXPECT_EQ(errors_, kInspected);
  EXPECT_EQ(output_, "");
}

TEST_F(DryRunTest, a_dry_run_ends_with_a_summary_on_standard_error) {
  DryRun run(options(true, false, OutputFormat::kText), config_);
  run.sink()(sent());
  run.sink()(dropped());
  EXPECT_EQ(errors_, "");
  run.finish("# HELP promtail_custom_m\npromtail_custom_m 1\nother 2");
  EXPECT_EQ(errors_.find("Summary\n  lines 2, entries kept 1, dropped 1, held for others 0\n"), 0U)
      << errors_;
  EXPECT_NE(errors_.find("  metric promtail_custom_m 1\n"), std::string::npos);
  EXPECT_EQ(errors_.find("other 2"), std::string::npos);
  // The entries are the print shipper's.
  EXPECT_EQ(output_, "");
  run.entries().write("entry");
  EXPECT_EQ(output_, "entry");
}

TEST_F(DryRunTest, json_is_all_on_standard_output) {
  DryRun run(options(true, false, OutputFormat::kJson), config_);
  run.sink()(dropped());
  EXPECT_EQ(output_, "");
  run.sink()(sent());
  const auto entry = nlohmann::json::parse(output_);
  EXPECT_EQ(entry["line"], "out");
  EXPECT_FALSE(entry.contains("stages"));
  output_.clear();
  run.entries().write("not twice");
  EXPECT_EQ(output_, "");
  run.finish("promtail_custom_m 1\n");
  EXPECT_EQ(nlohmann::json::parse(output_)["summary"]["metrics"],
            nlohmann::json::parse(R"(["promtail_custom_m 1"])"));
  EXPECT_EQ(errors_, "");
}

TEST_F(DryRunTest, json_with_inspect_has_every_entry_with_its_stages) {
  DryRun run(options(true, true, OutputFormat::kJson), config_);
  run.sink()(dropped());
  EXPECT_EQ(nlohmann::json::parse(output_)["stages"][0]["verdict"], "drop");
}

TEST_F(DryRunTest, inspect_without_a_dry_run_is_text_whatever_the_format) {
  DryRun run(options(false, true, OutputFormat::kJson), config_);
  run.sink()(sent());
  EXPECT_EQ(errors_, kInspected);
}

}  // namespace
}  // namespace tailrace::daemon
