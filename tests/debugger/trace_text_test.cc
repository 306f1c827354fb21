// What -inspect says about each stage.
#include "debugger/trace_text.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "base/clock.h"
#include "debugger/trace_recorder.h"
#include "tests/pipeline/pipeline_rig.h"

namespace tailrace::debugger {
namespace {

using pipeline::testing::PipelineRig;
using pipeline::testing::stages;

// What is printed while the lines run.
std::string inspected(std::vector<config::StageConfig> config,
                      const std::vector<std::string>& lines,
                      TextOutput::Colours colours = TextOutput::Colours::kNone) {
  std::string text;
  const SystemClock clock;
  TraceRecorder recorder(clock,
                         [&](const EntryTrace& trace) { text += inspect_text(trace, colours); });
  PipelineRig rig(std::move(config), pipeline::kHeldBytesMax, &recorder);
  rig.target_ = {{"job", "x"}};
  rig.received_ns_ = 1'000'000'000;
  rig.run_all(lines);
  rig.pipeline_->end_input(rig);
  return text;
}

TEST(InspectText, shows_new_values_and_changed_labels) {
  config::LabelsStageConfig labels;
  labels.labels = {{"level", "level"}};
  EXPECT_EQ(inspected(stages(pipeline::testing::regex("(?P<level>\\w+) (?P<rest>.*)"), labels),
                      {"info a\"b"}),
            "[inspect: regex stage]: \n"
            "matched in line:\n"
            "\tinfo a\"b\n"
            "\t^^^^ level\n"
            "\t     ^^^ rest\n"
            "{stages.Entry}.Extracted[\"level\"]:\n"
            "\t+: info\n"
            "{stages.Entry}.Extracted[\"rest\"]:\n"
            "\t+: a\"b\n"
            "[inspect: labels stage]: \n"
            "{stages.Entry}.Entry.Labels:\n"
            "\t-: {job=\"x\"}\n"
            "\t+: {job=\"x\", level=\"info\"}\n");
}

TEST(InspectText, shows_changed_lines_and_times) {
  config::OutputStageConfig output;
  output.source = "rest";
  config::TimestampStageConfig timestamp;
  timestamp.source = "time";
  timestamp.format = "Unix";
  const std::string text =
      inspected(stages(pipeline::testing::regex("(?P<time>\\d+) (?P<rest>.*)"), timestamp, output),
                {"1767225600 hello"});
  EXPECT_NE(text.find("[inspect: timestamp stage]: \n"
                      "why: \"1767225600\" fits \"Unix\"\n"
                      "{stages.Entry}.Entry.Entry.Timestamp:\n"
                      "\t-: 1970-01-01 00:00:01 +0000 UTC\n"
                      "\t+: 2026-01-01 00:00:00 +0000 UTC\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("[inspect: output stage]: \n"
                      "{stages.Entry}.Entry.Entry.Line:\n"
                      "\t-: 1767225600 hello\n"
                      "\t+: hello\n"),
            std::string::npos)
      << text;
}

TEST(InspectText, shows_values_that_change_or_stay) {
  const auto stage = pipeline::testing::regex("(?P<a>\\w)");
  EXPECT_EQ(inspected(stages(stage, stage), {"q"}),
            "[inspect: regex stage]: \n"
            "matched in line:\n"
            "\tq\n"
            "\t^ a\n"
            "{stages.Entry}.Extracted[\"a\"]:\n"
            "\t+: q\n"
            "[inspect: regex stage]: \n"
            "matched in line:\n"
            "\tq\n"
            "\t^ a\n");
  EXPECT_EQ(inspected(stages(stage), {" "}),
            "[inspect: regex stage]: \n"
            "why: the expression does not match \" \"\n");
  EXPECT_EQ(inspected(stages(config::DecolorizeStageConfig{}), {"q"}),
            "[inspect: decolorize stage]: \n"
            "none\n");
  EXPECT_EQ(inspected(stages(stage, pipeline::testing::regex("\\w(?P<a>\\w)")), {"qr"}),
            "[inspect: regex stage]: \n"
            "matched in line:\n"
            "\tqr\n"
            "\t^ a\n"
            "{stages.Entry}.Extracted[\"a\"]:\n"
            "\t+: q\n"
            "[inspect: regex stage]: \n"
            "matched in line:\n"
            "\tqr\n"
            "\t ^ a\n"
            "{stages.Entry}.Extracted[\"a\"]:\n"
            "\t-: q\n"
            "\t+: r\n");
}

TEST(InspectText, shows_metadata_in_its_order) {
  config::StructuredMetadataStageConfig first;
  first.names = {{"b", "value"}};
  config::StructuredMetadataStageConfig second;
  second.names = {{"a", "value"}};
  const std::string text =
      inspected(stages(pipeline::testing::regex("(?P<value>.)"), first, second), {"q"});
  EXPECT_NE(text.find("{stages.Entry}.Entry.Entry.StructuredMetadata:\n"
                      "\t-: {b=\"q\"}\n"
                      "\t+: {b=\"q\", a=\"q\"}\n"),
            std::string::npos)
      << text;
}

TEST(InspectText, says_what_became_of_an_entry) {
  config::DropStageConfig drop;
  drop.expression = "gone";
  EXPECT_EQ(inspected(stages(drop), {"gone", "kept"}),
            "[inspect: drop stage]: \n"
            "why: expression: \"gone\" matches `gone`\n"
            "dropped, counted as drop_stage\n"
            "[inspect: drop stage]: \n"
            "why: expression: \"kept\" does not match `gone`\n");
}

TEST(InspectText, follows_entries_that_a_stage_lets_go_in_the_middle_of_its_run) {
  EXPECT_EQ(inspected(stages(pipeline::testing::multiline("^a"),
                             pipeline::testing::regex("(?P<all>(?s:.*))")),
                      {"a1", "b", "a2"}),
            "[inspect: multiline stage]: \n"
            "why: a first line: begins a new event\n"
            "held\n"
            "[inspect: multiline stage]: \n"
            "why: joined to the event before it\n"
            "held\n"
            "[inspect: regex stage]: \n"
            "matched in line:\n"
            "\tall: bytes 0 to 4\n"
            "{stages.Entry}.Extracted[\"all\"]:\n"
            "\t+: a1\nb\n"
            "[inspect: multiline stage]: \n"
            "why: a first line: ends the event before it, begins a new one\n"
            "held\n"
            "[inspect: regex stage]: \n"
            "matched in line:\n"
            "\ta2\n"
            "\t^^ all\n"
            "{stages.Entry}.Extracted[\"all\"]:\n"
            "\t+: a2\n");
}

TEST(EntryText, shows_an_entry_as_a_dry_run_does) {
  EntryTrace trace;
  trace.before.line = "in";
  trace.after = {{{"job", "x"}}, "out", Timestamp{1'767'225'600, 0}, {}, std::nullopt};
  EXPECT_EQ(entry_text(trace, TextOutput::Colours::kNone),
            "2026-01-01T00:00:00+0000\t{job=\"x\"}\tout\n");
}

TEST(EntryText, says_why_an_entry_is_not_sent) {
  EntryTrace trace;
  trace.fate = EntryTrace::Fate::kDropped;
  trace.before = {{}, "in", Timestamp{0, 0}, {}, std::nullopt};
  const std::string shown = "1970-01-01T00:00:00+0000\t{}\tin\t";
  EXPECT_EQ(entry_text(trace, TextOutput::Colours::kNone), shown + "[dropped]\n");
  trace.steps.emplace_back().explanation.drop_reason = "why";
  EXPECT_EQ(entry_text(trace, TextOutput::Colours::kNone), shown + "[dropped, counted as why]\n");
  trace.fate = EntryTrace::Fate::kHeld;
  EXPECT_EQ(entry_text(trace, TextOutput::Colours::kNone), shown + "[held]\n");
}

TEST(TraceText, has_the_line_the_stages_and_what_became_of_it) {
  EntryTrace trace;
  trace.before.line = "in";
  trace.after = {{}, "out", Timestamp{0, 0}, {{"user", "ann"}}, "t"};
  const std::string rest =
      "in\n1970-01-01T00:00:00+0000\t{}\tout\ntenant: t\nstructured metadata: "
      "{user=\"ann\"}\n\n";
  EXPECT_EQ(trace_text(trace, TextOutput::Colours::kNone), "line: " + rest);
  trace.first_stage = 1;
  EXPECT_EQ(trace_text(trace, TextOutput::Colours::kNone), "joined: " + rest);
}

TEST(InspectText, colours_names_and_signs) {
  EXPECT_EQ(
      inspected(stages(pipeline::testing::regex("(?P<a>.)")), {"q"}, TextOutput::Colours::kAnsi),
      "\033[1m[inspect: regex stage]:\033[0m \n"
      "matched in line:\n"
      "\t\033[4mq\033[0m\n"
      "\t^ a\n"
      "\033[32m{stages.Entry}.Extracted[\"a\"]:\033[0m\n"
      "\t\033[32m+: q\033[0m\n");
}

}  // namespace
}  // namespace tailrace::debugger
