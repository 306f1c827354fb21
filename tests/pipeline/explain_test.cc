// What each stage says about an entry, before it runs.
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/config/loading.h"
#include "tests/pipeline/explaining_observer.h"
#include "tests/pipeline/pipeline_rig.h"

namespace tailrace::pipeline::testing {
namespace {

using Texts = std::vector<std::string>;

std::vector<config::StageConfig> stages_of(const std::string& yaml) {
  return config::valid_job("pipeline_stages: [" + yaml + "]").pipeline_stages;
}

// The last stage is asked about the last line.
Texts said(const std::string& yaml, const Texts& lines, EntryRole role = EntryRole::kFresh) {
  ExplainingObserver observer;
  PipelineRig rig(stages_of(yaml), kHeldBytesMax, &observer);
  EXPECT_NE(rig.pipeline_, nullptr);
  for (std::size_t i = 0; i < lines.size(); ++i)
    rig.run(lines[i], i + 1 == lines.size() ? role : EntryRole::kFresh);
  return observer.said();
}

// Its values: v, a word, and nil, null.
const std::string kValues = "{json: {expressions: {v: v, nil: nil}}}, ";
constexpr const char* kWord = R"({"v":"word","nil":null})";

struct ExplainCase {
  const char* name;
  std::string stages;
  Texts lines;
  Texts said;
};

void PrintTo(const ExplainCase& one, std::ostream* out) {
  *out << one.stages;
}

class Explain : public ::testing::TestWithParam<ExplainCase> {};

TEST_P(Explain, says_why) {
  EXPECT_EQ(said(GetParam().stages, GetParam().lines), GetParam().said);
}

std::vector<ExplainCase> parsing_cases() {
  return {
      {"regex_match",
       "{regex: {expression: '(?P<a>\\w+) (?P<b>x)?(\\w)'}}",
       {"one two"},
       {"a: line[0,3)"}},
      {"regex_of_a_value",
       kValues + "{regex: {expression: '(?P<a>rd)', source: v}}",
       {kWord},
       {"a: v[2,4)"}},
      {"regex_no_match",
       "{regex: {expression: '(?P<a>\\d+)'}}",
       {"one"},
       {"the expression does not match \"one\""}},
      {"regex_no_source",
       "{regex: {expression: '(?P<a>\\d+)', source: v}}",
       {"one"},
       {"there is no value \"v\""}},
      {"json_good", kValues.substr(0, kValues.size() - 2), {R"({"v":1,"nil":2})"}, {}},
      {"json_nothing",
       "{json: {expressions: {a: b.c, d: }}}",
       {R"({"b":{"c":null}})"},
       {"\"a\": `b.c` gives nothing", "\"d\": `d` gives nothing"}},
      {"json_wrong_type",
       "{json: {expressions: {a: length(b)}}}",
       {R"({"b":1})"},
       {"\"a\": `length(b)` fails on these values"}},
      {"json_malformed",
       "{json: {expressions: {a: }}}",
       {R"({"a":1,b})"},
       {"malformed JSON at byte 7: \"{\"a\":1,b}\""}},
      {"json_cut_off",
       "{json: {expressions: {a: }}}",
       {R"({"a":"1)"},
       {"JSON that ends too early: \"{\"a\":\"1\""}},
      {"json_no_object", "{json: {expressions: {a: }}}", {"[1]"}, {"no JSON object: \"[1]\""}},
      {"json_dropped",
       "{json: {expressions: {a: }, drop_malformed: true}}",
       {"x"},
       {"malformed JSON at byte 0: \"x\"", "drop_malformed: dropped without being counted"}},
      {"json_no_source",
       "{json: {expressions: {a: }, source: v}}",
       {"x"},
       {"there is no value \"v\""}},
      {"json_null_source",
       kValues + "{json: {expressions: {a: }, source: nil}}",
       {kWord},
       {"the value \"nil\" is null"}},
      {"logfmt_missing",
       "{logfmt: {mapping: {a: , b: c}}}",
       {"a=1 d=2"},
       {"there is no pair of \"c\""}},
      {"logfmt_malformed",
       "{logfmt: {mapping: {a: , b: }}}",
       {"a=1 b=\"2"},
       {"malformed behind the pair of \"a\"", "there is no pair of \"b\""}},
      {"logfmt_malformed_at_once",
       "{logfmt: {mapping: {a: }}}",
       {"a=\"2"},
       {"malformed from the first pair on: \"a=\"2\"", "there is no pair of \"a\""}},
      {"logfmt_no_source",
       "{logfmt: {mapping: {a: }, source: v}}",
       {"a=1"},
       {"there is no value \"v\""}},
      {"replace_all_matches",
       "{replace: {expression: '(?P<d>\\d)(x)?', replace: '*'}}",
       {"1 2x"},
       {"d: line[0,1)", "d: line[2,3)", "2: line[3,4)"}},
      {"replace_no_match",
       "{replace: {expression: '(\\d)', replace: '*'}}",
       {"x"},
       {"the expression does not match \"x\""}},
      {"replace_no_group",
       "{replace: {expression: 'x', replace: '*'}}",
       {"x"},
       {"the expression matches, but none of its groups does"}},
      {"replace_of_a_value",
       kValues + "{replace: {expression: '(w)', source: v, replace: '*'}}",
       {kWord},
       {"1: v[0,1)"}},
      {"replace_no_source",
       "{replace: {expression: '(w)', source: v, replace: '*'}}",
       {"x"},
       {"there is no value \"v\""}},
      {"replace_template_fails",
       "{replace: {expression: '(w)', replace: '{{ .Value.x }}'}}",
       {"w"},
       {"nothing is replaced: what is no map has no field \"x\"", "1: line[0,1)"}},
      {"replace_no_template",
       "{replace: {expression: '(w)', replace: '{{ .Value'}}",
       {"w"},
       {"replace is no template that can be read: nothing is done"}},
      {"template_absent",
       "{template: {source: v, template: 'x'}}",
       {"w"},
       {"there is no value \"v\": .Value is not there"}},
      {"template_empty",
       kValues + "{template: {source: v, template: ''}}",
       {kWord},
       {"the template gives an empty text: there will be no value \"v\""}},
      {"template_function_fails",
       kValues + "{template: {source: v, template: '{{ index .Value 9 }}'}}",
       {kWord},
       {"the template fails, the value stays: error in the function \"index\""}},
      {"template_wrong_argument",
       kValues + "{template: {source: v, template: '{{ ToUpper 9 }}'}}",
       {kWord},
       {"the template fails, the value stays: wrong arguments for the function \"ToUpper\""}},
      {"template_unknown_template",
       kValues + "{template: {source: v, template: '{{ template \"x\" }}'}}",
       {kWord},
       {"the template fails, the value stays: there is no template \"x\""}},
      {"template_range",
       kValues + "{template: {source: v, template: '{{ range .Value }}x{{ end }}'}}",
       {kWord},
       {"the template fails, the value stays: range needs a list, a map or a whole number"}},
      {"a_long_text_is_cut",
       "{regex: {expression: '(?P<a>\\d+)'}}",
       {std::string(300, 'x')},
       {"the expression does not match \"" + std::string(100, 'x') + "...\""}},
  };
}

std::vector<ExplainCase> setting_cases() {
  return {
      {"labels_missing",
       kValues + "{labels: {v: , x: , nil: }}",
       {kWord},
       {"\"x\" is not set: there is no value \"x\"",
        "\"nil\" is not set: the value \"nil\" is null"}},
      {"labels_not_utf8",
       "{regex: {expression: '(?P<a>.*)'}}, {labels: {b: a}}",
       {"\xff"},
       {"\"b\" is not set: the value \"a\" is not UTF-8"}},
      {"metadata_missing",
       kValues + "{structured_metadata: {v: , x: , job: }}",
       {kWord},
       {"\"x\" is not set: there is no value \"x\", and no such label"}},
      {"output", "{output: {source: v}}", {"x"}, {"there is no value \"v\""}},
      {"tenant_source", "{tenant: {source: v}}", {"x"}, {"there is no value \"v\""}},
      {"tenant_empty",
       kValues + "{tenant: {source: v}}",
       {R"({"v":""})"},
       {"the value \"v\" is empty"}},
      {"tenant_label", "{tenant: {label: v}}", {"x"}, {"there is no label \"v\""}},
      {"tenant_good", "{tenant: {label: job}}", {"x"}, {}},
      {"tenant_value", "{tenant: {value: t}}", {"x"}, {}},
      {"labeldrop", "{labeldrop: [job, x]}", {"x"}, {"there is no label \"x\""}},
      {"labelallow", "{labelallow: [job, x]}", {"x"}, {"there is no label \"x\""}},
      {"static_labels", "{static_labels: {a: b}}", {"x"}, {}},
      {"decolorize", "{decolorize: {}}", {"\x1b[1mx"}, {}},
      {"pack",
       "{pack: {labels: [job, x]}}",
       {"x"},
       {"\"x\" is not packed: there is no value \"x\"",
        "ingest_timestamp: the entry gets the time of packing"}},
      {"pack_keeps_time", "{pack: {labels: [job], ingest_timestamp: false}}", {"x"}, {}},
      {"timestamp_fits",
       kValues + "{timestamp: {source: v, format: Unix, fallback_formats: ['2006']}}",
       {R"({"v":"2026-"})", R"({"v":"2026"})"},
       {"\"2026\" fits \"Unix\""}},
      {"timestamp_fallback",
       kValues + "{timestamp: {source: v, format: '2006-01', fallback_formats: ['2006']}}",
       {R"({"v":"2026"})"},
       {"\"2026\" does not fit \"2006-01\"", "\"2026\" fits \"2006\""}},
      {"timestamp_skip",
       kValues + "{timestamp: {source: v, format: '2006', action_on_failure: skip}}",
       {kWord},
       {"\"word\" does not fit \"2006\"", "action_on_failure skip: the entry keeps its time"}},
      {"timestamp_fudge_without_a_last_time",
       "{timestamp: {source: v, format: '2006'}}",
       {"x"},
       {"there is no value \"v\"",
        "action_on_failure fudge: the entry keeps its time, no entry with these labels had one "
        "before"}},
      {"timestamp_fudge",
       kValues + "{timestamp: {source: v, format: '2006'}}",
       {R"({"v":"2026"})", kWord},
       {"\"word\" does not fit \"2006\"",
        "action_on_failure fudge: 1 ns after the last time of an entry with these labels"}},
      {"docker_good",
       "{docker: {}}",
       {R"({"log":"a","stream":"stdout","time":"2026-01-02T03:04:05Z"})"},
       {}},
      {"docker_bad_time",
       "{docker: {}}",
       {R"({"log":"a","time":"x"})"},
       {"there is no \"stream\" in the line", "\"x\" does not fit \"RFC3339Nano\"",
        "no time: 1 ns after the last time of a line with the same labels, if there was one"}},
      {"docker_malformed",
       "{docker: {}}",
       {"x"},
       {"not a line of Docker's: malformed JSON at byte 0",
        "no time: 1 ns after the last time of a line with the same labels, if there was one"}},
  };
}

constexpr const char* kCri = "2026-01-02T03:04:05Z stdout ";

std::vector<ExplainCase> joining_cases() {
  const std::string cri = kCri;
  return {
      {"cri_full", "{cri: {}}", {cri + "F text"}, {}},
      {"cri_other",
       "{cri: {}}",
       {"text"},
       {"not of the form `time stdout|stderr flags content`: \"text\"",
        "no time: 1 ns after the last time of a line with the same labels, if there was one"}},
      {"cri_bad_time",
       "{cri: {}}",
       {"now stdout F text"},
       {"\"now\" does not fit \"RFC3339Nano\"",
        "no time: 1 ns after the last time of a line with the same labels, if there was one"}},
      {"cri_piece",
       "{cri: {}}",
       {cri + "P text"},
       {"flags P: a piece, held until the end of its line comes"}},
      {"cri_next_piece",
       "{cri: {}}",
       {cri + "P a", cri + "P b"},
       {"flags P: a piece, held with the 1 before it"}},
      {"cri_end",
       "{cri: {}}",
       {cri + "P a", cri + "P b", cri + "F c"},
       {"joined to the 2 held before it"}},
      {"cri_other_stream", "{cri: {}}", {cri + "P a", "2026-01-02T03:04:05Z stderr F c"}, {}},
      {"cri_other_labels",
       "{regex: {expression: '(?P<pod>\\w)$'}}, {labels: {pod: }}, {cri: {}}",
       {cri + "P a", cri + "F b"},
       {}},
      {"cri_cut",
       "{cri: {max_partial_line_size: 3, max_partial_line_size_truncate: true}}",
       {cri + "P ab", cri + "F cd"},
       {"joined to the 1 held before it", "max_partial_line_size: cut to 3 bytes"}},
      {"cri_no_room",
       "{cri: {}}",
       {cri + "P " + std::string(kMergedBytesMax, 'x'), cri + "F y"},
       {"no room for it behind the 1 held before it, which leave"}},
      {"multiline_not_yet",
       "{multiline: {firstline: ^a}}",
       {"b"},
       {"no first line yet: passed on"}},
      {"multiline_first",
       "{multiline: {firstline: ^a}}",
       {"a"},
       {"a first line: begins a new event"}},
      {"multiline_next",
       "{multiline: {firstline: ^a}}",
       {"a", "b"},
       {"joined to the event before it"}},
      {"multiline_second",
       "{multiline: {firstline: ^a}}",
       {"a", "b", "a"},
       {"a first line: ends the event before it, begins a new one"}},
      {"multiline_full",
       "{multiline: {firstline: ^a, max_lines: 2}}",
       {"a", "b"},
       {"joined to the event before it", "max_lines of 2 is reached: the event is sent"}},
      {"multiline_continued",
       "{multiline: {firstline: ^a, max_lines: 2}}",
       {"a", "b", "c"},
       {"continues an event whose beginning was sent already"}},
      {"multiline_no_room",
       "{multiline: {firstline: ^a}}",
       {"a", std::string(kMergedBytesMax, 'x')},
       {"no room for it in the event before it, which is sent"}},
  };
}

std::vector<ExplainCase> choosing_cases() {
  const std::string metrics = kValues + "{metrics: {m: ";
  return {
      {"drop_longer",
       "{drop: {longer_than: 2b, drop_counter_reason: long}}",
       {"abc"},
       {"longer_than: the line has 3 bytes, more than 2", "counted as long"}},
      {"drop_not_longer",
       "{drop: {longer_than: 3b}}",
       {"abc"},
       {"longer_than: the line has 3 bytes, not more than 3", "counted as drop_stage"}},
      {"drop_not_older",
       "{drop: {older_than: 1h}}",
       {"abc"},
       {"older_than: the entry is 0.000 s old, not more than 3600.000 s", "counted as drop_stage"}},
      {"drop_older",
       "{regex: {expression: '(?P<t>.*)'}}, {timestamp: {source: t, format: Unix}}, "
       "{drop: {older_than: 1h}}",
       {"1767218400"},
       {"older_than: the entry is 7200.000 s old, more than 3600.000 s", "counted as drop_stage"}},
      {"drop_value",
       kValues + "{drop: {source: v, value: word}}",
       {kWord},
       {"source \"v\" is there", "value: \"word\" is \"word\"", "counted as drop_stage"}},
      {"drop_expression",
       kValues + "{drop: {source: [v, x], expression: ^a}}",
       {kWord},
       {"source \"v\" is there", "source \"x\" is not there",
        "expression: \"word\" does not match `^a`", "counted as drop_stage"}},
      {"drop_null",
       kValues + "{drop: {source: nil, expression: ^a}}",
       {kWord},
       {"source \"nil\" is there", "a source has no text", "counted as drop_stage"}},
      {"drop_long_text",
       "{drop: {expression: ^a}}",
       {std::string(101, 'a')},
       {"expression: \"" + std::string(100, 'a') + "...\" matches `^a`", "counted as drop_stage"}},
      {"match_label",
       "{match: {selector: '{job=\"x\"} |= \"a\"', action: drop}}",
       {"abc"},
       {"job=\"x\" does not hold: the label is \"t\"", "|= \"a\" holds for the line",
        "counted as match_stage"}},
      {"match_expressions",
       "{match: {selector: '{job=~\"t.*\", x!~\"y\"} !~ \"a\" != \"q\"', action: drop}}",
       {"abc"},
       {"job=~\"t.*\" holds: the label is \"t\"", "x!~\"y\" holds: the label is not there",
        "!~ \"a\" does not hold for the line", "!= \"q\" holds for the line",
        "counted as match_stage"}},
      {"sampling",
       "{sampling: {rate: 0.25}}",
       {"x"},
       {"rate 0.25: keeps 25 % of the entries, by chance", "counted as sampling_stage"}},
      {"limit_token",
       "{limit: {rate: 10, burst: 1, drop: true}}",
       {"x"},
       {"rate 10 per second, burst 1: there is a token", "counted as ratelimit_drop_stage"}},
      {"limit_no_token",
       "{limit: {rate: 10, burst: 1, drop: true}}",
       {"x", "y"},
       {"rate 10 per second, burst 1: no token is left", "counted as ratelimit_drop_stage"}},
      {"limit_waits",
       "{limit: {rate: 0.5, burst: 1}}",
       {"x"},
       {"rate 0.5 per second, burst 1: the entry passes, and the next line waits where there is "
        "no token for it"}},
      {"limit_by_label",
       "{limit: {rate: 10, burst: 1, drop: true, by_label_name: job}}",
       {"x"},
       {"rate 10 per second, burst 1 for job=\"t\": there is a token",
        "counted as ratelimit_drop_stage"}},
      {"limit_by_label_used_up",
       "{limit: {rate: 10, burst: 1, drop: true, by_label_name: job}}",
       {"x", "y"},
       {"rate 10 per second, burst 1 for job=\"t\": no token is left",
        "counted as ratelimit_drop_stage"}},
      {"limit_without_the_label",
       "{limit: {rate: 10, burst: 1, drop: true, by_label_name: x}}",
       {"x"},
       {"rate 10 per second, burst 1 by label \"x\", which is not there: not limited",
        "counted as ratelimit_drop_stage"}},
      {"metrics_inc",
       metrics + "{type: Counter, prefix: p_, config: {match_all: true, action: inc}}}}",
       {"x"},
       {"p_m inc 1"}},
      {"metrics_bytes",
       metrics + "{type: Counter, config: {match_all: true, count_entry_bytes: true, action: "
                 "add}}}}",
       {"abc"},
       {"promtail_custom_m add 3"}},
      {"metrics_missing",
       metrics + "{type: Gauge, source: x, config: {action: set}}}}",
       {kWord},
       {"promtail_custom_m: there is no value \"x\""}},
      {"metrics_null",
       metrics + "{type: Gauge, source: nil, config: {action: set}}}}",
       {kWord},
       {"promtail_custom_m: the value \"nil\" is null"}},
      {"metrics_other_value",
       metrics + "{type: Counter, source: v, config: {value: x, action: inc}}}}",
       {kWord},
       {"promtail_custom_m: \"word\" is not \"x\""}},
      {"metrics_no_number",
       metrics + "{type: Gauge, source: v, config: {action: set}}}}",
       {kWord},
       {"promtail_custom_m: \"word\" is no number"}},
      {"metrics_negative",
       metrics + "{type: Counter, source: v, config: {action: add}}}}",
       {R"({"v":-1})"},
       {"promtail_custom_m: -1 is negative, and a counter only grows: skipped"}},
      {"metrics_set",
       metrics + "{type: Gauge, source: v, config: {action: set}}}}",
       {R"({"v":7})"},
       {"promtail_custom_m set 7"}},
      {"metrics_dec",
       metrics + "{type: Gauge, source: v, config: {action: dec}}}}",
       {R"({"v":7})"},
       {"promtail_custom_m dec 1"}},
      {"metrics_add",
       metrics + "{type: Gauge, source: v, config: {action: add}}}}",
       {R"({"v":7})"},
       {"promtail_custom_m add 7"}},
      {"metrics_sub",
       metrics + "{type: Gauge, source: v, config: {action: sub}}}}",
       {R"({"v":7})"},
       {"promtail_custom_m sub 7"}},
      {"metrics_observe",
       metrics + "{type: Histogram, source: v, config: {buckets: [1]}}}}",
       {R"({"v":7})"},
       {"promtail_custom_m observe 7"}},
      {"metrics_label_le",
       "{static_labels: {le: x}}, " + metrics +
           "{type: Histogram, source: v, config: {buckets: [1]}}}}",
       {R"({"v":7})"},
       {"promtail_custom_m: a histogram cannot have a label \"le\": skipped"}},
  };
}

std::string name_of_case(const ::testing::TestParamInfo<ExplainCase>& test) {
  return test.param.name;
}

INSTANTIATE_TEST_SUITE_P(Parsing, Explain, ::testing::ValuesIn(parsing_cases()), name_of_case);
INSTANTIATE_TEST_SUITE_P(Setting, Explain, ::testing::ValuesIn(setting_cases()), name_of_case);
INSTANTIATE_TEST_SUITE_P(Joining, Explain, ::testing::ValuesIn(joining_cases()), name_of_case);
INSTANTIATE_TEST_SUITE_P(Choosing, Explain, ::testing::ValuesIn(choosing_cases()), name_of_case);

TEST(ExplainReplayed, stages_that_count_say_that_they_did) {
  EXPECT_EQ(said("{sampling: {rate: 0.25}}", {"x"}, EntryRole::kReplayed),
            (Texts{"kept when it was read before the restart", "counted as sampling_stage"}));
  EXPECT_EQ(said("{limit: {rate: 1, burst: 1, drop: true}}", {"x"}, EntryRole::kReplayed),
            (Texts{"had its token when it was read before the restart"}));
  EXPECT_EQ(said("{metrics: {m: {type: Counter, config: {match_all: true, action: inc}}}}", {"x"},
                 EntryRole::kReplayed),
            (Texts{"counted when it was read before the restart"}));
  EXPECT_EQ(said("{multiline: {firstline: ^a}}", {"x"}, EntryRole::kContext),
            (Texts{"the first line of an event that was sent before the restart"}));
  EXPECT_EQ(said("{regex: {expression: '(?P<t>.*)'}}, {timestamp: {source: t, format: Unix}}, "
                 "{drop: {older_than: 1h}}",
                 {"1767218400"}, EntryRole::kReplayed)[0],
            "older_than: the entry is 7200.000 s old, more than 3600.000 s");
}

TEST(ExplainGeoIp, says_what_is_not_known_of_an_address) {
  const std::string path = std::string(TAILRACE_SOURCE_DIR) + "/tests/fuzz/corpus/mmdb/one_record";
  const auto asked = [&path](const std::string& type, std::optional<std::string> source,
                             const std::string& line) {
    ExplainingObserver observer;
    PipelineRig rig(stages(regex("^(?P<ip>\\S*)"), config::GeoIpStageConfig{path, type, source}),
                    kHeldBytesMax, &observer);
    rig.run(line);
    return observer.said();
  };
  EXPECT_EQ(asked("city", "ip", "here"), Texts{"\"here\" is no IP address"});
  EXPECT_EQ(asked("city", "ip", "10.0.0.1"),
            Texts{"the database has no geoip_country_name, geoip_continent_name, "
                  "geoip_continent_code, geoip_postal_code, geoip_timezone for \"10.0.0.1\""});
  EXPECT_EQ(asked("city", "x", "here"), Texts{"there is no value \"x\""});
  EXPECT_EQ(asked("city", std::nullopt, "here"),
            Texts{"there is no source: the stage does nothing"});
  EXPECT_EQ(asked("asn", "ip", "here"),
            Texts{"the database is not of db_type: the stage does nothing"});
}

// The two parts of a Windows event's text are apart by \r\n, which no line has: it is a value.
TEST(ExplainEventLogMessage, says_what_becomes_of_each_part) {
  const auto asked = [](const std::string& options, const std::string& text) {
    ExplainingObserver observer;
    // What reads the values stands before, so that the stage asked last is the one meant.
    PipelineRig rig(stages_of("{json: {expressions: {message: }}}, {labels: {a_b: , c: , "
                              "c_extracted: }}, {eventlogmessage: {" +
                              options + "}}"),
                    kHeldBytesMax, &observer);
    rig.run("{\"message\":\"" + text + "\"}");
    return observer.said();
  };
  EXPECT_EQ(asked("", R"(a b: 1\r\nc: 2\r\nno\r\n)"),
            (Texts{"\"a b\" is no label name: becomes \"a_b\"", "no colon in \"no\""}));
  EXPECT_EQ(asked("drop_invalid_labels: true", "a b: 1"),
            Texts{"\"a b\" is no label name: left out"});
  EXPECT_EQ(asked("", R"(c: 1\r\nc: 2)"),
            Texts{"\"c\" has a value already: becomes \"c_extracted\""});
  EXPECT_EQ(asked("overwrite_existing: true", R"(c: 1\r\nc: 2)"), Texts{});
  EXPECT_EQ(asked("source: other", "c: 1"), Texts{"there is no value \"other\""});
  EXPECT_EQ(
      said("{json: {expressions: {message: }}}, {eventlogmessage: {}}", {R"({"message":null})"}),
      (Texts{"the value \"message\" is null", "dropped without being counted"}));
}

TEST(Explain, takes_no_token) {
  ExplainingObserver observer(5);
  PipelineRig rig(stages_of("{limit: {rate: 1, burst: 2, drop: true}}"), kHeldBytesMax, &observer);
  rig.run_all({"a", "b", "c"});
  EXPECT_EQ(rig.sent_lines(), (Texts{"a", "b"}));
  ExplainingObserver by_label(5);
  PipelineRig labelled(stages_of("{limit: {rate: 1, burst: 2, drop: true, by_label_name: job}}"),
                       kHeldBytesMax, &by_label);
  labelled.run_all({"a", "b", "c"});
  EXPECT_EQ(labelled.sent_lines(), (Texts{"a", "b"}));
}

TEST(Explain, takes_no_random_number) {
  Texts lines;
  for (int i = 0; i < 200; ++i)
    lines.push_back(std::to_string(i));
  const auto sent = [&lines](StageObserver* observer) {
    PipelineRig rig(stages_of("{sampling: {rate: 0.5}}"), kHeldBytesMax, observer);
    rig.run_all(lines);
    return rig.sent_lines();
  };
  ExplainingObserver observer(3);
  EXPECT_EQ(sent(&observer), sent(nullptr));
}

}  // namespace
}  // namespace tailrace::pipeline::testing
