// What is noted of entries on their way.
#include "debugger/trace_recorder.h"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "debugger/trial.h"
#include "tests/debugger/traced.h"

namespace tailrace::debugger {
namespace {

using TextList = std::vector<std::string>;

// "field name: was -> now", with "-" for what is not there.
TextList changes_of(const StageStep& step) {
  constexpr const char* kFields[] = {"extracted", "label", "tenant", "line", "time", "metadata"};
  TextList texts;
  for (const Change& change : step.changes) {
    texts.push_back(std::string(kFields[static_cast<std::size_t>(change.field)]) + " " +
                    change.name + ": " + change.was.value_or("-") + " -> " +
                    change.now.value_or("-"));
  }
  return texts;
}

TextList last_changes(const std::string& stages, const std::string& line) {
  const std::vector<EntryTrace> traces = traced(stages, {line});
  return traces.empty() ? TextList{"no trace"} : changes_of(traces[0].steps.back());
}

TEST(TraceRecorder, notes_what_each_stage_changed) {
  const std::string json = "{json: {expressions: {v: v, nil: nil}}}, ";
  EXPECT_EQ(last_changes("[{json: {expressions: {v: v, nil: nil}}}]", R"({"v":1.5,"nil":null})"),
            (TextList{"extracted nil: - -> <nil>", "extracted v: - -> 1.5"}));
  EXPECT_EQ(last_changes("[" + json + "{labels: {v: }}]", R"({"v":"a"})"),
            TextList{"label v: - -> a"});
  EXPECT_EQ(last_changes("[{static_labels: {job: other}}]", "l"),
            TextList{"label job: x -> other"});
  EXPECT_EQ(last_changes("[{labeldrop: [job]}]", "l"), TextList{"label job: x -> -"});
  EXPECT_EQ(last_changes("[{labelallow: [none]}]", "l"), TextList{"label job: x -> -"});
  EXPECT_EQ(last_changes("[" + json + "{output: {source: v}}]", R"({"v":"a"})"),
            TextList{"line : {\"v\":\"a\"} -> a"});
  EXPECT_EQ(last_changes("[" + json + "{timestamp: {source: v, format: Unix}}]", R"({"v":"1"})"),
            TextList{"time : 2026-01-01 00:00:00 +0000 UTC -> 1970-01-01 00:00:01 +0000 UTC"});
  EXPECT_EQ(last_changes("[" + json + "{template: {source: v, template: ''}}]", R"({"v":"a"})"),
            TextList{"extracted v: a -> -"});
  EXPECT_EQ(last_changes("[{decolorize: {}}]", "l"), TextList{});
}

TEST(TraceRecorder, a_tenant_is_no_label) {
  const auto traces = traced("[{tenant: {value: a}}, {tenant: {value: b}}]", {"l"});
  ASSERT_EQ(traces.size(), 1U);
  EXPECT_EQ(changes_of(traces[0].steps[0]), TextList{"tenant : - -> a"});
  EXPECT_EQ(changes_of(traces[0].steps[1]), TextList{"tenant : a -> b"});
  EXPECT_EQ(traces[0].after.tenant, "b");
  EXPECT_EQ(traces[0].after.labels, (std::map<std::string, std::string>{{"job", "x"}}));
}

TEST(TraceRecorder, metadata_may_have_a_name_twice) {
  const auto traces = traced(
      "[{json: {expressions: {a: , b: }}}, {structured_metadata: {m: a}}, "
      "{structured_metadata: {m: b}}]",
      {R"({"a":"1","b":"2"})"});
  ASSERT_EQ(traces.size(), 1U);
  EXPECT_EQ(changes_of(traces[0].steps[1]), TextList{"metadata m: - -> 1"});
  EXPECT_EQ(changes_of(traces[0].steps[2]), TextList{"metadata m: - -> 2"});
  EXPECT_EQ(traces[0].after.metadata, (Pairs{{"m", "1"}, {"m", "2"}}));
}

TEST(TraceRecorder, counts_the_match_stages_around_a_stage) {
  const auto traces = traced(
      "[{match: {selector: '{job=\"x\"}', stages: [{static_labels: {a: b}}, {match: {selector: "
      "'{a=\"b\"}', stages: [{static_labels: {c: d}}]}}, {static_labels: {e: f}}]}}, "
      "{static_labels: {g: h}}]",
      {"l"});
  ASSERT_EQ(traces.size(), 1U);
  std::vector<std::size_t> depths;
  std::vector<std::size_t> numbers;
  for (const StageStep& step : traces[0].steps) {
    depths.push_back(step.depth);
    numbers.push_back(step.number);
  }
  EXPECT_EQ(depths, (std::vector<std::size_t>{0, 1, 1, 2, 1, 0}));
  EXPECT_EQ(numbers, (std::vector<std::size_t>{0, 1, 2, 3, 4, 5}));
}

TEST(TraceRecorder, stages_that_are_left_out_have_no_step) {
  const auto traces = traced(
      "[{match: {selector: '{job=\"y\"}', stages: [{static_labels: {a: b}}]}}, {decolorize: {}}]",
      {"l"});
  ASSERT_EQ(traces.size(), 1U);
  ASSERT_EQ(traces[0].steps.size(), 2U);
  EXPECT_EQ(traces[0].steps[0].verdict, pipeline::Verdict::kSkip);
  EXPECT_EQ(traces[0].steps[1].number, 2U);
}

TEST(TraceRecorder, says_what_became_of_an_entry) {
  const auto traces = traced("[{drop: {expression: bad}}]", {"bad", "good"});
  ASSERT_EQ(traces.size(), 2U);
  EXPECT_EQ(traces[0].fate, EntryTrace::Fate::kDropped);
  EXPECT_EQ(traces[0].steps[0].explanation.drop_reason, "drop_stage");
  EXPECT_EQ(traces[1].fate, EntryTrace::Fate::kLeft);
  EXPECT_EQ(traces[1].after.line, "good");
  EXPECT_EQ(traces[1].job, "app");
}

TEST(TraceRecorder, a_pipeline_without_stages_is_traced_too) {
  const auto traces = traced("[]", {"l"});
  ASSERT_EQ(traces.size(), 1U);
  EXPECT_EQ(traces[0].fate, EntryTrace::Fate::kLeft);
  EXPECT_EQ(traces[0].after.line, "l");
  EXPECT_TRUE(traces[0].steps.empty());
}

std::vector<std::uint64_t> lines_of(const EntryTrace& trace) {
  std::vector<std::uint64_t> lines;
  for (const LineOrigin& origin : trace.origins)
    lines.push_back(origin.line);
  return lines;
}

TEST(TraceRecorder, held_lines_and_the_entry_made_of_them_have_traces_of_their_own) {
  const auto traces =
      traced("[{multiline: {firstline: ^a}}, {static_labels: {l: v}}]", {"a", "b", "a2"});
  using Numbers = std::vector<std::uint64_t>;
  ASSERT_EQ(traces.size(), 5U);
  EXPECT_EQ(traces[0].fate, EntryTrace::Fate::kHeld);
  EXPECT_EQ(lines_of(traces[0]), Numbers{0});
  EXPECT_EQ(traces[1].fate, EntryTrace::Fate::kHeld);
  EXPECT_EQ(lines_of(traces[1]), Numbers{1});
  // Let go in the middle of the third line's run.
  EXPECT_EQ(traces[2].fate, EntryTrace::Fate::kLeft);
  EXPECT_EQ(lines_of(traces[2]), (Numbers{0, 1}));
  EXPECT_EQ(traces[2].first_stage, 1U);
  EXPECT_EQ(traces[2].before.line, "a\nb");
  EXPECT_EQ(changes_of(traces[2].steps.at(0)), TextList{"label l: - -> v"});
  EXPECT_EQ(traces[3].fate, EntryTrace::Fate::kHeld);
  EXPECT_EQ(lines_of(traces[3]), Numbers{2});
  EXPECT_EQ(changes_of(traces[3].steps.at(0)), TextList{});
  EXPECT_EQ(traces[4].fate, EntryTrace::Fate::kLeft);
  EXPECT_EQ(lines_of(traces[4]), Numbers{2});
}

TEST(TraceRecorder, an_entry_that_took_held_pieces_in_has_their_lines) {
  const std::string time = "2026-01-02T03:04:05Z stdout ";
  const auto traces = traced("[{cri: {}}]", {time + "P a", time + "F b"});
  ASSERT_EQ(traces.size(), 2U);
  EXPECT_EQ(traces[1].after.line, "ab");
  EXPECT_EQ(lines_of(traces[1]), (std::vector<std::uint64_t>{0, 1}));
  EXPECT_EQ(traces[1].first_stage, 0U);
}

// The stopwatch goes on by a second each time a template asks for an environment variable, and
// when a trace is given away.
TEST(TraceRecorder, the_time_of_an_entry_within_a_stage_is_not_that_stages) {
  const config::ScrapeConfig job = config::valid_job(
      "pipeline_stages: [{multiline: {firstline: ^a}}, {template: {source: x, template: '{{ env "
      "\"A\" }}x'}}]");
  tailrace::testing::FakeClock stopwatch;
  std::vector<EntryTrace> traces;
  TraceRecorder recorder(stopwatch, [&](EntryTrace trace) {
    stopwatch.advance(std::chrono::minutes(1));
    traces.push_back(std::move(trace));
  });
  std::vector<config::Diagnostic> diagnostics;
  const auto trial = Trial::create(job.pipeline_stages,
                                   {{},
                                    kTestBegin,
                                    &recorder,
                                    [&](std::string_view /*name*/) {
                                      stopwatch.advance(std::chrono::seconds(1));
                                      return std::optional<std::string>("v");
                                    }},
                                   diagnostics);
  ASSERT_TRUE(trial);
  (*trial)->run("a1");
  (*trial)->run("a2");
  ASSERT_EQ(traces.size(), 3U);
  ASSERT_EQ(traces[1].steps.at(0).name, "template");
  EXPECT_EQ(traces[1].steps[0].spent, std::chrono::seconds(1));
  ASSERT_EQ(traces[2].steps.at(0).name, "multiline");
  EXPECT_EQ(traces[2].steps[0].spent, std::chrono::seconds(0));
}

}  // namespace
}  // namespace tailrace::debugger
