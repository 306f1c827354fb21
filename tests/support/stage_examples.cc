// Every stage at work, as data.
#include "tests/support/stage_examples.h"

#include <sstream>

#include <fmt/format.h>

#include "base/check.h"
#include "config/load.h"

namespace tailrace::testing {
namespace {

// In front of the stages that work on extracted values. Values that nobody reads are not made, so
// a drop that never applies reads them all.
constexpr const char* kLogfmt =
    "- logfmt: {mapping: {ts: ts, level: level, id: id, ms: ms, ip: ip, msg: msg}}\n"
    "- drop: {source: [ts, level, id, ms, ip, msg, none]}\n";

std::string behind_logfmt(const std::string& stages) {
  return kLogfmt + stages;
}

std::vector<StageExample> parsing_stages() {
  using Line = ExampleLine;
  return {
      {.name = "docker", .stages = "- docker: {}\n", .line = Line::kDocker},
      {.name = "cri", .stages = "- cri: {}\n", .line = Line::kCri},
      {.name = "regex",
       .stages = "- regex: {expression: '^(?P<ts>\\S+) (?P<level>\\w+) id=(?P<id>\\d+) '}\n"
                 "- drop: {source: [ts, level, id, none]}\n",
       .line = Line::kAccess},
      {.name = "regex_source",
       .stages = behind_logfmt("- regex: {expression: '^(?P<net>\\d+\\.\\d+)', source: ip}\n"
                               "- output: {source: net}\n")},
      {.name = "regex_re2",  // Work that nothing bounds but RE2.
       .stages = "- regex: {expression: '(?P<word>(\\w+ )+)id=(?P<id>\\d+)'}\n"
                 "- drop: {source: [word, id, none]}\n",
       .line = Line::kAccess,
       .re2_allocations = 4},
      {.name = "json",
       .stages = "- json: {expressions: {ts: , level: , ms: times.ms, msg: }}\n"
                 "- drop: {source: [ts, level, ms, msg, none]}\n",
       .line = Line::kJson},
      {.name = "json_expressions",
       .stages = "- json: {expressions: {first: 'tags[0]', count: 'length(tags)', all: "
                 "'{level: level, times: times}', big: 'items[?n > `1`].n | [0]', "
                 "text: 'join(''+'', sort(tags))'}}\n"
                 "- drop: {source: [first, count, all, big, text, none]}\n",
       .line = Line::kJson},
      {.name = "json_objects",
       .stages = "- json: {expressions: {times: , tags: , items: }}\n"
                 "- drop: {source: [times, tags, items, none]}\n",
       .line = Line::kJson},
      {.name = "logfmt", .stages = kLogfmt},
      {.name = "replace",
       .stages = "- replace: {expression: 'id=(\\d+)', replace: '{{ .Value | ToUpper }}!'}\n"},
      {.name = "replace_source",
       .stages = behind_logfmt("- replace: {expression: '(\\d+)\\.(\\d+)$', source: ip, replace: "
                               "'*'}\n")},
      {.name = "eventlogmessage",
       .stages = "- json: {expressions: {message: }}\n"
                 "- eventlogmessage: {}\n- output: {source: Subject}\n",
       .line = Line::kMessage},
      {.name = "multiline",
       .stages = "- multiline: {firstline: '^\\[\\d+\\]', max_lines: 4}\n",
       .line = Line::kEvents},
      {.name = "decolorize", .stages = "- decolorize: {}\n", .line = Line::kColoured},
  };
}

std::vector<StageExample> label_stages() {
  return {
      {.name = "labels", .stages = behind_logfmt("- labels: {level: , severity: level}\n")},
      {.name = "labeldrop", .stages = "- labeldrop: [job, filename]\n"},
      {.name = "labelallow", .stages = "- labelallow: [job]\n"},
      {.name = "static_labels", .stages = "- static_labels: {cluster: c1, zone: z}\n"},
      {.name = "structured_metadata",
       .stages = behind_logfmt("- structured_metadata: {id: , ms: , job: }\n")},
      {.name = "tenant", .stages = behind_logfmt("- tenant: {source: level}\n")},
      {.name = "pack",
       .stages = behind_logfmt("- labels: {level: }\n- pack: {labels: [level, job, id]}\n")},
      {.name = "geoip",
       .stages = behind_logfmt("- geoip: {db: '" TAILRACE_SOURCE_DIR
                               "/tests/fuzz/corpus/mmdb/one_record', db_type: city, "
                               "source: ip}\n")},
  };
}

std::vector<StageExample> time_and_text_stages() {
  return {
      {.name = "timestamp",
       .stages = behind_logfmt("- timestamp: {source: ts, format: RFC3339}\n")},
      {.name = "timestamp_location",
       .stages = behind_logfmt("- template: {source: t, template: '{{ trunc 19 .ts }}'}\n"
                               "- timestamp: {source: t, format: '2006-01-02T15:04:05', location: "
                               "America/New_York}\n")},
      {.name = "timestamp_unix",
       .stages = behind_logfmt("- timestamp: {source: ms, format: Unix}\n")},
      {.name = "timestamp_fudge",
       .stages = behind_logfmt("- timestamp: {source: level, format: RFC3339, fallback_formats: "
                               "[ANSIC, '2006-01-02']}\n")},
      {.name = "output", .stages = behind_logfmt("- output: {source: msg}\n")},
      {.name = "template",
       .stages = behind_logfmt("- template: {source: level, template: '{{ if eq .Value \"warn\" "
                               "}}4{{ else if eq .Value \"info\" }}6{{ else }}7{{ end }}'}\n")},
      {.name = "template_functions",
       .stages = behind_logfmt(
           "- template: {source: level, template: '{{ ToUpper .Value | printf \"%5s\" }} {{ "
           "Replace .ip \".\" \"-\" -1 }} {{ trunc 4 .id }} {{ default \"x\" .none }}'}\n")},
      {.name = "template_entry",
       .stages = "- template: {source: line, template: 'pre {{ .Entry }} post'}\n"
                 "- output: {source: line}\n"},
      {.name = "template_hash",
       .stages =
           behind_logfmt("- template: {source: ip, template: '{{ Hash \"salt\" .Value }}'}\n")},
      {.name = "template_regex",
       .stages = behind_logfmt("- template: {source: ip, template: '{{ regexReplaceAll \"[0-9]+\" "
                               ".Value \"#\" }}'}\n")},
  };
}

std::vector<StageExample> deciding_stages() {
  return {
      {.name = "match",
       .stages =
           behind_logfmt("- labels: {level: }\n- match: {selector: '{level=\"info\"} |= \"id\" "
                         "|~ \"ms=[0-9]+\"', stages: [{static_labels: {matched: yes it is}}]}\n")},
      {.name = "match_drop",
       .stages = "- match: {selector: '{job=~\"t|u\"} != \"id=00\"', action: drop}\n"},
      {.name = "drop_expression", .stages = "- drop: {expression: 'level=(debug|warn)'}\n"},
      {.name = "drop_source",
       .stages = behind_logfmt("- drop: {source: [level, ms], expression: '^info;1'}\n")},
      {.name = "drop_size_and_age",
       .stages =
           behind_logfmt("- timestamp: {source: ts, format: RFC3339}\n"
                         "- drop: {longer_than: 10, older_than: 24h}\n- output: {source: id}\n")},
      {.name = "limit", .stages = "- limit: {rate: 1000000, burst: 100, drop: true}\n"},
      {.name = "limit_by_label",
       .stages = behind_logfmt("- labels: {level: }\n- limit: {rate: 1000, burst: 10, drop: true, "
                               "by_label_name: level}\n")},
      {.name = "sampling", .stages = "- sampling: {rate: 0.5}\n"},
      {.name = "metrics_counter",
       .stages = behind_logfmt("- metrics: {lines: {type: Counter, config: {match_all: true, "
                               "action: inc}}, ms_sum: {type: Counter, source: ms, config: "
                               "{action: add}}}\n")},
      {.name = "metrics_gauge",
       .stages = behind_logfmt("- metrics: {last: {type: Gauge, source: ms, config: {action: "
                               "set}}}\n")},
      {.name = "metrics_histogram",
       .stages = behind_logfmt("- labels: {level: }\n- metrics: {ms: {type: Histogram, config: "
                               "{buckets: [1, 10, 100]}}}\n")},
  };
}

std::string indented(const std::string& text) {
  std::string result;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    result += "  " + line + "\n";
  return result;
}

const char* level_of(int i) {
  constexpr const char* kLevels[] = {"info", "warn", "debug"};
  return kLevels[i % 3];
}

std::string time_of(int i) {
  return fmt::format("2026-01-{:02}T10:{:02}:{:02}.{:06}Z", 1 + i % 28, i % 60, i % 59, i);
}

}  // namespace

std::vector<StageExample> stage_examples() {
  std::vector<StageExample> all = {{.name = "none", .stages = ""}};
  for (const auto& part :
       {parsing_stages(), label_stages(), time_and_text_stages(), deciding_stages()}) {
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

std::vector<config::StageConfig> parse_stages(const StageExample& example) {
  const std::string text =
      "clients: [{url: http://localhost/loki/api/v1/push}]\n"
      "scrape_configs:\n- job_name: t\n"
      "  static_configs: [{targets: [localhost], labels: {__path__: /x}}]\n"
      "  pipeline_stages:\n" +
      (example.stages.empty() ? "  []\n" : indented(example.stages));
  const config::LoadResult loaded = config::load_text(text, example.name, {});
  TAILRACE_CHECK(loaded.config.has_value());
  return loaded.config->scrape_configs.at(0).pipeline_stages;
}

std::string example_line(ExampleLine kind, int i) {
  const std::string time = time_of(i);
  const char* const level = level_of(i);
  const std::string ms = fmt::format("{}.{}", 1 + i % 900, i % 10);
  const std::string ip = fmt::format("203.0.{}.{}", i % 250, i % 199);
  switch (kind) {
    case ExampleLine::kLogfmt:
      return fmt::format(
          R"(ts={} level={} id={:06} ms={} ip={} msg="order {} \"accepted\" for customer 815")",
          time, level, i, ms, ip, i);
    case ExampleLine::kJson:
      return fmt::format(
          R"({{"ts":"{}","level":"{}","id":{},"times":{{"ms":{},"all":[1,2.5]}},"tags":["shop",)"
          R"("order","a{}"],"items":[{{"n":1}},{{"n":{}}}],"msg":"order \"{}\" accepted"}})",
          time, level, i, ms, i, 2 + i % 7, i);
    case ExampleLine::kAccess:
      return fmt::format("{} {} id={:06} path=/p/{} ms={} agent=\"Mozilla/5.0 (X11)\"", time, level,
                         i, i, ms);
    case ExampleLine::kCri:
      return fmt::format("{} std{} {} text {:06} of a container that says a little more", time,
                         i % 7 < 3 ? "err" : "out", i % 3 == 0 ? 'P' : 'F', i);
    case ExampleLine::kDocker:
      return fmt::format(R"({{"log":"text {:06} of a container\n","stream":"std{}","time":"{}"}})",
                         i, i % 3 == 0 ? "err" : "out", time);
    case ExampleLine::kEvents:
      return i % 6 == 0 ? fmt::format("[{}] something failed", i)
                        : fmt::format("  at com.example.Class.method(Class.java:{:06})", i);
    case ExampleLine::kColoured:
      return fmt::format("\x1b[32m{}\x1b[0m \x1b[1;31m{}\x1b[0m order {:06} accepted", time, level,
                         i);
    case ExampleLine::kMessage:
      break;
  }
  return fmt::format(
      R"({{"message":"A logon was attempted.\r\nSubject: user{:06}\r\nLogon Type: {}\r\nRest"}})",
      i, i % 9);
}

}  // namespace tailrace::testing
