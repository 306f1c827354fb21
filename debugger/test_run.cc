// Compares what left a pipeline with what should have.
#include "debugger/test_run.h"

#include <algorithm>

#include <fmt/format.h>

#include "config/yaml_document.h"
#include "config/yaml_writer.h"
#include "model/label_set.h"
#include "shippers/print_shipper.h"

namespace tailrace::debugger {
namespace {

using config::YamlWriter;

std::string labels_text(const config::LabelMap& labels) {
  std::vector<LabelPair> pairs;
  for (const auto& [name, value] : labels)
    pairs.push_back({name, value});
  return LabelSet(pairs).text();
}

std::string metadata_text(const config::TextPairs& metadata) {
  std::string text;
  for (const auto& [name, value] : metadata)
    text += fmt::format("{}{}={}", text.empty() ? "" : ", ", name, value);
  return text;
}

// Stands for a time at which the test read lines.
constexpr std::string_view kRead = "read";

bool is_time_of_reading(const EntrySnapshot& entry, const TestResult& result) {
  return entry.time.ns() >= unix_nanoseconds(result.begin) &&
         entry.time.ns() <= unix_nanoseconds(result.end);
}

class Comparison {
 public:
  explicit Comparison(std::vector<Difference>& differences) : differences_(differences) {}

  void compare(std::string what, const std::optional<std::string>& expected,
               const std::optional<std::string>& observed) {
    if (expected != observed) differences_.push_back({std::move(what), expected, observed});
  }

  void compare_entry(std::size_t number, const ExpectedEntry& expected,
                     const EntrySnapshot& observed, const TestResult& result) {
    const std::string entry = fmt::format("entry {}, ", number);
    if (expected.line) compare(entry + "line", expected.line, observed.line);
    if (expected.labels) {
      compare(entry + "labels", labels_text(*expected.labels), labels_text(observed.labels));
    }
    if (expected.timestamp) {
      const bool by_reading = *expected.timestamp == kRead && is_time_of_reading(observed, result);
      compare(entry + "timestamp", expected.timestamp,
              by_reading ? std::string(kRead) : timestamp_text(observed.time));
    }
    if (expected.metadata) {
      compare(entry + "structured_metadata", metadata_text(*expected.metadata),
              metadata_text(observed.metadata));
    }
    if (expected.tenant) compare(entry + "tenant", expected.tenant, observed.tenant.value_or(""));
  }

  void compare_entries(const std::vector<ExpectedEntry>& expected, const TestResult& result) {
    const std::vector<EntrySnapshot>& observed = result.entries;
    for (std::size_t i = 0; i < std::max(expected.size(), observed.size()); ++i) {
      const std::string what = fmt::format("entry {}", i + 1);
      if (i >= observed.size()) {
        compare(what, expected[i].line.value_or("an entry"), std::nullopt);
      } else if (i >= expected.size()) {
        compare(what, std::nullopt, labels_text(observed[i].labels) + " " + observed[i].line);
      } else {
        compare_entry(i + 1, expected[i], observed[i], result);
      }
    }
  }

  // Each of `expected` must be among the samples; one with the same series shows its value.
  void compare_metrics(const std::vector<std::string>& expected,
                       const std::vector<std::string>& observed) {
    for (const std::string& sample : expected) {
      if (std::find(observed.begin(), observed.end(), sample) != observed.end()) continue;
      const std::string series = sample.substr(0, sample.rfind(' ') + 1);
      const auto same =
          std::find_if(observed.begin(), observed.end(),
                       [&](const std::string& other) { return other.starts_with(series); });
      compare("metric", sample, same == observed.end() ? std::nullopt : std::optional(*same));
    }
  }

 private:
  std::vector<Difference>& differences_;
};

const config::ScrapeConfig* find_job(const config::Config* config, const std::string& name) {
  if (config == nullptr) return nullptr;
  const auto found = std::find_if(config->scrape_configs.begin(), config->scrape_configs.end(),
                                  [&](const auto& job) { return job.job_name == name; });
  return found == config->scrape_configs.end() ? nullptr : &*found;
}

void write_entries(YamlWriter& yaml, const TestResult& result) {
  if (result.entries.empty()) return yaml.empty_list("entries");
  yaml.begin("entries");
  for (const EntrySnapshot& entry : result.entries) {
    yaml.begin_item();
    yaml.text("line", entry.line);
    if (entry.labels.empty()) {
      yaml.empty_map("labels");
    } else {
      yaml.begin("labels");
      for (const auto& [name, value] : entry.labels)
        yaml.text(name, value);
      yaml.end();
    }
    yaml.text("timestamp",
              is_time_of_reading(entry, result) ? std::string(kRead) : timestamp_text(entry.time));
    if (!entry.metadata.empty()) {
      yaml.begin("structured_metadata");
      for (const auto& [name, value] : entry.metadata)
        yaml.text(name, value);
      yaml.end();
    }
    if (entry.tenant) yaml.text("tenant", *entry.tenant);
    yaml.end();
  }
  yaml.end();
}

}  // namespace

std::string timestamp_text(const Timestamp& time) {
  std::string text = shippers::dry_run_time(time);
  text.replace(text.find('+'), std::string::npos, "Z");
  return text;
}

TestResult run_test(const PipelineTest& test, const config::Config* config,
                    const Environment& environment, pipeline::StageObserver* observer) {
  TestResult result;
  result.name = test.name;
  result.location = test.location;
  result.begin = test.begin;
  std::span<const config::StageConfig> stages = test.stages;
  if (!test.job.empty()) {
    const config::ScrapeConfig* const job = find_job(config, test.job);
    if (job == nullptr) {
      result.differences.push_back(
          {"job", test.job, config == nullptr ? "no configuration is given" : "no such job"});
      return result;
    }
    stages = job->pipeline_stages;
  }
  std::vector<config::Diagnostic> diagnostics;
  auto trial = Trial::create(stages, {test.labels, test.begin, observer, environment}, diagnostics);
  if (!trial) {
    result.diagnostics = std::move(diagnostics);
    return result;
  }
  for (const TestStep& step : test.steps) {
    if (const auto* line = std::get_if<std::string>(&step)) {
      (*trial)->run(*line);
    } else {
      (*trial)->wait(std::get<std::chrono::nanoseconds>(step));
    }
  }
  (*trial)->end();
  result.end = (*trial)->now();
  result.entries = (*trial)->entries();
  result.metrics = (*trial)->metrics();
  Comparison comparison(result.differences);
  if (test.entries) comparison.compare_entries(*test.entries, result);
  if (test.metrics) comparison.compare_metrics(*test.metrics, result.metrics);
  return result;
}

std::string record_tests(std::string_view text, std::span<const TestResult> results) {
  const config::YamlDocument document = config::YamlDocument::parse(text);
  YamlWriter yaml;
  for (const config::YamlEntry& entry : document.root()->entries) {
    if (entry.key != "tests") {
      yaml.node(entry.key, *entry.value, YamlWriter::Show::kAll);
      continue;
    }
    yaml.begin("tests");
    for (std::size_t i = 0; i < results.size(); ++i) {
      const config::YamlNode& test = *entry.value->items[i];
      yaml.begin_item();
      for (const config::YamlEntry& key : test.entries) {
        if (key.key != "expect") yaml.node(key.key, *key.value, YamlWriter::Show::kAll);
      }
      yaml.begin("expect");
      write_entries(yaml, results[i]);
      if (!results[i].metrics.empty()) {
        yaml.begin("metrics");
        for (const std::string& sample : results[i].metrics)
          yaml.item(sample);
        yaml.end();
      }
      yaml.end();
      yaml.end();
    }
    yaml.end();
  }
  return yaml.result();
}

}  // namespace tailrace::debugger
