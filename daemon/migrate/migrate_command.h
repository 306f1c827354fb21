// `tailrace migrate`: from an installed Promtail to tailrace, and back.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/file_system.h"
#include "base/result.h"
#include "base/text_output.h"
#include "daemon/migrate/machine.h"
#include "daemon/migrate/plan_move.h"

namespace tailrace::daemon::migrate {

struct MigrateOptions {
  enum class Action { kLook, kApply, kUndo, kRehearse };
  Action action = Action::kLook;
  WantLink link = WantLink::kNo;
  std::string config;  // By hand; empty: the unit says.
  std::string unit = "promtail.service";
  std::string root;  // Empty: the machine.
  std::string systemctl = "systemctl";
  std::string promtail;            // For the rehearsal; empty: the unit says.
  std::chrono::seconds drain{30};  // Of -undo.
  std::chrono::seconds time{30};   // Of -rehearse.
  bool help = false;
};

// Errors: kInvalid, with the words for the user.
Result<MigrateOptions> parse_migrate_options(std::span<const char* const> arguments);
std::string migrate_help_text();

struct MigrateWorld {
  const Clock& clock;
  FileSystem& file_system;
  Machine& machine;
  TextOutput output;
  TextOutput errors;
  std::string host_name;
  std::string program;  // This one, for its dry run.
  std::function<std::optional<std::string>(std::string_view)> environment;
};

// The exit status: 0 done (look: nothing stands in the way; rehearse: no difference), 1 not,
// 2 wrong flags, 3 (rehearse) there was nothing to compare.
int run_migrate(const MigrateOptions& options, const MigrateWorld& world);

}  // namespace tailrace::daemon::migrate
