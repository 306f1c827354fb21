// What the tests of a configuration reached.
#include "debugger/coverage.h"

#include <variant>

#include <fmt/format.h>

namespace tailrace::debugger {
namespace {

// What is to be reached in one stage, and whether it was.
struct Goal {
  const char* missing;
  bool reached;
};

bool may_drop(const config::StageConfig& stage) {
  if (const auto* match = std::get_if<config::MatchStageConfig>(&stage.stage)) {
    return match->action == config::MatchStageConfig::Action::kDrop;
  }
  return std::holds_alternative<config::DropStageConfig>(stage.stage);
}

}  // namespace

void Coverage::add_job(const std::string& name, std::span<const config::StageConfig> stages) {
  std::vector<Stage>& job = jobs_[name];
  job.clear();
  for (StageOutline& outline : outline_of(stages))
    job.push_back({std::move(outline)});
}

void Coverage::add(const std::string& job, const EntryTrace& trace) {
  const auto found = jobs_.find(job);
  if (found == jobs_.end()) return;
  for (const StageStep& step : trace.steps) {
    Stage& stage = found->second.at(step.number);
    ++stage.entries;
    if (step.verdict == pipeline::Verdict::kSkip) ++stage.passed_by;
    if (step.verdict == pipeline::Verdict::kDrop) ++stage.dropped;
  }
}

std::string Coverage::text(const std::string& file_name) const {
  std::string text;
  std::size_t goals = 0;
  std::size_t reached = 0;
  for (const auto& [name, job] : jobs_) {
    for (const Stage& stage : job) {
      std::vector<Goal> wanted = {{"never reached", stage.entries != 0}};
      if (stage.entries != 0 && stage.outline.name == "match") {
        wanted.push_back({"never selected an entry", stage.passed_by != stage.entries});
        wanted.push_back({"selected every entry", stage.passed_by != 0});
      } else if (stage.entries != 0 && may_drop(*stage.outline.config)) {
        wanted.push_back({"never dropped an entry", stage.dropped != 0});
        wanted.push_back({"dropped every entry", stage.dropped != stage.entries});
      } else if (stage.entries == 0 &&
                 (stage.outline.name == "match" || may_drop(*stage.outline.config))) {
        goals += 2;
      }
      for (const Goal& goal : wanted) {
        ++goals;
        if (goal.reached) {
          ++reached;
        } else {
          text += fmt::format("{}:{}: job {}, stage {} ({}): {}\n", file_name,
                              stage.outline.location.line, name, stage.outline.number,
                              stage.outline.name, goal.missing);
        }
      }
    }
  }
  return text +
         fmt::format("{}: tests reach {} of {} stages and branches\n", file_name, reached, goals);
}

}  // namespace tailrace::debugger
