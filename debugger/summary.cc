// What many traces add up to.
#include "debugger/summary.h"

#include <algorithm>
#include <utility>
#include <variant>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace tailrace::debugger {
namespace {

using Json = nlohmann::ordered_json;
using pipeline::Verdict;

// Stages that are there to change entries, and not to select, count or let pass.
bool changes_entries(const config::StageConfig& stage) {
  return !std::holds_alternative<config::MatchStageConfig>(stage.stage) &&
         !std::holds_alternative<config::DropStageConfig>(stage.stage) &&
         !std::holds_alternative<config::LimitStageConfig>(stage.stage) &&
         !std::holds_alternative<config::SamplingStageConfig>(stage.stage) &&
         !std::holds_alternative<config::MetricsStageConfig>(stage.stage) &&
         !std::holds_alternative<config::DecolorizeStageConfig>(stage.stage) &&
         !std::holds_alternative<config::MultilineStageConfig>(stage.stage);
}

std::string age_text(const char* what, std::uint64_t count, std::uint64_t all) {
  return fmt::format("{} of {} entries {}", count, all, what);
}

std::string spent_text(std::chrono::nanoseconds spent, std::uint64_t entries) {
  if (entries == 0) return "-";
  return fmt::format("{:.1f} us",
                     static_cast<double>(spent.count()) / 1000 / static_cast<double>(entries));
}

}  // namespace

void Summary::add_job(const std::string& name, std::span<const config::StageConfig> stages) {
  Job& job = jobs_[name];
  for (const StageOutline& outline : outline_of(stages)) {
    Stage& stage = job.stages.emplace_back();
    stage.number = outline.number;
    stage.name = outline.name;
    stage.depth = outline.depth;
    stage.line = outline.location.line;
    stage.should_change = changes_entries(*outline.config);
    if (const auto* labels = std::get_if<config::LabelsStageConfig>(&outline.config->stage)) {
      for (const auto& [label, source] : labels->labels)
        stage.labels.push_back(label);
    }
  }
}

void Summary::add(const EntryTrace& trace) {
  if (trace.fate == EntryTrace::Fate::kContext) return;
  Job& job = jobs_[trace.job];
  if (trace.first_stage == 0) ++lines_;
  for (const StageStep& step : trace.steps)
    count_step(stage_of(job, step), step);
  switch (trace.fate) {
    case EntryTrace::Fate::kLeft:
      ++kept_;
      count_entry(trace.after);
      break;
    case EntryTrace::Fate::kDropped:
      ++dropped_;
      break;
    case EntryTrace::Fate::kHeld:
      ++held_;
      break;
    case EntryTrace::Fate::kContext:
      break;
  }
}

Summary::Stage& Summary::stage_of(Job& job, const StageStep& step) {
  while (job.stages.size() <= step.number) {
    Stage& stage = job.stages.emplace_back();
    stage.number = job.stages.size() - 1;
  }
  Stage& stage = job.stages[step.number];
  if (stage.name.empty()) {
    stage.name = step.name;
    stage.depth = step.depth;
  }
  return stage;
}

void Summary::count_step(Stage& stage, const StageStep& step) {
  ++stage.entries;
  stage.spent += step.spent;
  if (!step.changes.empty() || !step.explanation.groups.empty()) ++stage.changed;
  for (const Change& change : step.changes) {
    if (change.field == Change::Field::kLabel) stage.labels_set.insert(change.name);
  }
  if (step.verdict == Verdict::kHold) ++stage.held;
  if (step.verdict == Verdict::kSkip) ++stage.passed_by;
  if (step.verdict != Verdict::kDrop) return;
  ++stage.dropped;
  ++stage.drop_reasons[step.explanation.drop_reason];
}

void Summary::count_entry(const EntrySnapshot& entry) {
  for (const auto& [name, value] : entry.labels) {
    Values& values = labels_[name];
    ++values.entries;
    if (values.seen.size() < kValuesMax) values.seen.insert(value);
  }
  if (entry.tenant) tenants_.insert(*entry.tenant);
  if (entry.labels.empty()) ++without_labels_;
  if (entry.labels.size() > kLabelsMax) ++too_many_labels_;
  if (entry.line.size() > kLineBytesMax) ++too_long_;
  const std::int64_t now = unix_nanoseconds(now_);
  const std::int64_t time = entry.time.ns();
  if (entry.time < Timestamp::of_ns(now - std::chrono::nanoseconds(kOldest).count())) ++too_old_;
  if (time > now + std::chrono::nanoseconds(kAhead).count()) ++ahead_;
  std::string stream = pairs_text(entry.labels) + entry.tenant.value_or("");
  const auto known = streams_.find(stream);
  if (known == streams_.end()) {
    if (streams_.size() < kStreamsMax) {
      streams_.emplace(std::move(stream), entry.time);
    } else {
      streams_overflow_ = true;
    }
    return;
  }
  if (entry.time < known->second) ++out_of_order_;
  if (known->second.seconds - entry.time.seconds > std::chrono::seconds(kBehindNewest).count()) {
    ++far_behind_;
  }
  known->second = std::max(known->second, entry.time);
}

std::vector<std::string> Summary::warnings() const {
  std::vector<std::string> warnings;
  warn_about_stages(warnings);
  warn_about_entries(warnings);
  return warnings;
}

void Summary::warn_about_stages(std::vector<std::string>& warnings) const {
  for (const auto& [name, job] : jobs_) {
    for (const Stage& stage : job.stages) {
      const std::string which = fmt::format(
          "{}{}stage {} ({}{})", name.empty() ? "" : "job " + name, name.empty() ? "" : ", ",
          stage.number, stage.name, stage.line == 0 ? "" : fmt::format(", line {}", stage.line));
      if (stage.entries == 0) {
        if (lines_ != 0) warnings.push_back(which + " was never reached");
      } else if (stage.name == "match" && stage.passed_by == stage.entries) {
        warnings.push_back(fmt::format("{} selected none of {} entries", which, stage.entries));
      } else if (stage.should_change && stage.changed == 0 && stage.dropped == 0 &&
                 stage.held == 0) {
        warnings.push_back(
            fmt::format("{} matched or changed none of {} entries", which, stage.entries));
      }
      if (stage.entries == 0) continue;
      for (const std::string& label : stage.labels) {
        if (!stage.labels_set.contains(label)) {
          warnings.push_back(fmt::format("{} never set the label \"{}\"", which, label));
        }
      }
    }
  }
}

void Summary::warn_about_entries(std::vector<std::string>& warnings) const {
  for (const auto& [name, values] : labels_) {
    const bool many = values.seen.size() > kManyValues;
    const bool nearly_unique = values.seen.size() > 10 && values.seen.size() * 2 > values.entries;
    if (many || nearly_unique) {
      warnings.push_back(fmt::format(
          "the label \"{}\" has {}{} values in {} entries: each makes a stream of its own; "
          "structured_metadata would not",
          name, values.seen.size() == kValuesMax ? "at least " : "", values.seen.size(),
          values.entries));
    }
  }
  const auto warn = [&](std::uint64_t count, const char* what) {
    if (count != 0) warnings.push_back(age_text(what, count, kept_));
  };
  warn(without_labels_, "have no label: Loki refuses them");
  warn(too_many_labels_, "have more than 15 labels: Loki refuses them by default");
  warn(too_long_, "are longer than 256 KiB: Loki refuses them by default");
  warn(too_old_, "are older than 7 days: Loki refuses them by default");
  warn(ahead_, "are more than 10 minutes ahead of the clock: Loki refuses them by default");
  warn(out_of_order_, "are older than one before them in their stream");
  warn(far_behind_,
       "are more than an hour older than the newest of their stream: Loki may refuse them");
}

std::string Summary::text(std::span<const std::string> samples, TextOutput::Colours colours) const {
  const auto paint = [colours](std::string_view code, std::string_view text) {
    if (colours == TextOutput::Colours::kNone) return std::string(text);
    return fmt::format("\033[{}m{}\033[0m", code, text);
  };
  std::string out = paint("1", "Summary") + "\n";
  out += fmt::format("  lines {}, entries kept {}, dropped {}, held for others {}\n", lines_, kept_,
                     dropped_, held_);
  for (const auto& [name, job] : jobs_) {
    if (job.stages.empty()) continue;
    out += fmt::format("  {:<28} {:>8} {:>8} {:>8} {:>11}\n", "stages of " + name, "entries",
                       "changed", "dropped", "per entry");
    for (const Stage& stage : job.stages) {
      out += fmt::format("    {:>3} {:<22} {:>8} {:>8} {:>8} {:>11}\n", stage.number,
                         std::string(stage.depth * 2, ' ') + stage.name, stage.entries,
                         stage.changed, stage.dropped, spent_text(stage.spent, stage.entries));
    }
    for (const Stage& stage : job.stages) {
      for (const auto& [reason, count] : stage.drop_reasons) {
        out += fmt::format("  dropped by stage {} ({}), counted as {}: {}\n", stage.number,
                           stage.name, reason.empty() ? "nothing" : reason, count);
      }
    }
  }
  out += fmt::format("  streams {}{}\n", streams_overflow_ ? "at least " : "", streams_.size());
  for (const auto& [name, values] : labels_) {
    out += fmt::format("  label {:<22} {} value{}", name, values.seen.size(),
                       values.seen.size() == 1 ? "" : "s");
    std::size_t shown = 0;
    for (const std::string& value : values.seen) {
      if (shown++ == 5) break;
      out += (shown == 1 ? ": " : ", ") + value;
    }
    out += values.seen.size() > 5 ? ", ...\n" : "\n";
  }
  if (!tenants_.empty()) {
    out += fmt::format("  tenants {}\n", fmt::join(tenants_, ", "));
  }
  for (const std::string& sample : samples)
    out += "  metric " + sample + "\n";
  for (const std::string& warning : warnings())
    out += paint("33", "  warning: " + warning) + "\n";
  return out;
}

std::string Summary::json(std::span<const std::string> samples) const {
  Json json;
  json["lines"] = lines_;
  json["kept"] = kept_;
  json["dropped"] = dropped_;
  json["held"] = held_;
  json["jobs"] = Json::array();
  for (const auto& [name, job] : jobs_) {
    Json stages = Json::array();
    for (const Stage& stage : job.stages) {
      stages.push_back({{"number", stage.number},
                        {"name", stage.name},
                        {"depth", stage.depth},
                        {"line", stage.line},
                        {"entries", stage.entries},
                        {"changed", stage.changed},
                        {"dropped", stage.dropped},
                        {"drop_reasons", stage.drop_reasons},
                        {"spent_ns", stage.spent.count()}});
    }
    json["jobs"].push_back({{"job", name}, {"stages", std::move(stages)}});
  }
  json["streams"] = streams_.size();
  json["labels"] = Json::object();
  for (const auto& [name, values] : labels_)
    json["labels"][name] = {{"values", values.seen.size()}, {"entries", values.entries}};
  json["tenants"] = tenants_;
  json["metrics"] = samples;
  json["warnings"] = warnings();
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace tailrace::debugger
