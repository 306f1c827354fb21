// What -dry-run and -inspect say beside the entries.
#include "daemon/dry_run.h"

#include <utility>
#include <vector>

#include "debugger/stage_outline.h"
#include "debugger/trace_json.h"
#include "debugger/trace_text.h"

namespace tailrace::daemon {
namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    if (text[begin] != '#') lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

}  // namespace

DryRun::DryRun(Options options, const config::Config& config)
    : options_(std::move(options)), summary_(options_.now) {
  for (const config::ScrapeConfig& job : config.scrape_configs) {
    summary_.add_job(job.job_name, job.pipeline_stages);
    for (std::string& name : debugger::metric_names(job.pipeline_stages))
      metric_names_.push_back(std::move(name));
  }
}

debugger::TraceRecorder::Sink DryRun::sink() {
  if (!options_.dry_run && !options_.inspect) return {};
  return [this](const debugger::EntryTrace& trace) { take(trace); };
}

TextOutput DryRun::entries() const {
  if (options_.format == OutputFormat::kText) return options_.output;
  return {[](std::string_view) {}, TextOutput::Colours::kNone};
}

void DryRun::take(const debugger::EntryTrace& trace) {
  using debugger::TraceDetail;
  const bool json = options_.dry_run && options_.format == OutputFormat::kJson;
  std::string text;
  if (json) {
    if (options_.inspect) {
      text = debugger::trace_json(trace, TraceDetail::kStages) + "\n";
    } else if (trace.fate == debugger::EntryTrace::Fate::kLeft) {
      text = debugger::trace_json(trace, TraceDetail::kEntry) + "\n";
    }
  } else if (options_.inspect) {
    text = debugger::inspect_text(trace, options_.errors.colours);
  }
  const MutexLock lock(mutex_);
  if (!text.empty()) (json ? options_.output : options_.errors).write(text);
  if (options_.dry_run) summary_.add(trace);
}

void DryRun::finish(const std::string& metrics) {
  if (!options_.dry_run) return;
  const auto samples = debugger::samples_of(metric_names_, lines_of(metrics));
  const MutexLock lock(mutex_);
  if (options_.format == OutputFormat::kJson) {
    options_.output.write("{\"summary\":" + summary_.json(samples) + "}\n");
  } else {
    options_.errors.write(summary_.text(samples, options_.errors.colours));
  }
}

}  // namespace tailrace::daemon
