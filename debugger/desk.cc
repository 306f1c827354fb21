// Lines through the stages of one job, with everything noted.
#include "debugger/desk.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "config/load.h"
#include "config/report.h"
#include "config/yaml_document.h"

namespace tailrace::debugger {
namespace {

Error refusal_of(std::string message) {
  return {Error::kInvalid, std::move(message)};
}

}  // namespace

Result<DeskJob> find_desk_job(const config::Config& config, const std::string& name) {
  std::string names;
  for (const config::ScrapeConfig& job : config.scrape_configs) {
    const bool found = name.empty() ? config.scrape_configs.size() == 1 : job.job_name == name;
    names += (names.empty() ? "" : ", ") + job.job_name;
    if (!found) continue;
    DeskJob result{job.job_name, job.pipeline_stages, {}};
    for (const config::StaticTargetGroup& group : job.static_configs) {
      for (const auto& [label, value] : group.labels) {
        if (!label.starts_with("__")) result.labels[label] = value;
      }
    }
    return result;
  }
  if (names.empty()) return fail(refusal_of("the configuration has no job"));
  return fail(refusal_of(name.empty()
                             ? fmt::format("say which job is meant, with -job: {}", names)
                             : fmt::format("there is no job \"{}\"; there are {}", name, names)));
}

std::optional<std::vector<config::StageConfig>> parse_desk_stages(
    std::string_view yaml, std::vector<config::Diagnostic>& diagnostics) {
  const config::YamlDocument document = config::YamlDocument::parse(yaml);
  diagnostics = document.diagnostics();
  std::vector<config::StageConfig> stages;
  if (document.root() != nullptr && !document.root()->is_null()) {
    const config::YamlNode* list = document.root();
    for (const config::YamlEntry& entry : document.root()->entries) {
      if (entry.key == "pipeline_stages") list = entry.value;
    }
    config::Report report;
    stages = config::load_stages(*list, "pipeline_stages", report);
    for (config::Diagnostic& diagnostic : report.take())
      diagnostics.push_back(std::move(diagnostic));
  }
  const bool failed =
      std::any_of(diagnostics.begin(), diagnostics.end(), [](const config::Diagnostic& diagnostic) {
        return diagnostic.severity == config::Diagnostic::Severity::kError;
      });
  if (failed) return std::nullopt;
  return stages;
}

Desk::Desk(const DeskJob& job, DeskOptions options, TraceRecorder::Sink sink)
    : job_(job),
      options_(std::move(options)),
      begin_(options_.stopwatch.steady_now()),
      recorder_(
          options_.stopwatch,
          [name = job.name, out = std::move(sink)](EntryTrace trace) {
            trace.job = name;
            out(std::move(trace));
          },
          options_.limits) {}

std::unique_ptr<Desk> Desk::create(const DeskJob& job, DeskOptions options,
                                   TraceRecorder::Sink sink,
                                   std::vector<config::Diagnostic>& diagnostics) {
  auto desk = std::make_unique<Desk>(job, std::move(options), std::move(sink));
  auto trial = Trial::create(job.stages,
                             {{},
                              desk->options_.begin,
                              &desk->recorder_,
                              desk->options_.environment,
                              Trial::Options::Keep::kNothing},
                             diagnostics);
  if (!trial) return nullptr;
  desk->trial_ = std::move(*trial);
  desk->set_labels({});
  return desk;
}

void Desk::set_labels(const config::LabelMap& labels) {
  config::LabelMap all = job_.labels;
  for (const auto& [name, value] : labels)
    all[name] = value;
  trial_->set_target(all);
}

void Desk::run(std::string_view line) {
  if (recorder_.full() || options_.stopwatch.steady_now() - begin_ > options_.time_max) {
    ++lines_left_out_;
  } else {
    trial_->run(line);
  }
}

void Desk::end() {
  trial_->end();
}

std::optional<DeskResult> run_at_desk(const DeskJob& job, std::span<const DeskInput> inputs,
                                      const DeskOptions& options,
                                      std::vector<config::Diagnostic>& diagnostics) {
  DeskResult result;
  const auto desk = Desk::create(
      job, options, [&](EntryTrace trace) { result.traces.push_back(std::move(trace)); },
      diagnostics);
  if (desk == nullptr) return std::nullopt;
  for (const DeskInput& input : inputs) {
    desk->set_labels(input.labels);
    for (const std::string& line : input.lines)
      desk->run(line);
  }
  desk->end();
  result.lines_left_out = desk->lines_left_out();
  result.samples = desk->samples();
  return result;
}

}  // namespace tailrace::debugger
