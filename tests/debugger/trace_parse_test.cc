// Traces through JSON and back.
#include "debugger/trace_parse.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/clock.h"
#include "debugger/trace_json.h"
#include "debugger/trace_recorder.h"
#include "debugger/trace_text.h"
#include "tests/pipeline/pipeline_rig.h"

namespace tailrace::debugger {
namespace {

using pipeline::testing::PipelineRig;
using pipeline::testing::stages;
constexpr auto kPlain = TextOutput::Colours::kNone;

std::vector<EntryTrace> traces_of(std::vector<config::StageConfig> config,
                                  const std::vector<std::string>& lines) {
  std::vector<EntryTrace> traces;
  const SystemClock clock;
  TraceRecorder recorder(clock, [&](EntryTrace trace) { traces.push_back(std::move(trace)); });
  PipelineRig rig(std::move(config), pipeline::kHeldBytesMax, &recorder);
  rig.target_ = {{"job", "x"}};
  rig.received_ns_ = 1'000'000'000;
  rig.run_all(lines);
  rig.pipeline_->end_input(rig);
  return traces;
}

std::vector<config::StageConfig> every_kind_of_change() {
  config::TimestampStageConfig timestamp;
  timestamp.source = "time";
  timestamp.format = "Unix";
  config::StructuredMetadataStageConfig metadata;
  metadata.names = {{"copy", "rest"}};
  config::TenantStageConfig tenant;
  tenant.value = "t1";
  config::OutputStageConfig output;
  output.source = "rest";
  config::DropStageConfig drop;
  drop.expression = "secret";
  return stages(pipeline::testing::regex("(?P<time>\\d+) (?P<level>\\w+) (?P<rest>.*)"), timestamp,
                pipeline::testing::labels({"level"}), metadata, tenant,
                pipeline::testing::count("lines"), output, drop);
}

TEST(ParseTrace, gives_back_what_was_shown) {
  const std::vector<EntryTrace> traces =
      traces_of(every_kind_of_change(), {"1767225600 info hello", "1767225601 warn secret", "x"});
  ASSERT_EQ(traces.size(), 3U);
  for (const EntryTrace& trace : traces) {
    const auto parsed = parse_trace(trace_json(trace, TraceDetail::kStages));
    ASSERT_TRUE(parsed) << parsed.error().message;
    EXPECT_EQ(inspect_text(*parsed, kPlain), inspect_text(trace, kPlain));
    EXPECT_EQ(entry_text(*parsed, kPlain).substr(30), entry_text(trace, kPlain).substr(30));
    EXPECT_EQ(parsed->fate, trace.fate);
    EXPECT_EQ(parsed->job, trace.job);
    EXPECT_EQ(parsed->first_stage, trace.first_stage);
    EXPECT_EQ(parsed->before.line, trace.before.line);
    EXPECT_EQ(parsed->before.time, trace.before.time);
    EXPECT_EQ(parsed->steps.size(), trace.steps.size());
    EXPECT_EQ(parsed->steps.back().spent, trace.steps.back().spent);
  }
  const auto first = parse_trace(trace_json(traces[0], TraceDetail::kStages));
  EXPECT_EQ(first->after.time, traces[0].after.time);
  EXPECT_EQ(first->after.metadata, traces[0].after.metadata);
  EXPECT_EQ(first->after.tenant, "t1");
}

TEST(ParseTrace, reads_an_entry_without_its_stages) {
  const std::vector<EntryTrace> traces =
      traces_of(every_kind_of_change(), {"1767225600 info hello", "1767225601 warn secret"});
  const auto sent = parse_trace(trace_json(traces[0], TraceDetail::kEntry));
  EXPECT_EQ(entry_text(*sent, kPlain),
            "2026-01-01T00:00:00+0000\t{job=\"x\", level=\"info\"}\thello\n");
  const auto dropped = parse_trace(trace_json(traces[1], TraceDetail::kEntry));
  EXPECT_EQ(entry_text(*dropped, kPlain),
            "2026-01-01T00:00:01+0000\t{job=\"x\", level=\"warn\"}\tsecret\t[dropped, counted as "
            "drop_stage]\n");
}

TEST(ParseTrace, refuses_what_is_none) {
  for (const char* text :
       {"", "[]", "{", "{}", "null", R"({"labels":{},"line":5})", R"({"labels":[1],"line":"a"})",
        R"({"labels":{},"line":"a","stages":[{}]})",
        R"({"labels":{},"line":"a","stages":[{"changes":[],"number":"x"}]})"}) {
    const auto parsed = parse_trace(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code, Error::kInvalid);
  }
}

TEST(ParseTrace, groups_stay_within_their_text) {
  const auto parsed =
      parse_trace(R"({"labels":{},"line":"a","stages":[{"changes":[],"source":"line","text":"ab",)"
                  R"("groups":[{"name":"g","begin":1,"end":9},{"name":"h","begin":7,"end":9}],)"
                  R"("metrics":[{"metric":"m","action":"set","value":null}]}]})");
  ASSERT_TRUE(parsed) << parsed.error().message;
  const pipeline::Explanation& explanation = parsed->steps.at(0).explanation;
  EXPECT_EQ(explanation.groups,
            (std::vector<pipeline::Explanation::Group>{{"g", 1, 2}, {"h", 2, 2}}));
  EXPECT_EQ(explanation.updates.at(0).value, 0);
}

TEST(EntryText, is_a_line_of_a_dry_run_with_what_became_of_it) {
  std::vector<EntryTrace> traces = traces_of(every_kind_of_change(), {"1767225601 warn secret"});
  EXPECT_EQ(entry_text(traces[0], kPlain),
            "2026-01-01T00:00:01+0000\t{job=\"x\", level=\"warn\"}\tsecret\t[dropped, counted as "
            "drop_stage]\n");
  EXPECT_EQ(entry_text(traces[0], TextOutput::Colours::kAnsi),
            "\033[34m2026-01-01T00:00:01+0000\033[0m\t\033[33m{job=\"x\", level=\"warn\"}\033[0m\t"
            "secret\t\033[31m[dropped, counted as drop_stage]\033[0m\n");
  traces[0].fate = EntryTrace::Fate::kHeld;
  EXPECT_NE(entry_text(traces[0], kPlain).find("\t[held]\n"), std::string::npos);
}

}  // namespace
}  // namespace tailrace::debugger
