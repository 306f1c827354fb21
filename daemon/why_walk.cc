// The order of the steps on the way of a line.
#include "daemon/why_walk.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "daemon/why_delivery.h"
#include "daemon/why_stages.h"
#include "daemon/why_targets.h"
#include "tailer/rotation.h"

namespace tailrace::daemon {
namespace {

using Verdict = Finding::Verdict;

class Walk {
 public:
  explicit Walk(const WhyInput& input) : input_(input) { report_.path = input.wanted.path; }

  WhyReport walk() {
    if (look_at_file()) {
      for (WhyCandidate& candidate : find_targets()) {
        report_.jobs.push_back(std::move(candidate.way));
        if (!candidate.target.empty()) follow(candidate.target.front(), report_.jobs.back());
      }
    }
    conclude(report_);
    return std::move(report_);
  }

 private:
  // The file and the line in it. False: there is nothing to go on with.
  bool look_at_file() {
    const std::string& path = input_.wanted.path;
    const Result<FileStat> stat = input_.file_system.stat(path);
    if (!stat) {
      add("file", Verdict::kCause, "there is no such file: " + stat.error().message + siblings());
      return false;
    }
    stat_ = *stat;
    if (stat->kind != FileKind::kRegular) {
      add("file", Verdict::kCause,
          stat->kind == FileKind::kDirectory ? "this is a folder, only files are followed"
                                             : "this is no regular file, it is not followed");
      return false;
    }
    Result<FoundLine> found = find_line(input_.file_system, input_.wanted);
    if (found) {
      found_ = std::move(*found);
      report_.offset = found_->line.begin;
      report_.line = found_->line.text;
      return true;
    }
    if (found.error().code == Error::kInvalid) {
      no_line_ = found.error().message + siblings();
    } else {
      unreadable_ = found.error().message;
    }
    return true;
  }

  // Files that have the name in theirs: after a rotation the line may be there.
  std::string siblings() const {
    const std::string& path = input_.wanted.path;
    const std::size_t slash = path.rfind('/');
    const auto entries = input_.file_system.list(path.substr(0, std::max<std::size_t>(slash, 1)));
    if (!entries) return {};
    const std::string name = path.substr(slash + 1);
    std::vector<std::string> found;
    for (const DirectoryEntry& entry : *entries) {
      if (entry.name != name && entry.name.starts_with(name)) found.push_back(entry.name);
    }
    std::sort(found.begin(), found.end());
    constexpr std::size_t kShownMax = 5;
    std::string text;
    for (std::size_t i = 0; i < std::min(found.size(), kShownMax); ++i)
      text += (text.empty() ? "; beside it: " : ", ") + found[i];
    return text;
  }

  std::vector<WhyCandidate> find_targets() {
    WhyPlace place{.path = input_.wanted.path,
                   .real_path = {},
                   .host_name = input_.host_name,
                   .working_directory = input_.working_directory};
    if (const auto real = input_.file_system.real_path(place.path); real && *real != place.path) {
      place.real_path = *real;
    }
    WhyTargets targets = find_why_targets(input_.config, place);
    if (!targets.candidates.empty()) return std::move(targets.candidates);
    std::string text = input_.config.scrape_configs.empty() ? "the configuration has no jobs"
                                                            : "no job's __path__ names this file";
    for (const std::string& near : targets.near_misses)
      text += "; " + near;
    add("discovery", Verdict::kCause, std::move(text));
    return {};
  }

  // The way behind discovery.
  void follow(const WhyTarget& target, JobFindings& way) {
    const config::ScrapeConfig& job = *target.job;
    if (!check_file(job, way.findings)) return;
    const WhyLine line{input_, job, *found_, found_->line.begin};
    if (!input_.facts) {
      judge_state_on_disk(line, way.findings);
      if (way.first(Verdict::kCause) != nullptr) return;
    } else if (!judge_position(line, way.findings)) {
      return;
    }
    const StagesAnswer stages = run(line, target);
    // What ends it in the stages comes before what the positions say of it.
    const bool on_disk = !input_.facts;
    const auto behind = on_disk ? way.findings.end() - 1 : way.findings.end();
    way.findings.insert(behind, stages.findings.begin(), stages.findings.end());
    if (stages.fate != StagesAnswer::Fate::kLeft) return;
    if (!check_limits(stages.entry, way.findings)) return;
    if (!on_disk) judge_delivery(line, stages, way.findings);
  }

  bool check_file(const config::ScrapeConfig& job, std::vector<Finding>& findings) {
    const auto end = [&findings](std::string point, Verdict verdict, std::string text) {
      findings.push_back({std::move(point), verdict, std::move(text)});
      return false;
    };
    if (!unreadable_.empty()) {
      const bool program_too = input_.facts && !input_.facts->open_error.empty();
      return end("permission", program_too ? Verdict::kCause : Verdict::kUnknown,
                 program_too ? "the program cannot open the file: " + input_.facts->open_error
                             : "the file cannot be read here: " + unreadable_);
    }
    if (!job.decompression.enabled && !tailer::compression_suffix(input_.wanted.path).empty()) {
      return end("file", Verdict::kCause,
                 "compressed files of jobs without decompression are left out");
    }
    if (job.files.ignore_older.count() > 0 && !is_followed(job) &&
        stat_.modified + job.files.ignore_older < input_.now) {
      return end("file", Verdict::kCause,
                 fmt::format("it was last written at {}, and the job has ignore_older: {}",
                             why_time(unix_nanoseconds(stat_.modified)),
                             why_duration(job.files.ignore_older.count())));
    }
    if (job.decompression.enabled || !job.encoding.empty()) {
      return end("file", Verdict::kUnknown,
                 "lines of compressed and encoded files cannot be found here");
    }
    if (!found_) return end("line", Verdict::kCause, no_line_);
    return true;
  }

  bool is_followed(const config::ScrapeConfig& job) const {
    if (!input_.facts) return false;
    const auto& sources = input_.facts->sources;
    return std::any_of(sources.begin(), sources.end(),
                       [&job](const WhySource& source) { return source.job == job.job_name; });
  }

  StagesAnswer run(const WhyLine& line, const WhyTarget& target) const {
    std::map<std::string, std::string> labels = target.labels;
    labels["filename"] = input_.wanted.path;
    if (input_.facts) {
      const std::vector<const WhySource*> sources = sources_of(line);
      if (!sources.empty()) labels = sources.front()->labels;
    }
    const CutRecord* const cut = cut_of(line);
    const WallTime read_at = cut == nullptr ? stat_.modified : wall_time_from_unix(cut->time_ns);
    return run_stages({line.job, std::move(labels), *found_, read_at, input_.environment});
  }

  // limits_config. False: the way ends.
  bool check_limits(const debugger::EntrySnapshot& entry, std::vector<Finding>& findings) {
    const config::LimitsConfig& limits = input_.config.limits;
    const auto note = [&findings](Verdict verdict, std::string text) {
      findings.push_back({"limits", verdict, std::move(text)});
    };
    if (limits.max_line_size > 0 && entry.line.size() > limits.max_line_size) {
      note(limits.max_line_size_truncate ? Verdict::kOk : Verdict::kCause,
           fmt::format(
               "the line has {} bytes, and max_line_size is {}: it is {}", entry.line.size(),
               limits.max_line_size,
               limits.max_line_size_truncate ? "cut there" : "dropped, counted as line_too_long"));
      if (!limits.max_line_size_truncate) return false;
    }
    if (limits.readline_rate_enabled && limits.readline_rate_drop) {
      const double dropped = dropped_by("global_rate_limiter_drop");
      note(input_.facts && dropped == 0 ? Verdict::kOk : Verdict::kPossible,
           fmt::format("readline_rate lets {} lines per second pass (burst {}) and has dropped {} "
                       "since the start",
                       limits.readline_rate, limits.readline_burst, shown(dropped)));
    }
    if (limits.max_streams > 0) {
      const double dropped = dropped_by("stream_limited");
      note(input_.facts && dropped == 0 ? Verdict::kOk : Verdict::kPossible,
           fmt::format("max_streams allows {} streams in a batch and has dropped {} entries since "
                       "the start",
                       limits.max_streams, shown(dropped)));
    }
    return true;
  }

  double dropped_by(const std::string& reason) const {
    double sum = 0;
    if (!input_.facts) return sum;
    for (const auto& [series, value] : input_.facts->dropped) {
      if (series.find("\"" + reason + "\"") != std::string::npos) sum += value;
    }
    return sum;
  }

  std::string shown(double dropped) const {
    return input_.facts ? fmt::format("{:.0f}", dropped) : "an unknown number of";
  }

  void add(std::string point, Verdict verdict, std::string text) {
    report_.findings.push_back({std::move(point), verdict, std::move(text)});
  }

  const WhyInput& input_;
  WhyReport report_;
  FileStat stat_;
  std::optional<FoundLine> found_;
  std::string no_line_;
  std::string unreadable_;
};

}  // namespace

WhyReport walk_why(const WhyInput& input) {
  return Walk(input).walk();
}

}  // namespace tailrace::daemon
