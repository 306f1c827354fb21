// Runs the recorded cases of tests/cases/stages through the configuration and a pipeline.
#include <algorithm>
#include <cctype>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include "config/load.h"
#include "pipeline/matching/regex_matcher.h"
#include "tests/pipeline/explaining_observer.h"
#include "tests/pipeline/pipeline_rig.h"

namespace tailrace::pipeline::testing {
namespace {

struct StageCase {
  std::string name;
  YAML::Node node;
};

// Text or !!binary.
std::string text_of(const YAML::Node& node) {
  if (node.Tag() != "tag:yaml.org,2002:binary") return node.as<std::string>();
  const auto binary = node.as<YAML::Binary>();
  std::string result;
  for (std::size_t i = 0; i < binary.size(); ++i)
    result += static_cast<char>(binary.data()[i]);
  return result;
}

std::string identifier(const std::string& text) {
  std::string result;
  for (const char c : text) {
    result += std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
  }
  return result;
}

std::vector<StageCase> all_cases() {
  std::vector<std::filesystem::path> files;
  for (const auto& file :
       std::filesystem::directory_iterator(TAILRACE_SOURCE_DIR "/tests/cases/stages")) {
    if (file.path().extension() == ".yaml") files.push_back(file.path());
  }
  std::sort(files.begin(), files.end());
  std::vector<StageCase> cases;
  for (const auto& file : files) {
    std::size_t number = 0;
    for (const YAML::Node& node : YAML::LoadFile(file.string())) {
      cases.push_back({file.stem().string() + "_" + std::to_string(++number) + "_" +
                           identifier(node["name"].as<std::string>()),
                       node});
    }
  }
  return cases;
}

std::string indented(const std::string& text) {
  std::string result;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    result += "    " + line + "\n";
  return result;
}

std::string configuration(const YAML::Node& node) {
  std::string text =
      "clients:\n- url: http://localhost/loki/api/v1/push\n"
      "scrape_configs:\n- job_name: test\n"
      "  static_configs:\n  - targets: [localhost]\n    labels: {__path__: /x}\n";
  if (node["stages"]) text += "  pipeline_stages:\n" + indented(node["stages"].as<std::string>());
  return text;
}

std::string rfc3339(const Timestamp& timestamp) {
  using namespace std::chrono;
  const sys_seconds time{seconds(timestamp.seconds)};
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(time - day);
  std::array<char, 64> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%09u",
                static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
                static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()), timestamp.nanoseconds);
  std::string text = buffer.data();
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text + "Z";
}

// Per label set, in order.
using Grouped = std::map<std::string, std::vector<std::string>>;

using Metadata = std::vector<std::pair<std::string, std::string>>;

std::string shown(const std::string& line, const std::string& ts, const Metadata& metadata) {
  std::string text = ts + " " + line;
  for (const auto& [name, value] : metadata)
    text += " [" + name + "=" + value + "]";
  return text;
}

// Promtail's client takes the tenant off the labels; without one it has its own.
constexpr std::string_view kTenantLabel = "__tenant_id__";

std::string client_tenant(const YAML::Node& node) {
  if (!node["client_extra"]) return "";
  const YAML::Node client = YAML::Load(node["client_extra"].as<std::string>());
  return client["tenant_id"] ? client["tenant_id"].as<std::string>() : "";
}

Grouped observed(const YAML::Node& node) {
  Grouped result;
  for (const YAML::Node& entry : node["observed"]) {
    std::vector<std::pair<std::string, std::string>> texts;
    for (const auto& label : entry["labels"]) {
      texts.emplace_back(label.first.as<std::string>(), text_of(label.second));
    }
    std::vector<LabelPair> pairs;
    if (entry["tenant"]) texts.emplace_back(kTenantLabel, entry["tenant"].as<std::string>());
    for (const auto& [name, value] : texts)
      pairs.push_back({name, value});
    Metadata metadata;
    for (const YAML::Node& pair : entry["structured_metadata"])
      metadata.emplace_back(text_of(pair[0]), text_of(pair[1]));
    std::sort(metadata.begin(), metadata.end());  // Promtail's order is random.
    result[LabelSet(pairs).text()].push_back(
        shown(text_of(entry["line"]), entry["ts"].as<std::string>(), metadata));
  }
  return result;
}

void sort_if_unordered(const YAML::Node& node, Grouped& grouped) {
  if (!node["unordered"]) return;
  for (auto& [labels, entries] : grouped)
    std::sort(entries.begin(), entries.end());
}

class CaseRun {
 public:
  CaseRun(const YAML::Node& node, const std::vector<config::StageConfig>& stages,
          StageObserver* observer)
      : node_(node), rig_(stages, kHeldBytesMax, observer), client_tenant_(client_tenant(node)) {
    for (const auto& variable : node["env"]) {
      rig_.environment_[variable.first.as<std::string>()] = variable.second.as<std::string>();
    }
    if (rig_.environment_.empty()) rig_.environment_["TZ"] = "UTC";  // Of all recordings.
    for (const auto& label : node["labels"]) {
      labels_[label.first.as<std::string>()] = text_of(label.second);
    }
    if (from_file()) labels_["filename"] = "<DIR>/in.log";
    rig_.target_.clear();
    for (const auto& [name, value] : labels_)
      rig_.target_.push_back({name, value});
  }

  bool was_built() const { return rig_.pipeline_ != nullptr; }

  void run() {
    std::size_t index = 0;
    for (const YAML::Node& line : node_["lines"]) {
      pause_before(index++);
      std::string text = text_of(line);
      if (!from_file()) {
        text.erase(text.find_last_not_of("\r\n") + 1);
        if (text.empty()) continue;
      }
      const std::size_t sent = rig_.sent_.size();
      rig_.run(text);
      note_times(sent);
      rig_.pipeline_->publish();
    }
    pause_before(index);
    const std::size_t sent = rig_.sent_.size();
    rig_.pipeline_->end_input(rig_);
    note_times(sent);
  }

  Grouped entries() const {
    Grouped result;
    for (std::size_t i = 0; i < rig_.sent_.size(); ++i) {
      const Sent& sent = rig_.sent_[i];
      Metadata metadata = sent.metadata;
      std::sort(metadata.begin(), metadata.end());
      result[with_tenant(sent.labels)].push_back(shown(sent.line, times_[i], metadata));
    }
    return result;
  }

  std::vector<std::string> metrics() {
    const auto pattern = RegexMatcher::create(node_["metrics"].as<std::string>(), {});
    std::vector<std::string> result;
    for (const std::string& line : rig_.metric_lines("")) {
      if ((*pattern)->matches(line)) result.push_back(line);
    }
    std::sort(result.begin(), result.end());
    return result;
  }

 private:
  std::string with_tenant(const std::string& labels) const {
    if (client_tenant_.empty() || labels.find(kTenantLabel) != std::string::npos) return labels;
    const std::string tenant =
        std::string(kTenantLabel) + "=\"" + client_tenant_ + "\"" + (labels == "{}" ? "" : ", ");
    return "{" + tenant + labels.substr(1);
  }

  bool from_file() const { return node_["input"] && node_["input"].as<std::string>() == "file"; }

  void pause_before(std::size_t index) {
    if (!node_["pauses"] || !node_["pauses"][index]) return;
    const std::chrono::duration<double> pause(node_["pauses"][index].as<double>());
    rig_.advance(std::chrono::duration_cast<std::chrono::nanoseconds>(pause));
    const std::size_t sent = rig_.sent_.size();
    if (rig_.pipeline_->next_release() <= rig_.clock_.steady_now()) rig_.release_due();
    note_times(sent);
  }

  // The clock stands at the time of some line of this run: everything since its start is "now".
  void note_times(std::size_t from) {
    for (std::size_t i = from; i < rig_.sent_.size(); ++i) {
      const std::int64_t time = rig_.sent_[i].time_ns;
      const bool is_now = time >= begin_ && time <= unix_nanoseconds(rig_.clock_.wall_now());
      times_.push_back(is_now ? "now" : rfc3339(rig_.sent_[i].time));
    }
  }

  const YAML::Node& node_;
  std::map<std::string, std::string> labels_;
  PipelineRig rig_;
  const std::string client_tenant_;
  const std::int64_t begin_ = unix_nanoseconds(rig_.clock_.wall_now());
  std::vector<std::string> times_;  // Of rig_.sent_.
};

class StageCases : public ::testing::TestWithParam<StageCase> {};

// Runs the case and compares; `observer` may watch.
void check(const YAML::Node& node, StageObserver* observer) {
  const std::string deviation = node["deviation"] ? node["deviation"].as<std::string>() : "";
  const bool refused = node["refused"].IsDefined() || deviation == "refused";
  const std::string text = configuration(node);
  const config::LoadResult loaded = config::load_text(text, "case.yaml", {});
  const std::string problems = format_diagnostics(loaded.diagnostics, "case.yaml", text);
  if (!loaded.config.has_value()) {
    EXPECT_TRUE(refused || deviation == "any") << problems;
    return;
  }
  CaseRun run(node, loaded.config->scrape_configs.at(0).pipeline_stages, observer);
  if (!run.was_built()) {
    EXPECT_TRUE(refused || deviation == "any");
    return;
  }
  ASSERT_FALSE(refused) << text;
  run.run();
  if (deviation == "any" || node["unstable"]) return;
  Grouped expected = observed(node);
  Grouped actual = run.entries();
  sort_if_unordered(node, expected);
  sort_if_unordered(node, actual);
  EXPECT_EQ(actual, expected);
  if (!node["metrics"] || !deviation.empty()) return;
  std::vector<std::string> metrics;
  for (const YAML::Node& line : node["observed_metrics"])
    metrics.push_back(text_of(line));
  std::sort(metrics.begin(), metrics.end());
  EXPECT_EQ(run.metrics(), metrics);
}

TEST_P(StageCases, does_as_recorded) {
  check(GetParam().node, nullptr);
}

// Whoever asks why does not change what happens.
TEST_P(StageCases, does_as_recorded_when_asked_why) {
  ExplainingObserver observer(2);
  check(GetParam().node, &observer);
}

INSTANTIATE_TEST_SUITE_P(Recorded, StageCases, ::testing::ValuesIn(all_cases()),
                         [](const ::testing::TestParamInfo<StageCase>& test) {
                           return test.param.name;
                         });

}  // namespace
}  // namespace tailrace::pipeline::testing
