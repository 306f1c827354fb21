// Runs the stages of a job again around one line.
#include "daemon/why_stages.h"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "debugger/trace_recorder.h"
#include "debugger/trial.h"
#include "pipeline/selection.h"

namespace tailrace::daemon {
namespace {

using config::StageConfig;
using debugger::EntryTrace;
using Verdict = Finding::Verdict;

// In the order of their numbers: nested ones behind their `match`.
void flatten(const std::vector<StageConfig>& stages, std::vector<const StageConfig*>& flat) {
  for (const StageConfig& stage : stages) {
    flat.push_back(&stage);
    if (const auto* const match = std::get_if<config::MatchStageConfig>(&stage.stage)) {
      flatten(match->stages, flat);
    }
  }
}

// The same stages, none of which drops by chance or by rate.
std::vector<StageConfig> without_chance(std::vector<StageConfig> stages) {
  constexpr double kNoLimit = 1e9;
  for (StageConfig& stage : stages) {
    if (auto* const sampling = std::get_if<config::SamplingStageConfig>(&stage.stage)) {
      sampling->rate = 1;
    } else if (auto* const limit = std::get_if<config::LimitStageConfig>(&stage.stage)) {
      *limit = {.rate = kNoLimit, .burst = 1'000'000'000, .by_label = std::nullopt};
    } else if (auto* const match = std::get_if<config::MatchStageConfig>(&stage.stage)) {
      match->stages = without_chance(std::move(match->stages));
    }
  }
  return stages;
}

class StageWalk {
 public:
  explicit StageWalk(const StagesAsked& asked) : asked_(asked) {
    flatten(asked.job.pipeline_stages, flat_);
  }

  StagesAnswer run() {
    if (!run_trial()) return std::move(answer_);
    for (const EntryTrace& trace : traces_) {
      for (const debugger::StageStep& step : trace.steps)
        note_chance(step);
    }
    judge();
    return std::move(answer_);
  }

 private:
  bool run_trial() {
    const std::size_t number = asked_.found.before.size();
    SystemClock stopwatch;
    debugger::TraceRecorder recorder(stopwatch, [this, number](EntryTrace trace) {
      const bool meant =
          std::any_of(trace.origins.begin(), trace.origins.end(),
                      [number](const LineOrigin& origin) { return origin.line == number; });
      if (meant) traces_.push_back(std::move(trace));
    });
    std::vector<config::Diagnostic> diagnostics;
    const auto trial = debugger::Trial::create(without_chance(asked_.job.pipeline_stages),
                                               {.labels = asked_.labels,
                                                .begin = asked_.read_at,
                                                .observer = &recorder,
                                                .environment = asked_.environment},
                                               diagnostics);
    if (!trial) {
      const std::string why = diagnostics.empty() ? trial.error().message
                                                  : diagnostics.front().location.path + ": " +
                                                        diagnostics.front().message;
      add(Verdict::kUnknown, "the stages cannot be built here: " + why);
      return false;
    }
    for (const FileLine& line : asked_.found.before)
      (*trial)->run(line.text);
    (*trial)->run(asked_.found.line.text);
    for (const FileLine& line : asked_.found.after)
      (*trial)->run(line.text);
    (*trial)->end();
    return true;
  }

  std::string name_of(const debugger::StageStep& step) const {
    const auto line = step.number < flat_.size() ? flat_[step.number]->location.line : 0;
    const std::string place = line == 0 ? "" : fmt::format(", line {}", line);
    return fmt::format("stage {} ({}{})", step.number, step.name, place);
  }

  void note_chance(const debugger::StageStep& step) {
    if (step.number >= flat_.size()) return;
    const auto& stage = flat_[step.number]->stage;
    if (const auto* const sampling = std::get_if<config::SamplingStageConfig>(&stage)) {
      add(Verdict::kPossible,
          fmt::format("{} keeps one of {:.6g} lines by chance (rate {}); it may have dropped this "
                      "one, counted as {}",
                      name_of(step), sampling->rate > 0 ? 1 / sampling->rate : 0.0, sampling->rate,
                      sampling->drop_counter_reason));
    }
    const auto* const limit = std::get_if<config::LimitStageConfig>(&stage);
    if (limit != nullptr && limit->excess == config::LimitStageConfig::Excess::kDrop) {
      const std::string by = limit->by_label ? " for each value of " + *limit->by_label : "";
      add(Verdict::kPossible,
          fmt::format(
              "{} lets {} lines per second pass (burst {}){}; it may have dropped this one, "
              "counted as ratelimit_drop_stage",
              name_of(step), limit->rate, limit->burst, by));
    }
  }

  void judge() {
    const auto left = std::find_if(traces_.begin(), traces_.end(), [](const EntryTrace& trace) {
      return trace.fate == EntryTrace::Fate::kLeft;
    });
    if (left != traces_.end()) {
      leaves(*left);
      return;
    }
    const auto dropped = std::find_if(traces_.begin(), traces_.end(), [](const EntryTrace& trace) {
      return trace.fate == EntryTrace::Fate::kDropped;
    });
    if (dropped == traces_.end() || dropped->steps.empty()) {
      add(Verdict::kUnknown, "run again, the line does not come out of the stages");
      return;
    }
    answer_.fate = StagesAnswer::Fate::kDropped;
    const debugger::StageStep& step = dropped->steps.back();
    std::string text = name_of(step) + " drops it";
    for (const std::string& reason : step.explanation.reasons)
      text += "; " + reason;
    if (!step.explanation.drop_reason.empty()) {
      text += "; counted as " + step.explanation.drop_reason;
    }
    add(Verdict::kCause, std::move(text));
  }

  void leaves(const EntryTrace& trace) {
    answer_.fate = StagesAnswer::Fate::kLeft;
    answer_.entry = trace.after;
    answer_.lines = trace.origins.size();
    answer_.own_time = trace.after.time != Timestamp::of_ns(unix_nanoseconds(asked_.read_at));
    std::string text = flat_.empty() ? "the job has no stages"
                                     : fmt::format("{} stages let it pass", flat_.size());
    if (answer_.lines > 1) {
      text += fmt::format("; it is part of an entry of {} lines", answer_.lines);
    }
    for (const EntryTrace& one : traces_) {
      for (const debugger::StageStep& step : one.steps)
        text += changes_of(step);
    }
    add(Verdict::kOk, std::move(text));
  }

  // Labels that the target had and that are others now: the stream is not where it is looked for.
  std::string changes_of(const debugger::StageStep& step) const {
    std::string text;
    for (const debugger::Change& change : step.changes) {
      if (change.field == debugger::Change::Field::kTenant) {
        text +=
            fmt::format("; {} sets the tenant to \"{}\"", name_of(step), change.now.value_or(""));
      }
      if (change.field != debugger::Change::Field::kLabel || !change.was) continue;
      text += change.now ? fmt::format("; {} changes label {} from \"{}\" to \"{}\"", name_of(step),
                                       change.name, *change.was, *change.now)
                         : fmt::format("; {} removes label {}", name_of(step), change.name);
    }
    return text;
  }

  void add(Verdict verdict, std::string text) {
    answer_.findings.push_back({"stages", verdict, std::move(text)});
  }

  const StagesAsked& asked_;
  std::vector<const StageConfig*> flat_;
  std::vector<EntryTrace> traces_;
  StagesAnswer answer_;
};

}  // namespace

StagesAnswer run_stages(const StagesAsked& asked) {
  return StageWalk(asked).run();
}

Result<bool> selector_means(const std::string& selector,
                            const std::map<std::string, std::string>& labels,
                            const std::string& line) {
  // `match` that drops is what the selector means.
  config::MatchStageConfig match;
  match.selector = selector;
  match.action = config::MatchStageConfig::Action::kDrop;
  const std::vector<StageConfig> stages{{match, {}}};
  std::vector<config::Diagnostic> diagnostics;
  const auto trial = debugger::Trial::create(stages, {.labels = labels}, diagnostics);
  if (!trial) {
    return fail(Error::kInvalid,
                diagnostics.empty() ? trial.error().message : diagnostics.front().message);
  }
  (*trial)->run(line);
  return (*trial)->entries().empty();
}

std::optional<std::string> failing_line_filter(const std::string& selector,
                                               const std::map<std::string, std::string>& labels,
                                               const std::string& line) {
  const auto selection = pipeline::Selection::create(selector);
  return selection ? (*selection)->failing_filter(labels, line) : std::nullopt;
}

}  // namespace tailrace::daemon
