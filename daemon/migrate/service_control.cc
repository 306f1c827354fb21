// Services by their service manager: systemctl, or what stands in for it.
#include "daemon/migrate/service_control.h"

#include <cerrno>

namespace tailrace::daemon::migrate {
namespace {

constexpr std::chrono::milliseconds kServiceLook{50};

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

}  // namespace

Status ServiceControl::command(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), systemctl_);
  const auto ran = machine_.run(arguments);
  if (!ran) return fail(ran.error());
  if (ran->status == 0) return {};
  std::string words;
  for (const std::string& argument : arguments)
    words += argument + " ";
  return fail(Error::kOther, words + "ended with status " + std::to_string(ran->status) + ": " +
                                 first_line(ran->output));
}

// is-active and is-enabled answer by what they print; their status says no more.
Result<std::string> ServiceControl::state(const std::string& unit) {
  const auto ran = machine_.run({systemctl_, "is-active", unit});
  if (!ran) return fail(ran.error());
  return first_line(ran->output);
}

Result<bool> ServiceControl::is_running(const std::string& unit) {
  const auto found = state(unit);
  if (!found) return fail(found.error());
  if (*found == "inactive" || *found == "failed" || *found == "unknown") return false;
  if (*found == "active" || *found == "activating" || *found == "deactivating" ||
      *found == "reloading" || *found == "refreshing") {
    return true;
  }
  return fail(Error::kOther, systemctl_ + " is-active " + unit + ": " + *found);
}

Result<bool> ServiceControl::is_enabled(const std::string& unit) {
  const auto ran = machine_.run({systemctl_, "is-enabled", unit});
  if (!ran) return fail(ran.error());
  const std::string found = first_line(ran->output);
  return found == "enabled" || found == "enabled-runtime" || found == "alias";
}

Status ServiceControl::stop(const std::string& unit, std::chrono::seconds patience) {
  if (Status stopped = command({"stop", unit}); !stopped) return stopped;
  const SteadyTime end = clock_.steady_now() + patience;
  while (true) {
    const auto running = is_running(unit);
    if (!running) return fail(running.error());
    if (!*running) return {};
    if (clock_.steady_now() > end) return fail(ETIMEDOUT, unit + " does not stop");
    if (Status waited = machine_.wait(kServiceLook); !waited) return waited;
  }
}

}  // namespace tailrace::daemon::migrate
