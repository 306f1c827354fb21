// Discovery and relabelling, looked at for one file.
#include "daemon/why_targets.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "debugger/entry_trace.h"
#include "discovery/relabel.h"
#include "discovery/static_discovery.h"
#include "discovery/target.h"
#include "tailer/path_glob.h"

namespace tailrace::daemon {
namespace {

using config::LabelMap;
using Verdict = Finding::Verdict;

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash);
}

std::string at_line(const config::SourceLocation& location) {
  return location.line == 0 ? "" : fmt::format(", line {}", location.line);
}

const std::string* label_of(const LabelMap& labels, const std::string& name) {
  const auto found = labels.find(name);
  return found == labels.end() ? nullptr : &found->second;
}

// Only these drop a target.
std::string_view dropping_action(config::RelabelConfig::Action action) {
  using Action = config::RelabelConfig::Action;
  switch (action) {
    case Action::kDrop:
      return "drop";
    case Action::kKeepEqual:
      return "keepequal";
    case Action::kDropEqual:
      return "dropequal";
    default:
      return "keep";
  }
}

// What one job does with one discovered target.
class TargetWalk {
 public:
  TargetWalk(const config::ScrapeConfig& job, const WhyPlace& place) : job_(job), place_(place) {}

  // Nothing: the target has nothing to do with the file.
  std::optional<WhyCandidate> walk(const discovery::Target& target) {
    const std::string* const first_path = label_of(target.labels, "__path__");
    LabelMap labels = target.labels;
    candidate_.way.job = job_.job_name;
    if (const auto dropped = relabel(labels)) {
      if (first_path == nullptr || !names(*first_path)) return std::nullopt;
      named(*first_path, target);
      add("relabelling", Verdict::kCause,
          fmt::format("rule {} of relabel_configs (action {}{}) drops the target {}",
                      dropped->number, dropped->action, dropped->place,
                      debugger::pairs_text(target.labels)));
      return std::move(candidate_);
    }
    const std::string* const path = label_of(labels, "__path__");
    if (path == nullptr || !names(*path)) return std::nullopt;
    named(*path, target);
    if (!job_.relabel_configs.empty()) {
      add("relabelling", Verdict::kOk,
          fmt::format("{} rules keep the target: {}", job_.relabel_configs.size(),
                      debugger::pairs_text(labels)));
    }
    if (!check_host(labels) || !check_exclude(labels)) return std::move(candidate_);
    std::erase_if(labels, [](const auto& label) { return label.first.starts_with("__"); });
    candidate_.target.push_back({&job_, std::move(labels)});
    return std::move(candidate_);
  }

  // The pattern of the target when the file is near it.
  static std::optional<std::string> near_miss(const std::string& job, const std::string& pattern,
                                              const std::string& path) {
    const std::string folder = folder_of(path);
    const std::string pattern_folder = folder_of(pattern);
    if (pattern_folder == folder) {
      return fmt::format("job {} follows {}: the same folder, but another name", job, pattern);
    }
    const std::string fixed = pattern.substr(0, pattern.find_first_of("*?[{"));
    if (!fixed.empty() && fixed.size() > 1 && path.starts_with(fixed)) {
      return fmt::format("job {} follows {}: begins the same", job, pattern);
    }
    const std::string name = path.substr(folder.size());
    if (name.size() > 1 && pattern.ends_with(name)) {
      return fmt::format("job {} follows {}: the same name in another folder", job, pattern);
    }
    return std::nullopt;
  }

 private:
  struct Dropped {
    std::size_t number;
    std::string action;
    std::string place;
  };

  // The rule that drops the target; `labels` become what the rules make of them.
  std::optional<Dropped> relabel(LabelMap& labels) const {
    std::vector<config::Diagnostic> diagnostics;
    const auto& rules = job_.relabel_configs;
    const LabelMap before = labels;
    for (std::size_t count = 0; count <= rules.size(); ++count) {
      const auto relabeler = discovery::Relabeler::compile(
          {rules.begin(), rules.begin() + static_cast<std::ptrdiff_t>(count)}, diagnostics);
      if (!relabeler) return std::nullopt;
      labels = before;
      if (relabeler->run(labels) != discovery::Relabeler::Verdict::kDrop) continue;
      const config::RelabelConfig& rule = rules[count - 1];
      return Dropped{count, std::string(dropping_action(rule.action)), at_line(rule.location)};
    }
    return std::nullopt;
  }

  bool names(const std::string& pattern) const {
    const auto glob = tailer::PathGlob::parse(pattern, {place_.working_directory});
    if (!glob) return false;
    return glob->matches(place_.path) ||
           (!place_.real_path.empty() && glob->matches(place_.real_path));
  }

  void named(const std::string& pattern, const discovery::Target& target) {
    add("discovery", Verdict::kOk,
        fmt::format("{} names it: __path__ {}{}", target.found_by, pattern,
                    at_line(job_.location)));
  }

  bool check_host(const LabelMap& labels) {
    const std::string* const host = label_of(labels, "__host__");
    if (host == nullptr || *host == place_.host_name) return true;
    add("relabelling", Verdict::kCause,
        fmt::format("__host__ is \"{}\", and this machine is \"{}\"", *host, place_.host_name));
    return false;
  }

  bool check_exclude(const LabelMap& labels) {
    const std::string* const exclude = label_of(labels, "__path_exclude__");
    if (exclude == nullptr || exclude->empty()) return true;
    const bool excluded = names(*exclude);
    add("exclude", excluded ? Verdict::kCause : Verdict::kOk,
        fmt::format("__path_exclude__ {} {}", *exclude,
                    excluded ? "leaves the file out" : "does not mean it"));
    return !excluded;
  }

  void add(std::string point, Verdict verdict, std::string text) {
    candidate_.way.findings.push_back({std::move(point), verdict, std::move(text)});
  }

  const config::ScrapeConfig& job_;
  const WhyPlace& place_;
  WhyCandidate candidate_;
};

}  // namespace

WhyTargets find_why_targets(const config::Config& config, const WhyPlace& place) {
  WhyTargets result;
  for (const config::ScrapeConfig& job : config.scrape_configs) {
    for (const discovery::Target& target : discovery::static_targets(job)) {
      if (auto candidate = TargetWalk(job, place).walk(target)) {
        result.candidates.push_back(std::move(*candidate));
        continue;
      }
      const std::string* const pattern = label_of(target.labels, "__path__");
      if (pattern == nullptr) continue;
      auto near = TargetWalk::near_miss(job.job_name, *pattern, place.path);
      if (near && std::find(result.near_misses.begin(), result.near_misses.end(), *near) ==
                      result.near_misses.end()) {
        result.near_misses.push_back(std::move(*near));
      }
    }
  }
  return result;
}

}  // namespace tailrace::daemon
