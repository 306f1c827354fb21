// `-check-syntax`: everything that is wrong with a configuration, and what is probably not meant.
#include "daemon/check_command.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "base/log.h"
#include "base/metrics.h"
#include "daemon/intake.h"
#include "daemon/topology.h"
#include "debugger/diagnostics_json.h"
#include "debugger/lint.h"

namespace tailrace::daemon {
namespace {

using config::Diagnostic;
using Severity = Diagnostic::Severity;
using Diagnostics = std::vector<Diagnostic>;

bool is_error(const Diagnostic& diagnostic) {
  return diagnostic.severity == Severity::kError;
}

void set_codes(Diagnostics& diagnostics, std::string_view code) {
  for (Diagnostic& diagnostic : diagnostics) {
    if (diagnostic.code.empty()) diagnostic.code = code;
  }
}

void append(Diagnostics& all, Diagnostics more) {
  all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

// One of the errors is about `path` or something in it.
bool has_error_within(const Diagnostics& errors, const std::string& path) {
  return std::any_of(errors.begin(), errors.end(), [&path](const Diagnostic& error) {
    const std::string& where = error.location.path;
    return is_error(error) && where.starts_with(path) &&
           (where.size() == path.size() || where[path.size()] == '.' || where[path.size()] == '[');
  });
}

// Leaves what can be built although the file has errors: stages and rules that have none.
void keep_buildable(config::Config& config, const Diagnostics& errors) {
  const auto is_faulty = [&errors](const auto& part) {
    return has_error_within(errors, part.location.path);
  };
  config.clients.clear();
  config.limits = {};
  for (std::size_t i = 0; i < config.scrape_configs.size(); ++i) {
    config::ScrapeConfig& job = config.scrape_configs[i];
    job.job_name = "job " + std::to_string(i);  // Two may have one name, or none.
    std::erase_if(job.pipeline_stages, is_faulty);
    std::erase_if(job.relabel_configs, is_faulty);
    if (has_error_within(errors, job.location.path + ".static_configs")) job.static_configs.clear();
  }
}

// What the lints need to know of the jobs' files.
std::vector<debugger::LintTarget> lint_targets(const Topology& topology, FileSystem& file_system) {
  std::vector<debugger::LintTarget> targets;
  for (const tailer::FileTarget& target : topology.targets()) {
    debugger::LintTarget& seen = targets.emplace_back(target.job, target.glob.text(), target.labels,
                                                      std::vector<std::string>{});
    for (std::string& file : target.glob.find(file_system).files) {
      if (target.matches(file)) seen.files.push_back(std::move(file));
    }
  }
  return targets;
}

// In the order of the file.
void sort(Diagnostics& diagnostics) {
  std::stable_sort(diagnostics.begin(), diagnostics.end(),
                   [](const Diagnostic& a, const Diagnostic& b) {
                     return std::pair(a.location.line, a.location.column) <
                            std::pair(b.location.line, b.location.column);
                   });
}

}  // namespace

std::vector<Diagnostic> check_config(config::LoadResult loaded, const CheckWorld& world) {
  Diagnostics all = std::move(loaded.diagnostics);
  set_codes(all, "config");
  const bool whole = loaded.config.has_value();
  if (!whole && !loaded.despite_errors) return all;
  config::Config config = std::move(whole ? *loaded.config : *loaded.despite_errors);
  if (!whole) keep_buildable(config, all);

  Log log = Log::discard(world.clock);
  Metrics metrics;
  Intake intake(world.clock, {.pool_bytes = 1U << 20U}, [] {});
  const Topology::World topology_world{world.clock,
                                       world.file_system,
                                       log,
                                       metrics,
                                       world.host_name,
                                       world.working_directory,
                                       {intake.world()},
                                       {}};
  Topology::Built built = Topology::build(std::make_shared<const config::Config>(std::move(config)),
                                          topology_world, nullptr);
  set_codes(built.diagnostics, "build");
  // Warnings would be about what errors left out.
  if (!whole) std::erase_if(built.diagnostics, [](const Diagnostic& d) { return !is_error(d); });
  append(all, std::move(built.diagnostics));
  if (is_valid(all)) {
    append(all, debugger::lint(*built.topology.config,
                               {world.file_system, world.clock, world.places,
                                lint_targets(built.topology, world.file_system)}));
  }
  sort(all);
  return all;
}

std::vector<Diagnostic> unreadable_config(std::string message) {
  return {{Severity::kError, {}, std::move(message), "file"}};
}

bool is_valid(const std::vector<Diagnostic>& diagnostics) {
  return std::none_of(diagnostics.begin(), diagnostics.end(), is_error);
}

std::string check_text(const std::vector<Diagnostic>& diagnostics, std::string_view file_name,
                       std::string_view text, OutputFormat format) {
  if (format == OutputFormat::kJson) return debugger::diagnostics_json(diagnostics, file_name);
  std::string out = config::format_diagnostics(diagnostics, file_name, text);
  // As Promtail says it.
  if (is_valid(diagnostics)) out += "Valid config file! No syntax issues found\n";
  return out;
}

}  // namespace tailrace::daemon
