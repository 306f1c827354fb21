// From an installed Promtail and an installed tailrace to a plan.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.h"
#include "base/result.h"
#include "daemon/migrate/installed_promtail.h"
#include "daemon/migrate/machine.h"
#include "daemon/migrate/move_plan.h"
#include "daemon/migrate/service_control.h"
#include "daemon/migrate/unit_file.h"

namespace tailrace::daemon::migrate {

// Where things of ours lie, below the root (empty: the machine).
struct MovePlaces {
  std::string root;
  std::string tailrace_unit = "tailrace.service";

  std::string state() const { return root + "/var/lib/tailrace"; }
  std::string journal() const { return state() + "/migration.json"; }
  std::string drop_in() const {
    return root + "/etc/systemd/system/" + tailrace_unit + ".d/50-from-promtail.conf";
  }
  std::string link() const { return root + "/usr/local/bin/promtail"; }
};

// The users and groups of the machine, as far as they matter.
struct UserFacts {
  std::uint32_t user = 0;
  std::uint32_t group = 0;
  std::vector<std::string> groups;  // By name, the first one too.
};
// Below the root's /etc. "" and "root" are root.
// Errors: ENOENT when there is no such user.
Result<UserFacts> find_user(FileSystem& file_system, const std::string& root,
                            std::string_view name);

// The drop-in that tells tailrace's unit what Promtail's was told: flags, environment, groups.
std::string drop_in_text(const InstalledPromtail& promtail, const Unit& tailrace,
                         const std::string& positions, const std::vector<std::string>& groups);

enum class WantLink { kNo, kYes };

// Looks and asks, changes nothing.
// Errors: what stands in the way, in words for the user.
Result<MovePlan> plan_move(FileSystem& file_system, Machine& machine, ServiceControl& services,
                           const InstalledPromtail& promtail, const MovePlaces& places,
                           WantLink link);

}  // namespace tailrace::daemon::migrate
