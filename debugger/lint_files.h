// Lints that look at the disk: log files, certificates, passwords.
#pragma once

#include "debugger/lint.h"
#include "debugger/lint_report.h"

namespace tailrace::debugger {

// Patterns without a file, files that cannot be read, lines that two jobs would send.
void lint_log_files(const config::Config& config, const LintWorld& world, LintReport& report);

// Files that blocks of the configuration name.
void lint_named_files(const config::Config& config, FileSystem& file_system, LintReport& report);

}  // namespace tailrace::debugger
