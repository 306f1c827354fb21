// Services by their service manager: systemctl, or what stands in for it.
#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "daemon/migrate/machine.h"

namespace tailrace::daemon::migrate {

// Ownership: borrows machine and clock, which outlive it.
// Errors: what systemctl printed; ETIMEDOUT when a service does not become what was asked for.
class ServiceControl {
 public:
  ServiceControl(Machine& machine, const Clock& clock, std::string systemctl)
      : machine_(machine), clock_(clock), systemctl_(std::move(systemctl)) {}

  // "active", "inactive", "failed", ...
  Result<std::string> state(const std::string& unit);
  // It runs, or is about to, or is about to end.
  Result<bool> is_running(const std::string& unit);
  Result<bool> is_enabled(const std::string& unit);

  // Waits until it is gone, at most `patience` after systemctl is done.
  Status stop(const std::string& unit, std::chrono::seconds patience);
  Status start(const std::string& unit) { return command({"start", unit}); }
  Status enable(const std::string& unit) { return command({"enable", unit}); }
  Status disable(const std::string& unit) { return command({"disable", unit}); }
  Status reload_units() { return command({"daemon-reload"}); }
  // Does not wait.
  Status begin_stop(const std::string& unit) { return command({"stop", "--no-block", unit}); }

 private:
  Status command(std::vector<std::string> arguments);

  Machine& machine_;
  const Clock& clock_;
  const std::string systemctl_;
};

}  // namespace tailrace::daemon::migrate
