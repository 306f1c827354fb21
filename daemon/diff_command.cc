// `tailrace diff`: the same lines through two configurations.
#include "daemon/diff_command.h"

#include <charconv>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "config/load.h"
#include "daemon/verb_flags.h"
#include "debugger/comparison.h"
#include "debugger/desk.h"

namespace tailrace::daemon {
namespace {

using debugger::DeskJob;

struct JobPair {
  DeskJob was;
  DeskJob now;
};

class DiffRun {
 public:
  DiffRun(const DiffOptions& options, const Clock& clock, const TextOutput& output,
          const Environment& environment)
      : options_(options), clock_(clock), output_(output), environment_(environment) {}

  // Whether nothing changes.
  Result<bool> run() {
    const auto time = parse_verb_time(options_.time, clock_);
    if (!time) return fail(time.error());
    time_ = *time;
    if (Status done = read(); !done) return fail(done.error());
    const auto pairs = pairs_of_jobs();
    if (!pairs) return fail(pairs.error());
    bool same = only_was_.empty() && only_now_.empty();
    for (const JobPair& pair : *pairs) {
      const auto compared = compare(pair);
      if (!compared) return fail(compared.error());
      same = same && compared->same();
      jobs_json_ +=
          (jobs_json_.empty() ? "" : ",") + debugger::comparison_json(pair.now.name, *compared);
      if (!json()) {
        output_.write("job " + pair.now.name + "\n" +
                      debugger::comparison_text(*compared, limit_, output_.colours));
      }
    }
    show_end(same);
    return same;
  }

 private:
  bool json() const { return options_.format == "json"; }

  void show_end(bool same) const {
    if (json()) {
      output_.write(fmt::format("{{\"same\":{},\"jobs\":[{}],\"jobs_gone\":{},\"jobs_new\":{}}}\n",
                                same, jobs_json_, nlohmann::json(only_was_).dump(),
                                nlohmann::json(only_now_).dump()));
      return;
    }
    for (const std::string& job : only_was_)
      output_.write("job " + job + " is gone\n");
    for (const std::string& job : only_now_)
      output_.write("job " + job + " is new\n");
  }

  Status read() {
    const auto [end, error] = std::from_chars(
        options_.limit.data(), options_.limit.data() + options_.limit.size(), limit_);
    if (error != std::errc() || end != options_.limit.data() + options_.limit.size()) {
      return fail(Error::kInvalid, "-limit: \"" + options_.limit + "\" is no number");
    }
    auto was = load_verb_config(
        options_.old_file, options_.expand_env ? ExpandEnv::kYes : ExpandEnv::kNo, environment_);
    if (!was) return fail(was.error());
    was_ = std::move(*was);
    auto now = load_verb_config(
        options_.new_file, options_.expand_env ? ExpandEnv::kYes : ExpandEnv::kNo, environment_);
    if (!now) return fail(now.error());
    now_ = std::move(*now);
    const auto labels = parse_verb_labels(options_.labels);
    if (!labels) return fail(labels.error());
    for (const std::string& path : options_.lines) {
      auto lines = read_lines(path);
      if (!lines) return fail(lines.error());
      all_lines_.insert(all_lines_.end(), lines->begin(), lines->end());
      inputs_.push_back({*labels, std::move(*lines)});
    }
    return {};
  }

  // Jobs of one name; the only ones of both whatever their names.
  Result<std::vector<JobPair>> pairs_of_jobs() {
    const config::Config& was = was_->config;
    const config::Config& now = now_->config;
    std::vector<JobPair> pairs;
    const bool single = was.scrape_configs.size() == 1 && now.scrape_configs.size() == 1;
    std::set<std::string> names;
    for (const config::ScrapeConfig& job : now.scrape_configs)
      names.insert(job.job_name);
    std::set<std::string> old_names;
    for (const config::ScrapeConfig& job : was.scrape_configs)
      old_names.insert(job.job_name);
    for (const config::ScrapeConfig& job : was.scrape_configs) {
      if (!options_.job.empty() && job.job_name != options_.job) continue;
      const std::string other = single && options_.job.empty() ? *names.begin() : job.job_name;
      auto before = debugger::find_desk_job(was, job.job_name);
      auto after = debugger::find_desk_job(now, other);
      if (before && after) {
        pairs.push_back({std::move(*before), std::move(*after)});
      } else {
        only_was_.push_back(job.job_name);
      }
    }
    for (const std::string& name : names) {
      const bool wanted = options_.job.empty() ? !single : name == options_.job;
      if (wanted && !old_names.contains(name)) only_now_.push_back(name);
    }
    if (pairs.empty() && only_was_.empty() && only_now_.empty()) {
      return fail(Error::kInvalid, "there is no job \"" + options_.job + "\" in either file");
    }
    return pairs;
  }

  Result<debugger::PipelineComparison> compare(const JobPair& pair) {
    const auto was = run_one(pair.was, options_.old_file);
    if (!was) return fail(was.error());
    const auto now = run_one(pair.now, options_.new_file);
    if (!now) return fail(now.error());
    return debugger::compare(*was, *now, all_lines_);
  }

  Result<debugger::DeskResult> run_one(const DeskJob& job, const std::string& file) {
    std::vector<config::Diagnostic> diagnostics;
    auto result = debugger::run_at_desk(
        job, inputs_, {.begin = time_, .stopwatch = clock_, .environment = environment_},
        diagnostics);
    if (result) return std::move(*result);
    return fail(Error::kInvalid,
                config::format_diagnostics(diagnostics, file, read_whole_file(file).value_or("")));
  }

  const DiffOptions& options_;
  const Clock& clock_;
  const TextOutput& output_;
  const Environment& environment_;
  WallTime time_{};
  std::size_t limit_ = 0;
  std::optional<VerbConfig> was_;
  std::optional<VerbConfig> now_;
  std::vector<debugger::DeskInput> inputs_;
  std::vector<std::string> all_lines_;
  std::vector<std::string> only_was_;
  std::vector<std::string> only_now_;
  std::string jobs_json_;
};

}  // namespace

Result<DiffOptions> parse_diff_options(std::span<const char* const> arguments) {
  DiffOptions options;
  const VerbFlag flags[] = {{"lines", &options.lines},
                            {"job", &options.job},
                            {"time", &options.time},
                            {"labels", &options.labels},
                            {"format", &options.format},
                            {"limit", &options.limit},
                            {"help", &options.help},
                            {"h", &options.help},
                            {"config.expand-env", &options.expand_env}};
  const auto files = parse_verb_flags(arguments, flags);
  if (!files) return fail(files.error());
  if (options.help) return options;
  if (files->size() != 2) return fail(Error::kInvalid, "give two configurations, OLD and NEW");
  if (options.format != "text" && options.format != "json") {
    return fail(Error::kInvalid, "-format: \"" + options.format + "\" is neither text nor json");
  }
  options.old_file = files->front();
  options.new_file = files->back();
  if (options.lines.empty()) options.lines.emplace_back("-");
  return options;
}

std::string diff_help_text() {
  return "tailrace diff runs the same lines through two configurations and says what would change\n"
         "in labels, lines, timestamps, structured metadata, tenants, drops and metrics.\n\n"
         "Usage: tailrace diff [flags] OLD.yaml NEW.yaml\n\n"
         "Jobs of the same name are compared, or the only ones of both files.\n\n"
         "  -lines=FILE             lines; may be given several times (default: standard input)\n"
         "  -job=NAME               only this job\n"
         "  -labels=A=B,C=D         labels of the target, over those of the job\n"
         "  -time=TIME              when the lines are read, as 2026-01-02T03:04:05Z (default: "
         "now)\n"
         "  -config.expand-env      replace ${VAR} in both files\n"
         "  -limit=N                so many lines are shown per job (default 50)\n"
         "  -format=text|json       json: all lines that change, in one object\n"
         "  -help                   print this text\n\n"
         "Exit status: 0 nothing changes, 1 something does, 2 something cannot be read or built.\n";
}

int run_diff(const DiffOptions& options, const Clock& clock, const VerbOutput& out,
             const Environment& environment) {
  const Result<bool> same = DiffRun(options, clock, out.output, environment).run();
  if (same) return *same ? 0 : 1;
  std::string message = same.error().message;
  if (!message.ends_with('\n')) message += '\n';
  out.errors.write(message);
  return 2;
}

}  // namespace tailrace::daemon
