// `tailrace migrate` on this machine.
#pragma once

#include "daemon/migrate/migrate_command.h"
#include "daemon/verbs.h"

namespace tailrace::daemon::migrate {

// The exit status of run_migrate().
int run_migrate_verb(const MigrateOptions& options, const VerbWorld& world);

}  // namespace tailrace::daemon::migrate
