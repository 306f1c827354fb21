// What the kernel says of this process: process_cpu_seconds_total and its like.
#pragma once

#include <string>
#include <vector>

#include "base/metrics.h"

namespace tailrace::daemon {

// Appends the series that every Prometheus client library shows (docs/metrics.md, Process). What
// cannot be read is left out.
//
// `folder`: "/proc/self". `boot`: wall time at which the kernel started, of boot_time().
// Threading: any.
void append_resource_metrics(const std::string& folder, double boot,
                             std::vector<MetricFamily>& out);

// Seconds since 1970 at which the kernel started: "btime" of the file ("/proc/stat"); 0: unknown.
double boot_time(const std::string& stat_file);

}  // namespace tailrace::daemon
