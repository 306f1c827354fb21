// Traces as JSON.
#include "debugger/trace_json.h"

#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/debugger/traced.h"

namespace tailrace::debugger {
namespace {

using Parsed = nlohmann::json;

EntryTrace sent_trace() {
  EntryTrace trace;
  trace.after = {{{"job", "x"}}, "out", Timestamp{1'767'323'045, 0}, {}, std::nullopt};
  return trace;
}

Parsed json_of(const EntryTrace& trace, TraceDetail detail = TraceDetail::kStages) {
  return Parsed::parse(trace_json(trace, detail));
}

TEST(TraceJson, an_entry_has_its_keys_in_this_order) {
  EntryTrace trace = sent_trace();
  trace.job = "app";
  EXPECT_EQ(trace_json(trace, TraceDetail::kEntry),
            R"({"fate":"sent","job":"app","timestamp":"2026-01-02T03:04:05Z",)"
            R"("timestamp_ns":"1767323045000000000","labels":{"job":"x"},"line":"out"})");
  trace.after.metadata = {{"a", "1"}, {"a", "2"}};
  trace.after.tenant = "t";
  trace.after.time.nanoseconds = 600'000'000;
  EXPECT_EQ(trace_json(trace, TraceDetail::kEntry),
            R"({"fate":"sent","job":"app","timestamp":"2026-01-02T03:04:05.6Z",)"
            R"("timestamp_ns":"1767323045600000000","labels":{"job":"x"},"line":"out",)"
            R"("structured_metadata":[["a","1"],["a","2"]],"tenant":"t"})");
}

TEST(TraceJson, text_that_is_not_utf8_has_replacement_characters) {
  EntryTrace trace = sent_trace();
  trace.after.line = "a\xff\nb";
  trace.after.labels = {{"l", "\x80"}};
  const Parsed parsed = json_of(trace, TraceDetail::kEntry);
  EXPECT_EQ(parsed["line"], "a\uFFFD\nb");
  EXPECT_EQ(parsed["labels"]["l"], "\uFFFD");
}

TEST(TraceJson, a_time_beyond_64_bits_has_no_nanoseconds) {
  EntryTrace trace = sent_trace();
  trace.after.time = {32'503'680'000, 5};
  Parsed parsed = json_of(trace);
  EXPECT_EQ(parsed["timestamp"], "3000-01-01T00:00:00.000000005Z");
  EXPECT_TRUE(parsed["timestamp_ns"].is_null());
  trace.after.time = {Timestamp::kSecondsMin, 0};
  parsed = json_of(trace);
  EXPECT_EQ(parsed["timestamp"], "0001-01-01T00:00:00Z");
  EXPECT_TRUE(parsed["timestamp_ns"].is_null());
}

TEST(TraceJson, stages_have_what_they_matched_changed_and_counted) {
  const auto traces = traced(
      "[{match: {selector: '{job=\"x\"}', stages: [{regex: {expression: '(?P<word>\\w+)$'}}]}}, "
      "{metrics: {m: {type: Gauge, source: word, config: {action: inc}}}}, {labels: {word: , none: "
      "}}]",
      {"say this"});
  ASSERT_EQ(traces.size(), 1U);
  const Parsed parsed = json_of(traces[0]);
  EXPECT_EQ(parsed["job"], "app");
  EXPECT_EQ(parsed["lines"], Parsed::array({0}));
  EXPECT_EQ(parsed["first_stage"], 0);
  EXPECT_EQ(parsed["before"]["line"], "say this");
  ASSERT_EQ(parsed["stages"].size(), 4U);
  const Parsed& regex = parsed["stages"][1];
  EXPECT_EQ(regex["number"], 1);
  EXPECT_EQ(regex["name"], "regex");
  EXPECT_EQ(regex["depth"], 1);
  EXPECT_EQ(regex["verdict"], "keep");
  EXPECT_EQ(regex["source"], "line");
  EXPECT_EQ(regex["text"], "say this");
  EXPECT_EQ(regex["groups"],
            Parsed::parse(R"([{"name":"word","begin":4,"end":8,"value":"this"}])"));
  EXPECT_EQ(regex["changes"],
            Parsed::parse(R"([{"field":"extracted","name":"word","now":"this"}])"));
  EXPECT_FALSE(regex.contains("reasons"));
  EXPECT_FALSE(regex.contains("metrics"));
  EXPECT_EQ(regex["spent_ns"], 0);
  EXPECT_EQ(parsed["stages"][2]["metrics"],
            Parsed::parse(R"([{"metric":"promtail_custom_m","action":"inc","value":1.0}])"));
  const Parsed& labels = parsed["stages"][3];
  EXPECT_FALSE(labels.contains("source"));
  EXPECT_EQ(labels["reasons"],
            Parsed::parse(R"(["\"none\" is not set: there is no value \"none\""])"));
  EXPECT_EQ(labels["changes"], Parsed::parse(R"([{"field":"label","name":"word","now":"this"}])"));
}

TEST(TraceJson, every_field_that_changes_has_a_name) {
  const auto traces = traced(
      "[{json: {expressions: {t: , v: }}}, {tenant: {value: a}}, {timestamp: {source: t, format: "
      "Unix}}, {structured_metadata: {m: v}}, {output: {source: v}}]",
      {R"({"t":"1","v":"x"})"});
  ASSERT_EQ(traces.size(), 1U);
  const Parsed stages = json_of(traces[0])["stages"];
  EXPECT_EQ(stages[1]["changes"], Parsed::parse(R"([{"field":"tenant","now":"a"}])"));
  EXPECT_EQ(stages[2]["changes"],
            Parsed::parse(R"([{"field":"timestamp","was":"2026-01-01 00:00:00 +0000 UTC",
                             "now":"1970-01-01 00:00:01 +0000 UTC"}])"));
  EXPECT_EQ(stages[3]["changes"],
            Parsed::parse(R"([{"field":"structured_metadata","name":"m","now":"x"}])"));
  EXPECT_EQ(stages[4]["changes"][0]["field"], "line");
  EXPECT_EQ(stages[4]["changes"][0]["now"], "x");
}

TEST(TraceJson, a_dropped_entry_is_shown_as_its_last_stage_found_it) {
  const auto traces = traced(
      "[{static_labels: {a: b}}, {drop: {expression: x, drop_counter_reason: why}}]", {"x", "y"});
  ASSERT_EQ(traces.size(), 2U);
  const Parsed dropped = json_of(traces[0]);
  EXPECT_EQ(dropped["fate"], "dropped");
  EXPECT_EQ(dropped["drop_reason"], "why");
  EXPECT_EQ(dropped["labels"], Parsed::parse(R"({"a":"b","job":"x"})"));
  EXPECT_EQ(dropped["before"]["labels"], Parsed::parse(R"({"job":"x"})"));
  EXPECT_EQ(dropped["stages"][1]["verdict"], "drop");
  EXPECT_EQ(dropped["stages"][1]["drop_reason"], "why");
  // What was kept is counted as nothing.
  EXPECT_FALSE(json_of(traces[1]).contains("drop_reason"));
  EXPECT_FALSE(json_of(traces[1])["stages"][1].contains("drop_reason"));
}

TEST(TraceJson, joined_entries_name_their_lines) {
  const auto traces = traced("[{multiline: {firstline: ^a}}]", {"a", "b"});
  ASSERT_EQ(traces.size(), 3U);
  EXPECT_EQ(json_of(traces[0])["fate"], "held");
  EXPECT_EQ(json_of(traces[0])["stages"][0]["verdict"], "hold");
  const Parsed joined = json_of(traces[2]);
  EXPECT_EQ(joined["lines"], Parsed::array({0, 1}));
  EXPECT_EQ(joined["first_stage"], 1);
  EXPECT_EQ(joined["line"], "a\nb");
}

TEST(TraceJson, verdicts_and_fates_have_words) {
  EXPECT_EQ(verdict_name(pipeline::Verdict::kKeep), "keep");
  EXPECT_EQ(verdict_name(pipeline::Verdict::kDrop), "drop");
  EXPECT_EQ(verdict_name(pipeline::Verdict::kHold), "hold");
  EXPECT_EQ(verdict_name(pipeline::Verdict::kSkip), "skip");
  EXPECT_EQ(fate_name(EntryTrace::Fate::kLeft), "sent");
  EXPECT_EQ(fate_name(EntryTrace::Fate::kDropped), "dropped");
  EXPECT_EQ(fate_name(EntryTrace::Fate::kHeld), "held");
  EXPECT_EQ(fate_name(EntryTrace::Fate::kContext), "context");
}

}  // namespace
}  // namespace tailrace::debugger
