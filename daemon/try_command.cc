// `tailrace try`: what a job's stages do to some lines.
#include "daemon/try_command.h"

#include <optional>
#include <utility>

#include <fmt/format.h>

#include "config/load.h"
#include "daemon/verb_flags.h"
#include "debugger/desk.h"
#include "debugger/stage_outline.h"
#include "debugger/summary.h"
#include "debugger/trace_json.h"
#include "debugger/trace_text.h"

namespace tailrace::daemon {
namespace {

Error wrong_option(std::string message) {
  return {Error::kInvalid, std::move(message)};
}

class TryRun {
 public:
  TryRun(const TryOptions& options, const Clock& clock, const VerbOutput& out,
         const Environment& environment)
      : options_(options),
        clock_(clock),
        output_(out.output),
        errors_(out.errors),
        environment_(environment) {}

  Status run() {
    const auto time = parse_verb_time(options_.time, clock_);
    if (!time) return fail(time.error());
    if (Status known = find_stages(); !known) return known;
    std::vector<config::Diagnostic> diagnostics;
    debugger::Summary summary(*time);
    summary.add_job(job_.name, job_.stages);
    const auto desk = debugger::Desk::create(
        job_, {.begin = *time, .stopwatch = clock_, .environment = environment_},
        [&](const debugger::EntryTrace& trace) {
          summary.add(trace);
          show(trace);
        },
        diagnostics);
    const std::string said = config::format_diagnostics(diagnostics, source_name_, source_text_);
    if (desk == nullptr) return fail(Error::kInvalid, said);
    errors_.write(said);
    if (Status done = run_inputs(*desk); !done) return done;
    desk->end();
    const auto samples = debugger::samples_of(debugger::metric_names(job_.stages), desk->samples());
    output_.write(json() ? "{\"summary\":" + summary.json(samples) + "}\n"
                         : summary.text(samples, output_.colours));
    return {};
  }

 private:
  Status find_stages() {
    if (!options_.stages.empty()) {
      auto stages = load_verb_stages(options_.stages);
      if (!stages) return fail(stages.error());
      stages_ = std::move(*stages);
      job_ = {"", stages_, {}};
      source_name_ = "stages";
      source_text_ = options_.stages;
      return {};
    }
    auto config = load_verb_config(
        options_.config_file, options_.expand_env ? ExpandEnv::kYes : ExpandEnv::kNo, environment_);
    if (!config) return fail(config.error());
    config_ = std::move(*config);
    const auto job = debugger::find_desk_job(config_->config, options_.job);
    if (!job) return fail(job.error());
    job_ = *job;
    source_name_ = options_.config_file;
    source_text_ = read_whole_file(options_.config_file).value_or("");
    return {};
  }

  bool json() const { return options_.format == "json"; }

  Status run_inputs(debugger::Desk& desk) {
    const auto labels = parse_verb_labels(options_.labels);
    if (!labels) return fail(labels.error());
    desk.set_labels(*labels);
    for (const std::string& line : options_.lines)
      desk.run(line);
    for (const std::string& path : options_.inputs) {
      config::LabelMap all = *labels;
      if (path != "-") all.emplace("filename", path);  // As a followed file has it.
      desk.set_labels(all);
      const Status read = for_each_line(path, [&](std::string_view line) { desk.run(line); });
      if (!read) return read;
    }
    return {};
  }

  void show(const debugger::EntryTrace& trace) const {
    if (json()) {
      const auto detail =
          options_.inspect ? debugger::TraceDetail::kStages : debugger::TraceDetail::kEntry;
      output_.write(debugger::trace_json(trace, detail) + "\n");
    } else if (options_.inspect) {
      output_.write(debugger::trace_text(trace, output_.colours));
    } else if (trace.fate == debugger::EntryTrace::Fate::kLeft) {
      output_.write(debugger::entry_text(trace, output_.colours));
    }
  }

  const TryOptions& options_;
  const Clock& clock_;
  const TextOutput& output_;
  const TextOutput& errors_;
  const Environment& environment_;
  std::optional<VerbConfig> config_;
  std::vector<config::StageConfig> stages_;
  debugger::DeskJob job_;
  std::string source_name_;
  std::string source_text_;
};

}  // namespace

Result<TryOptions> parse_try_options(std::span<const char* const> arguments) {
  TryOptions options;
  const VerbFlag flags[] = {{"config.file", &options.config_file},
                            {"config.expand-env", &options.expand_env},
                            {"job", &options.job},
                            {"stages", &options.stages},
                            {"labels", &options.labels},
                            {"time", &options.time},
                            {"line", &options.lines},
                            {"format", &options.format},
                            {"inspect", &options.inspect},
                            {"help", &options.help},
                            {"h", &options.help}};
  auto inputs = parse_verb_flags(arguments, flags);
  if (!inputs) return fail(inputs.error());
  options.inputs = std::move(*inputs);
  if (options.help) return options;
  if (options.config_file.empty() && options.stages.empty()) {
    return fail(wrong_option("give -config.file or -stages"));
  }
  if (!options.stages.empty()) {
    for (const auto& [flag, given] : {std::pair("-config.file", !options.config_file.empty()),
                                      std::pair("-job", !options.job.empty()),
                                      std::pair("-config.expand-env", options.expand_env)}) {
      if (given) return fail(wrong_option(std::string(flag) + " has no effect beside -stages"));
    }
  }
  if (options.format != "text" && options.format != "json") {
    return fail(wrong_option("-format: \"" + options.format + "\" is neither text nor json"));
  }
  if (options.lines.empty() && options.inputs.empty()) options.inputs.emplace_back("-");
  return options;
}

std::string try_help_text() {
  return "tailrace try shows what stages do to lines. Nothing is followed, sent or saved.\n\n"
         "Usage: tailrace try [flags] [FILE ...]\n\n"
         "Lines come from -line, then from the files, or from standard input (-, and without "
         "any).\n"
         "\n"
         "  -config.file=FILE       configuration that has the job\n"
         "  -config.expand-env      replace ${VAR} in it\n"
         "  -job=NAME               which job; not needed when there is only one\n"
         "  -stages=YAML            a list of stages instead of a job's\n"
         "  -labels=A=B,C=D         labels of the target, over those of the job\n"
         "  -time=TIME              when the lines are read, as 2026-01-02T03:04:05Z (default: "
         "now)\n"
         "  -line=TEXT              a line; may be given several times\n"
         "  -inspect=false          only entries, not what each stage did\n"
         "  -format=text|json       json: an object per line, the last one is the summary\n"
         "  -help                   print this text\n\n"
         "Exit status: 0, or 2 when something cannot be read or built.\n";
}

int run_try(const TryOptions& options, const Clock& clock, const VerbOutput& out,
            const Environment& environment) {
  const Status done = TryRun(options, clock, out, environment).run();
  if (done) return 0;
  std::string message = done.error().message;
  if (!message.ends_with('\n')) message += '\n';
  out.errors.write(message);
  return 2;
}

}  // namespace tailrace::daemon
