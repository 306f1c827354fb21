// A pipeline with a worker's surroundings, and what leaves it.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/metrics.h"
#include "pipeline/build_pipeline.h"
#include "tests/fakes/fake_clock.h"

namespace tailrace::pipeline::testing {

// An entry that left the pipeline.
struct Sent {
  std::string labels;
  std::string line;
  std::int64_t time_ns = 0;  // The nearest, where it does not fit.
  std::size_t lines = 0;     // Of how many raw lines it is made.
  std::vector<std::pair<std::string, std::string>> metadata;
  Timestamp time{};
};

inline std::vector<config::StageConfig> stages() {
  return {};
}

// stages(RegexStageConfig{...}, LabelsStageConfig{...})
template <typename... Configs>
std::vector<config::StageConfig> stages(Configs... configs) {
  return {config::StageConfig{std::move(configs), {}}...};
}

inline config::RegexStageConfig regex(std::string expression) {
  return {.expression = std::move(expression), .source = std::nullopt};
}
inline config::LabelsStageConfig labels(std::vector<std::string> names) {
  config::LabelsStageConfig config;
  for (std::string& name : names)
    config.labels.emplace_back(name, name);
  return config;
}
inline config::MultilineStageConfig multiline(std::string firstline,
                                              std::uint64_t lines_max = 128) {
  return {.firstline = std::move(firstline), .lines_max = lines_max};
}
inline config::MetricConfig counter(std::string name) {
  config::MetricConfig config;
  config.source = name;
  config.name = std::move(name);
  config.match_all = true;
  return config;
}
inline config::MetricsStageConfig count(std::string name) {
  return {.metrics = {counter(std::move(name))}};
}

// Feeds lines of one source (or several) as a worker does and keeps what comes out.
class PipelineRig : public EntrySink {
 public:
  explicit PipelineRig(std::vector<config::StageConfig> config,
                       std::uint64_t held_bytes_max = kHeldBytesMax,
                       StageObserver* observer = nullptr)
      : arena_(1U << 20U), job_(metrics_, clock_) {
    auto built =
        build_pipeline(config,
                       {.arena = arena_,
                        .label_sets = table_,
                        .held_lines = held_,
                        .clock = clock_,
                        .held_bytes_max = held_bytes_max,
                        .observer = observer,
                        .environment = [this](std::string_view name) -> std::optional<std::string> {
                          const auto found = environment_.find(std::string(name));
                          if (found == environment_.end()) return std::nullopt;
                          return found->second;
                        }},
                       job_, diagnostics_);
    if (built.has_value()) pipeline_ = std::move(*built);
  }
  // Pinned sets are unpinned before their table goes.
  ~PipelineRig() override { pipeline_.reset(); }

  // Runs the next line of `source_`.
  void run(std::string_view text, EntryRole role = EntryRole::kFresh) {
    run_as(next_line_++, text, role);
  }
  void run_all(const std::vector<std::string>& lines) {
    for (const std::string& line : lines)
      run(line);
  }
  void run_as(std::uint64_t number, std::string_view text, EntryRole role) {
    const std::string copy(text);  // Views into it must not outlive the line.
    const LabelSet& labels = table_.intern(target_);
    const LineOrigin origin{source_, number};
    const std::int64_t time = received_ns_.value_or(unix_nanoseconds(clock_.wall_now()));
    held_.begin_line(origin, number * 100, time, copy);
    Line line;
    line.text = copy;
    pipeline_->run(line, origin, labels, time, role, *this);
    arena_.reset();
  }
  // What a restart does with the lines that `other` holds.
  void replay(const PipelineRig& other) {
    for (const HeldLine& line : other.held()) {
      next_line_ = line.number + 1;
      run_as(line.number, line.text, line.context ? EntryRole::kContext : EntryRole::kReplayed);
    }
  }
  void advance(std::chrono::nanoseconds time) { clock_.advance(time); }
  void release_due() { pipeline_->release_due(clock_.steady_now(), *this); }

  std::vector<HeldLine> held() const {
    std::vector<HeldLine> result;
    held_.append_held(source_, result);
    return result;
  }
  // Texts of the held lines, context in brackets.
  std::vector<std::string> held_texts() const {
    std::vector<std::string> result;
    for (const HeldLine& line : held()) {
      result.push_back(line.context ? "[" + line.text + "]" : line.text);
    }
    return result;
  }
  std::vector<std::string> sent_lines() const {
    std::vector<std::string> result;
    for (const Sent& sent : sent_)
      result.push_back(sent.line);
    return result;
  }
  std::vector<std::string> sent_labels() const {
    std::vector<std::string> result;
    for (const Sent& sent : sent_)
      result.push_back(sent.labels);
    return result;
  }
  // /metrics lines that begin with `prefix`.
  std::vector<std::string> metric_lines(std::string_view prefix) {
    pipeline_->publish();
    std::vector<std::string> result;
    std::string text = metrics_.serialize();
    for (std::size_t begin = 0; begin < text.size();) {
      const std::size_t end = text.find('\n', begin);
      if (text.substr(begin, end - begin).starts_with(prefix)) {
        result.push_back(text.substr(begin, end - begin));
      }
      begin = end + 1;
    }
    return result;
  }

  void accept(const LabelSet& labels, const Entry& entry) override {
    sent_.push_back({labels.text(),
                     std::string(entry.line),
                     entry.time.ns(),
                     entry.origins.size(),
                     {},
                     entry.time});
    metadata_.clear();
    for (const LabelPair& pair : entry.metadata)
      metadata_ += std::string(pair.name) + "=" + std::string(pair.value);
    for (const LabelPair& pair : entry.metadata)
      sent_.back().metadata.emplace_back(pair.name, pair.value);
  }
  void make_room(std::uint64_t bytes) override { rooms_.push_back(bytes); }

  testing::Sent last() const { return sent_.at(sent_.size() - 1); }

  tailrace::testing::FakeClock clock_;
  std::map<std::string, std::string> environment_;  // For templates.
  Metrics metrics_;
  Arena arena_;
  LabelSetTable table_;
  HeldLines held_;
  JobState job_;
  std::vector<config::Diagnostic> diagnostics_;
  std::unique_ptr<Pipeline> pipeline_;
  std::vector<LabelPair> target_ = {{"job", "t"}};  // Sorted by name.
  std::optional<std::int64_t> received_ns_;         // Of the lines; the clock's time.
  SourceId source_ = 1;
  std::uint64_t next_line_ = 0;
  std::vector<Sent> sent_;
  std::vector<std::uint64_t> rooms_;
  std::string metadata_;  // Of the last entry.
};

}  // namespace tailrace::pipeline::testing
