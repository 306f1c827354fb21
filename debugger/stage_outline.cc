// The stages of a job in the order in which they run.
#include "debugger/stage_outline.h"

#include <algorithm>
#include <string_view>
#include <variant>

namespace tailrace::debugger {
namespace {

// "scrape_configs[2].pipeline_stages[0].regex" -> "regex"
std::string name_of(const config::StageConfig& stage) {
  return stage.location.path.substr(stage.location.path.rfind('.') + 1);
}

void add_stages(std::span<const config::StageConfig> stages, std::size_t depth,
                std::vector<StageOutline>& out) {
  for (const config::StageConfig& stage : stages) {
    out.push_back({out.size(), name_of(stage), depth, stage.location, &stage});
    if (const auto* match = std::get_if<config::MatchStageConfig>(&stage.stage)) {
      add_stages(match->stages, depth + 1, out);
    }
  }
}

}  // namespace

std::vector<StageOutline> outline_of(std::span<const config::StageConfig> stages) {
  std::vector<StageOutline> outline;
  add_stages(stages, 0, outline);
  return outline;
}

std::vector<std::string> metric_names(std::span<const config::StageConfig> stages) {
  std::vector<std::string> names;
  for (const StageOutline& stage : outline_of(stages)) {
    const auto* const metrics = std::get_if<config::MetricsStageConfig>(&stage.config->stage);
    if (metrics == nullptr) continue;
    for (const config::MetricConfig& metric : metrics->metrics) {
      std::string name = metric.prefix + metric.name;
      if (std::find(names.begin(), names.end(), name) == names.end()) {
        names.push_back(std::move(name));
      }
    }
  }
  return names;
}

std::vector<std::string> samples_of(std::span<const std::string> metrics,
                                    std::span<const std::string> samples) {
  std::vector<std::string> found;
  for (const std::string& sample : samples) {
    std::string_view name = std::string_view(sample).substr(0, sample.find_first_of("{ "));
    const auto is = [&](std::string_view one) {
      return std::find(metrics.begin(), metrics.end(), one) != metrics.end();
    };
    bool ours = is(name) || name.starts_with("logentry_dropped_lines");
    for (const std::string_view suffix : {"_bucket", "_sum", "_count"}) {
      ours = ours || (name.ends_with(suffix) && is(name.substr(0, name.size() - suffix.size())));
    }
    if (ours) found.push_back(sample);
  }
  return found;
}

}  // namespace tailrace::debugger
