// A rehearsal: both programs print what they would send, and it is compared.
#pragma once

#include <chrono>
#include <string>

#include "base/clock.h"
#include "base/file_system.h"
#include "base/text_output.h"
#include "daemon/migrate/installed_promtail.h"
#include "daemon/migrate/machine.h"

namespace tailrace::daemon::migrate {

struct RehearsalOptions {
  const InstalledPromtail& promtail;
  std::string promtail_program;
  std::string tailrace_program;
  std::chrono::seconds time{30};  // At most; they are done when both are silent for three seconds.
};

struct RehearsalWorld {
  const Clock& clock;
  FileSystem& file_system;
  Machine& machine;
  TextOutput output;
  TextOutput errors;
};

// Works in a folder of its own, on copies of the positions; nothing is sent, and what is installed
// goes on running. At most 64 MiB of each program's entries are looked at.
//
// The exit status: 0 no difference, 1 some, 2 it cannot be done, 3 there was nothing to compare.
int run_rehearsal(const RehearsalOptions& options, const RehearsalWorld& world);

}  // namespace tailrace::daemon::migrate
