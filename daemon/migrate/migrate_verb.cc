// `tailrace migrate` on this machine.
#include "daemon/migrate/migrate_verb.h"

#include <unistd.h>

#include <climits>
#include <filesystem>
#include <system_error>

#include "daemon/migrate/posix_machine.h"

namespace tailrace::daemon::migrate {

int run_migrate_verb(const MigrateOptions& options, const VerbWorld& world) {
  PosixFileSystem file_system;
  PosixMachine machine(world.clock);
  std::string host = world.environment("HOSTNAME").value_or("");
  char name[HOST_NAME_MAX + 1] = {};
  if (host.empty() && gethostname(name, sizeof name) == 0) host = name;
  std::error_code error;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error);
  return run_migrate(options, {.clock = world.clock,
                               .file_system = file_system,
                               .machine = machine,
                               .output = world.output,
                               .errors = world.errors,
                               .host_name = host,
                               .program = error ? "tailrace" : program.string(),
                               .environment = world.environment});
}

}  // namespace tailrace::daemon::migrate
