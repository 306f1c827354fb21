// What a move to tailrace changes for an installed Promtail, in sentences.
#pragma once

#include <string>
#include <vector>

#include "base/file_system.h"
#include "daemon/migrate/installed_promtail.h"
#include "daemon/migrate/move_plan.h"
#include "daemon/migrate/unit_file.h"

namespace tailrace::daemon::migrate {

struct DifferenceInput {
  FileSystem& file_system;
  const InstalledPromtail& promtail;
  const Unit* tailrace = nullptr;  // Null: its unit is not installed.
  const MovePlan* plan = nullptr;  // Null: something stands in the way.
};

// Flags without effect, rights that sources need, listeners, positions and their files, settings of
// the unit that are not taken over. What -check-syntax says is not repeated.
std::vector<std::string> find_differences(const DifferenceInput& input);

}  // namespace tailrace::daemon::migrate
