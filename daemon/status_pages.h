// The pages that people look at: targets, service discovery, configuration.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/status.h"

namespace tailrace::daemon {

// So many files of a target, and targets left out of a job, are listed; of the rest the number.
inline constexpr std::size_t kFilesShownMax = 1000;
inline constexpr std::size_t kDroppedShownMax = 100;  // As Promtail.

// Whole HTML pages without scripts or anything from elsewhere. `prefix`: where the pages are seen
// from outside, without a slash at its end.
//
// Threading: any.
std::string targets_page(const EngineStatus& engine, const std::vector<WorkerStatus>& workers,
                         std::string_view prefix);
std::string service_discovery_page(const EngineStatus& engine, std::string_view prefix);
std::string config_page(const EngineStatus& engine, std::string_view prefix);

}  // namespace tailrace::daemon
