// Lints that follow an entry through the stages of a job.
#pragma once

#include <vector>

#include "base/clock.h"
#include "config/scrape_config.h"
#include "debugger/lint.h"
#include "debugger/lint_report.h"

namespace tailrace::debugger {

// Values that no stage sets, labels that should be none, selectors without a chance, stages that
// nothing reaches, layouts. `targets` are those of the job; without any, nothing is known of its
// labels.
void lint_stages(const config::ScrapeConfig& job, const std::vector<const LintTarget*>& targets,
                 const Clock& clock, LintReport& report);

}  // namespace tailrace::debugger
