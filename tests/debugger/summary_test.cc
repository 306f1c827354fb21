// What many traces add up to.
#include "debugger/summary.h"

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/debugger/traced.h"

namespace tailrace::debugger {
namespace {

using TextList = std::vector<std::string>;

constexpr std::int64_t kNow = unix_nanoseconds(kTestBegin) / 1'000'000'000;

EntryTrace sent(std::map<std::string, std::string> labels, std::string line = "l",
                std::int64_t seconds = kNow) {
  EntryTrace trace;
  trace.after.labels = std::move(labels);
  trace.after.line = std::move(line);
  trace.after.time = {seconds, 0};
  return trace;
}

Summary summary_of(const std::vector<EntryTrace>& traces) {
  Summary summary(kTestBegin);
  for (const EntryTrace& trace : traces)
    summary.add(trace);
  return summary;
}

TextList warnings_of(const std::vector<EntryTrace>& traces) {
  return summary_of(traces).warnings();
}

// The lines run through the stages of the job "app".
Summary ran(const std::string& stages, const TextList& lines) {
  const config::ScrapeConfig job = config::valid_job("pipeline_stages: " + stages);
  Summary summary(kTestBegin);
  summary.add_job("app", job.pipeline_stages);
  for (const EntryTrace& trace : traced(stages, lines))
    summary.add(trace);
  return summary;
}

TEST(Summary, an_ordinary_entry_gives_no_warning) {
  EXPECT_EQ(warnings_of({sent({{"job", "x"}})}), TextList{});
}

TEST(Summary, warns_of_stages_that_nothing_reaches) {
  const std::string stages = "[{drop: {expression: .*}}, {static_labels: {a: b}}]";
  EXPECT_EQ(ran(stages, {"x"}).warnings(),
            TextList{"job app, stage 1 (static_labels, line 5) was never reached"});
  // Without a line there is nothing to say.
  EXPECT_EQ(ran(stages, {}).warnings(), TextList{});
}

TEST(Summary, warns_of_selectors_that_select_nothing) {
  const std::string stages =
      "[{match: {selector: '{job=\"y\"}', action: drop}}, {match: {selector: '{job=\"x\"} |= "
      "\"a\"', action: drop}}]";
  EXPECT_EQ(ran(stages, {"a", "b"}).warnings(),
            TextList{"job app, stage 0 (match, line 5) selected none of 2 entries"});
}

TEST(Summary, warns_of_stages_that_never_do_anything) {
  const std::string stages =
      "[{regex: {expression: '(?P<n>\\d)'}}, {output: {source: none}}, {decolorize: {}}, {drop: "
      "{expression: none}}]";
  EXPECT_EQ(ran(stages, {"1", "a"}).warnings(),
            TextList{"job app, stage 1 (output, line 5) matched or changed none of 2 entries"});
}

TEST(Summary, warns_of_labels_that_are_never_set) {
  const std::string stages = "[{json: {expressions: {a: , b: }}}, {labels: {a: , b: }}]";
  EXPECT_EQ(ran(stages, {R"({"a":"1"})", R"({"a":"2"})"}).warnings(),
            TextList{"job app, stage 1 (labels, line 5) never set the label \"b\""});
  EXPECT_EQ(ran(stages, {R"({"a":"1"})", R"({"b":"2"})"}).warnings(), TextList{});
}

std::vector<EntryTrace> with_values(std::size_t values, std::size_t entries) {
  std::vector<EntryTrace> traces;
  for (std::size_t i = 0; i < entries; ++i)
    traces.push_back(sent({{"id", std::to_string(i % values)}}));
  return traces;
}

TEST(Summary, warns_of_labels_with_many_values) {
  EXPECT_EQ(warnings_of(with_values(101, 300)),
            TextList{"the label \"id\" has 101 values in 300 entries: each makes a stream of its "
                     "own; structured_metadata would not"});
  EXPECT_EQ(warnings_of(with_values(100, 300)), TextList{});
  // Nearly one for each entry.
  EXPECT_EQ(warnings_of(with_values(11, 21)).size(), 1U);
  EXPECT_EQ(warnings_of(with_values(11, 22)), TextList{});
  EXPECT_EQ(warnings_of(with_values(10, 10)), TextList{});
}

TEST(Summary, counts_values_up_to_a_limit) {
  const TextList warnings =
      warnings_of(with_values(Summary::kValuesMax + 5, Summary::kValuesMax + 5));
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_EQ(warnings[0].find("the label \"id\" has at least 10000 values in 10005 entries"), 0U);
}

TEST(Summary, warns_of_what_loki_refuses) {
  EXPECT_EQ(warnings_of({sent({})}), TextList{"1 of 1 entries have no label: Loki refuses them"});
  std::map<std::string, std::string> labels;
  for (std::size_t i = 0; i < Summary::kLabelsMax; ++i)
    labels["l" + std::to_string(i)] = "v";
  EXPECT_EQ(warnings_of({sent(labels)}), TextList{});
  labels["more"] = "v";
  EXPECT_EQ(warnings_of({sent(labels), sent({{"job", "x"}})}),
            TextList{"1 of 2 entries have more than 15 labels: Loki refuses them by default"});
  const std::string longest(Summary::kLineBytesMax, 'x');
  EXPECT_EQ(warnings_of({sent({{"job", "x"}}, longest)}), TextList{});
  EXPECT_EQ(warnings_of({sent({{"job", "x"}}, longest + "x")}),
            TextList{"1 of 1 entries are longer than 256 KiB: Loki refuses them by default"});
}

TEST(Summary, warns_of_times_that_loki_refuses) {
  constexpr std::int64_t kWeek = 7L * 24 * 3600;
  EXPECT_EQ(warnings_of({sent({{"a", "1"}}, "l", kNow - kWeek)}), TextList{});
  EXPECT_EQ(warnings_of({sent({{"a", "1"}}, "l", kNow - kWeek - 1)}),
            TextList{"1 of 1 entries are older than 7 days: Loki refuses them by default"});
  EXPECT_EQ(warnings_of({sent({{"a", "1"}}, "l", kNow + 600)}), TextList{});
  EXPECT_EQ(
      warnings_of({sent({{"a", "1"}}, "l", kNow + 601)}),
      TextList{"1 of 1 entries are more than 10 minutes ahead of the clock: Loki refuses them by "
               "default"});
}

TEST(Summary, warns_of_streams_that_go_back_in_time) {
  const std::map<std::string, std::string> a = {{"a", "1"}};
  EXPECT_EQ(warnings_of({sent(a, "l", kNow), sent({{"a", "2"}}, "l", kNow - 9)}), TextList{});
  EXPECT_EQ(warnings_of({sent(a, "l", kNow), sent(a, "l", kNow - 3600), sent(a, "l", kNow)}),
            TextList{"1 of 3 entries are older than one before them in their stream"});
  EXPECT_EQ(warnings_of({sent(a, "l", kNow), sent(a, "l", kNow - 3601)}),
            (TextList{"1 of 2 entries are older than one before them in their stream",
                      "1 of 2 entries are more than an hour older than the newest of their stream: "
                      "Loki may refuse them"}));
  // Another tenant's is another stream.
  EntryTrace other = sent(a, "l", kNow - 9);
  other.after.tenant = "t";
  EXPECT_EQ(warnings_of({sent(a, "l", kNow), other}), TextList{});
}

TEST(Summary, context_does_not_count) {
  EntryTrace context = sent({});
  context.fate = EntryTrace::Fate::kContext;
  const Summary summary = summary_of({context});
  EXPECT_EQ(nlohmann::json::parse(summary.json({}))["lines"], 0);
  EXPECT_EQ(summary.warnings(), TextList{});
}

TEST(Summary, counts_lines_entries_and_stages) {
  const Summary summary =
      ran("[{multiline: {firstline: ^a}}, {drop: {expression: bad}}, {regex: {expression: "
          "'(?P<l>a)'}}, {labels: {l: }}, {tenant: {value: t}}]",
          {"a", "b", "abad", "a"});
  const auto json = nlohmann::json::parse(summary.json(TextList{"m 1"}));
  EXPECT_EQ(json["lines"], 4);
  EXPECT_EQ(json["kept"], 2);
  EXPECT_EQ(json["dropped"], 1);
  EXPECT_EQ(json["held"], 4);
  EXPECT_EQ(json["streams"], 1);
  EXPECT_EQ(json["labels"]["job"], nlohmann::json::parse(R"({"values":1,"entries":2})"));
  EXPECT_EQ(json["tenants"], nlohmann::json::parse(R"(["t"])"));
  EXPECT_EQ(json["metrics"], nlohmann::json::parse(R"(["m 1"])"));
  EXPECT_EQ(json["warnings"], nlohmann::json::array());
  ASSERT_EQ(json["jobs"].size(), 1U);
  EXPECT_EQ(json["jobs"][0]["job"], "app");
  EXPECT_EQ(json["jobs"][0]["stages"][1], nlohmann::json::parse(R"({"number":1,"name":"drop",
      "depth":0,"line":5,"entries":3,"changed":0,"dropped":1,"drop_reasons":{"drop_stage":1},
      "spent_ns":0})"));
  EXPECT_EQ(json["jobs"][0]["stages"][2]["changed"], 2);
}

TEST(Summary, stages_that_were_not_announced_are_counted_too) {
  EntryTrace trace = sent({{"a", "1"}});
  StageStep step;
  step.number = 1;
  step.name = "limit";
  step.depth = 2;
  step.verdict = pipeline::Verdict::kDrop;
  trace.steps.push_back(step);
  trace.fate = EntryTrace::Fate::kDropped;
  const Summary summary = summary_of({trace});
  const auto stages = nlohmann::json::parse(summary.json({}))["jobs"][0]["stages"];
  ASSERT_EQ(stages.size(), 2U);
  EXPECT_EQ(stages[1]["name"], "limit");
  EXPECT_EQ(stages[1]["depth"], 2);
  EXPECT_NE(summary.text({}, TextOutput::Colours::kNone)
                .find("dropped by stage 1 (limit), counted as nothing: 1\n"),
            std::string::npos);
}

TEST(Summary, is_shown_as_text) {
  const Summary summary =
      ran("[{match: {selector: '{job=\"x\"}', stages: [{drop: {expression: bad}}]}}, {tenant: "
          "{value: t}}]",
          {"good", "bad"});
  EXPECT_EQ(summary.text(TextList{"m 1"}, TextOutput::Colours::kNone),
            "Summary\n"
            "  lines 2, entries kept 1, dropped 1, held for others 0\n"
            "  stages of app                 entries  changed  dropped   per entry\n"
            "      0 match                         2        0        0      0.0 us\n"
            "      1   drop                        2        0        1      0.0 us\n"
            "      2 tenant                        1        1        0      0.0 us\n"
            "  dropped by stage 1 (drop), counted as drop_stage: 1\n"
            "  streams 1\n"
            "  label job                    1 value: x\n"
            "  tenants t\n"
            "  metric m 1\n");
}

TEST(Summary, shows_five_values_of_a_label_and_paints_warnings) {
  EXPECT_NE(summary_of(with_values(6, 60))
                .text({}, TextOutput::Colours::kNone)
                .find("6 values: 0, 1, 2, 3, 4, ...\n"),
            std::string::npos);
  EXPECT_NE(
      summary_of({sent({})})
          .text({}, TextOutput::Colours::kAnsi)
          .find("\033[33m  warning: 1 of 1 entries have no label: Loki refuses them\033[0m\n"),
      std::string::npos);
}

}  // namespace
}  // namespace tailrace::debugger
