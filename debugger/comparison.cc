// What the same lines become in two pipelines.
#include "debugger/comparison.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "debugger/trace_json.h"

namespace tailrace::debugger {
namespace {

using Json = nlohmann::ordered_json;

// What became of a line.
struct Outcome {
  std::string fate;  // "sent", "sent together with line 3", "dropped by stage 2 (drop)"
  std::optional<EntrySnapshot> entry;  // In which it left; only at the first line of an entry.
};

// By line. A line that a stage held has its outcome from the entry that was made of it.
std::map<std::uint64_t, Outcome> outcomes_of(const DeskResult& result) {
  std::map<std::uint64_t, Outcome> outcomes;
  for (const EntryTrace& trace : result.traces) {
    if (trace.fate == EntryTrace::Fate::kHeld && !trace.origins.empty()) {
      // Only what nothing is made of keeps this.
      outcomes.emplace(trace.origins.back().line,
                       Outcome{"never completed in stage " + trace.steps.back().name, {}});
    }
  }
  for (const EntryTrace& trace : result.traces) {
    if (trace.fate == EntryTrace::Fate::kHeld) continue;
    for (const LineOrigin& origin : trace.origins) {
      Outcome outcome;
      if (trace.fate == EntryTrace::Fate::kDropped) {
        outcome.fate = fmt::format("dropped by the {} stage", trace.steps.back().name);
      } else if (origin == trace.origins.front()) {
        outcome.fate = trace.origins.size() == 1
                           ? "sent"
                           : fmt::format("sent with {} lines behind it", trace.origins.size() - 1);
        outcome.entry = trace.after;
      } else {
        outcome.fate = fmt::format("part of the entry of line {}", trace.origins.front().line + 1);
      }
      outcomes[origin.line] = std::move(outcome);
    }
  }
  return outcomes;
}

void note(std::string what, const std::string& was, const std::string& now,
          std::vector<PipelineDifference>& differences) {
  if (was != now) differences.push_back({std::move(what), was, now});
}

std::vector<PipelineDifference> differences_of(const Outcome& was, const Outcome& now) {
  std::vector<PipelineDifference> differences;
  note("entries", was.fate, now.fate, differences);
  if (!was.entry || !now.entry) return differences;
  note("labels", pairs_text(was.entry->labels), pairs_text(now.entry->labels), differences);
  note("line", was.entry->line, now.entry->line, differences);
  note("timestamp", time_text(was.entry->time), time_text(now.entry->time), differences);
  note("structured_metadata", pairs_text(was.entry->metadata), pairs_text(now.entry->metadata),
       differences);
  note("tenant", was.entry->tenant.value_or(""), now.entry->tenant.value_or(""), differences);
  return differences;
}

std::map<std::string, std::string> series_of(const DeskResult& result) {
  std::map<std::string, std::string> series;
  for (const std::string& sample : result.samples) {
    const std::size_t blank = sample.rfind(' ');
    series[sample.substr(0, blank)] = sample.substr(blank + 1);
  }
  return series;
}

std::vector<PipelineDifference> metric_differences(const DeskResult& was, const DeskResult& now) {
  std::vector<PipelineDifference> differences;
  const auto before = series_of(was);
  const auto after = series_of(now);
  for (const auto& [name, value] : before) {
    const auto other = after.find(name);
    note(name, value, other == after.end() ? "" : other->second, differences);
  }
  for (const auto& [name, value] : after) {
    if (!before.contains(name)) differences.push_back({name, "", value});
  }
  return differences;
}

void count(const DeskResult& result, std::size_t& kept, std::size_t& streams) {
  std::set<std::string> labels;
  for (const EntryTrace& trace : result.traces) {
    if (trace.fate != EntryTrace::Fate::kLeft) continue;
    ++kept;
    labels.insert(trace.after.tenant.value_or("") + pairs_text(trace.after.labels));
  }
  streams = labels.size();
}

Json differences_json(const std::vector<PipelineDifference>& differences) {
  Json json = Json::array();
  for (const PipelineDifference& difference : differences)
    json.push_back({{"what", difference.what}, {"was", difference.was}, {"now", difference.now}});
  return json;
}

}  // namespace

PipelineComparison compare(const DeskResult& was, const DeskResult& now,
                           const std::vector<std::string>& lines) {
  PipelineComparison comparison;
  comparison.lines = lines.size();
  count(was, comparison.kept_was, comparison.streams_was);
  count(now, comparison.kept_now, comparison.streams_now);
  auto before = outcomes_of(was);
  auto after = outcomes_of(now);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    auto differences = differences_of(before[i], after[i]);
    if (!differences.empty()) {
      comparison.lines_changed.push_back({i, lines[i], std::move(differences)});
    }
  }
  comparison.metrics_changed = metric_differences(was, now);
  return comparison;
}

std::string comparison_text(const PipelineComparison& comparison, std::size_t lines_max,
                            TextOutput::Colours colours) {
  const auto paint = [colours](std::string_view code, std::string_view text) {
    if (colours == TextOutput::Colours::kNone) return std::string(text);
    return fmt::format("\033[{}m{}\033[0m", code, text);
  };
  std::string text;
  const auto add = [&](const PipelineDifference& difference) {
    text += "    " + difference.what + "\n";
    if (!difference.was.empty()) text += paint("31", "      - " + difference.was) + "\n";
    if (!difference.now.empty()) text += paint("32", "      + " + difference.now) + "\n";
  };
  const std::size_t shown = std::min(lines_max, comparison.lines_changed.size());
  for (std::size_t i = 0; i < shown; ++i) {
    const LineDifference& line = comparison.lines_changed[i];
    text += paint("1", fmt::format("  line {}: {}", line.line + 1, line.text)) + "\n";
    for (const PipelineDifference& difference : line.differences)
      add(difference);
  }
  if (shown < comparison.lines_changed.size()) {
    text += fmt::format("  and more: {}\n", comparison.lines_changed.size() - shown);
  }
  if (!comparison.metrics_changed.empty()) text += paint("1", "  metrics") + "\n";
  for (const PipelineDifference& difference : comparison.metrics_changed)
    add(difference);
  text += fmt::format("  {} of {} lines change; entries {} -> {}, streams {} -> {}\n",
                      comparison.lines_changed.size(), comparison.lines, comparison.kept_was,
                      comparison.kept_now, comparison.streams_was, comparison.streams_now);
  return text;
}

std::string comparison_json(const std::string& job, const PipelineComparison& comparison) {
  Json json;
  json["job"] = job;
  json["lines"] = comparison.lines;
  json["lines_changed"] = Json::array();
  for (const LineDifference& line : comparison.lines_changed) {
    json["lines_changed"].push_back({{"line", line.line + 1},
                                     {"text", line.text},
                                     {"differences", differences_json(line.differences)}});
  }
  json["metrics_changed"] = differences_json(comparison.metrics_changed);
  json["entries"] = {{"was", comparison.kept_was}, {"now", comparison.kept_now}};
  json["streams"] = {{"was", comparison.streams_was}, {"now", comparison.streams_now}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace tailrace::debugger
