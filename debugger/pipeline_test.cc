// Reads test files, as strictly as configurations.
#include "debugger/pipeline_test.h"

#include <algorithm>

#include <fmt/format.h>

#include "config/load.h"
#include "config/report.h"
#include "config/yaml_document.h"
#include "pipeline/go_time/layout.h"

namespace tailrace::debugger {
namespace {

using config::Fields;
using config::Report;
using config::YamlNode;

config::LabelMap read_map(Fields& fields, std::string_view key) {
  config::TextPairs pairs;
  fields.read(key, pairs);
  return {pairs.begin(), pairs.end()};
}

void read_begin(Fields& fields, WallTime& begin) {
  std::string text;
  fields.read("time", text);
  if (text.empty()) return;
  const auto parser = pipeline::TimeParser::create("RFC3339Nano", std::nullopt);
  const auto time = parser ? (*parser)->parse(text, 0) : std::nullopt;
  if (time) {
    begin = wall_time_from_unix(time->ns());
  } else {
    fields.error("time", fmt::format("\"{}\" is not like 2026-01-02T03:04:05Z", text));
  }
}

// A line is text; `{wait: 5s}` lets time pass.
void read_step(const YamlNode& node, std::string path, Report& report,
               std::vector<TestStep>& steps) {
  if (node.is_scalar()) {
    steps.emplace_back(node.text);
    return;
  }
  std::chrono::nanoseconds time{-1};
  Fields fields = Fields::strict(node, std::move(path), report);
  fields.read("wait", time);
  fields.require("wait");
  fields.finish();
  if (time.count() >= 0) steps.emplace_back(time);
}

ExpectedEntry read_entry(const YamlNode& node, std::string path, Report& report) {
  ExpectedEntry entry;
  entry.location = {path, node.line, node.column};
  if (node.is_scalar()) {  // Only the line matters.
    entry.line = node.text;
    return entry;
  }
  Fields fields = Fields::strict(node, std::move(path), report);
  fields.read("line", entry.line);
  if (fields.find("labels") != nullptr) entry.labels = read_map(fields, "labels");
  fields.read("timestamp", entry.timestamp);
  if (fields.find("structured_metadata") != nullptr) {
    fields.read("structured_metadata", entry.metadata.emplace());
  }
  fields.read("tenant", entry.tenant);
  fields.finish();
  return entry;
}

void read_expectations(Fields fields, PipelineTest& test) {
  // An empty list says that nothing leaves the pipeline; list() takes it for absent.
  if (const YamlNode* list = fields.find("entries"); list != nullptr && !list->is_null()) {
    test.entries.emplace();
    if (const YamlNode* items = fields.list("entries")) {
      for (std::size_t i = 0; i < items->items.size(); ++i) {
        test.entries->push_back(read_entry(*items->items[i],
                                           fmt::format("{}[{}]", fields.path_of("entries"), i),
                                           fields.report()));
      }
    }
  }
  fields.read("metrics", test.metrics);
  if (!test.entries && !test.metrics) {
    fields.report().error({fields.path(), fields.node().line, fields.node().column},
                          "says nothing to compare: `entries`, `metrics` or both");
  }
  fields.finish();
}

PipelineTest read_test(const YamlNode& node, const std::string& path, Report& report) {
  PipelineTest test;
  test.location = {path, node.line, node.column};
  test.begin = kTestBegin;
  Fields fields = Fields::strict(node, path, report);
  fields.read("name", test.name);
  fields.require("name");
  fields.read("job", test.job);
  if (const YamlNode* stages = fields.list("pipeline_stages")) {
    test.stages = config::load_stages(*stages, fields.path_of("pipeline_stages"), report);
    if (!test.job.empty()) fields.error("pipeline_stages", "stands beside `job`: give one of them");
  } else if (test.job.empty()) {
    report.error(test.location, "needs a `job` of the configuration, or `pipeline_stages`");
  }
  test.labels = read_map(fields, "labels");
  read_begin(fields, test.begin);
  if (const YamlNode* lines = fields.list("lines")) {
    for (std::size_t i = 0; i < lines->items.size(); ++i) {
      read_step(*lines->items[i], fmt::format("{}[{}]", fields.path_of("lines"), i), report,
                test.steps);
    }
  }
  fields.require("lines");
  if (auto expect = fields.block("expect")) {
    read_expectations(std::move(*expect), test);
  } else {
    fields.require("expect");
  }
  fields.finish();
  return test;
}

}  // namespace

std::optional<TestFile> parse_test_file(std::string_view text,
                                        std::vector<config::Diagnostic>& diagnostics) {
  const config::YamlDocument document = config::YamlDocument::parse(text);
  diagnostics = document.diagnostics();
  Report report;
  TestFile file;
  if (document.root() != nullptr) {
    Fields fields = Fields::strict(*document.root(), "", report);
    fields.read("config", file.config);
    if (const YamlNode* tests = fields.list("tests")) {
      for (std::size_t i = 0; i < tests->items.size(); ++i) {
        file.tests.push_back(read_test(*tests->items[i], fmt::format("tests[{}]", i), report));
      }
    }
    fields.require("tests");
    if (file.tests.empty() && !report.has_errors()) fields.error("tests", "there is none");
    fields.finish();
  }
  for (config::Diagnostic& diagnostic : report.take())
    diagnostics.push_back(std::move(diagnostic));
  const bool failed =
      std::any_of(diagnostics.begin(), diagnostics.end(), [](const config::Diagnostic& one) {
        return one.severity == config::Diagnostic::Severity::kError;
      });
  if (failed) return std::nullopt;
  return file;
}

}  // namespace tailrace::debugger
