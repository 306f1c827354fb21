// What a valid configuration probably does not mean to say: the warnings of -check-syntax.
#include "debugger/lint.h"

#include "debugger/lint_files.h"
#include "debugger/lint_flow.h"
#include "debugger/lint_report.h"

namespace tailrace::debugger {

std::vector<config::Diagnostic> lint(const config::Config& config, const LintWorld& world) {
  LintReport report(world.places);
  for (const config::ScrapeConfig& job : config.scrape_configs) {
    std::vector<const LintTarget*> targets;
    for (const LintTarget& target : world.targets) {
      if (target.job == job.job_name) targets.push_back(&target);
    }
    lint_stages(job, targets, world.clock, report);
  }
  lint_log_files(config, world, report);
  lint_named_files(config, world.file_system, report);
  return report.take();
}

}  // namespace tailrace::debugger
