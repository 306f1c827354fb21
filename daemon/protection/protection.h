// What the running program gives up, so that a fault in a parser is not worth much to an intruder.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/result.h"
#include "config/config.h"
#include "daemon/protection/writable_places.h"

namespace tailrace::daemon {

// From here on the process leaves no core dump, and no other process of its user looks into its
// memory. Called before secrets are read; `allow_core_dumps` takes it back when the configuration
// wants it.
void forbid_core_dumps();
void allow_core_dumps();

// The state of a process that has given up what it does not need (docs/how-to/harden.md): writing
// elsewhere (Landlock), system calls that it never makes (seccomp), root's power (capabilities).
//
// Ownership: borrows the file system and the log.
// Threading: confined to the main thread.
class Protection {
 public:
  struct World {
    FileSystem& file_system;
    Log& log;
    Metrics& metrics;
  };
  struct Options {
    enum class Positions { kWritten, kNotWritten };
    std::string working_directory;
    Positions positions = Positions::kWritten;
    // The lowest port that is listened on; 0: none.
    std::uint16_t lowest_port = 0;
  };

  // Gives it up, for good and for the whole process. To be called while there is one thread, when
  // sockets are open and before a byte of others is read. Where the kernel cannot do all of it,
  // says so once; the metric tailrace_protection says what holds. Errors: the mode is "require",
  // and something cannot be done. The process must end then.
  static Result<std::unique_ptr<Protection>> apply(const config::Config& config,
                                                   const Options& options, const World& world);

  // Why the process, as it is now, could not run this configuration. What it changes of the
  // protection itself is for the next start, and is said so.
  Status allows(const config::Config& config) const;

  // For apply() only.
  Protection(const config::Config& config, Options options, const World& world);

 private:
  struct Part {
    const char* name;
    std::string fault;  // Empty: it holds.
    std::string what;   // What holds.
  };

  Part drop_capabilities(const config::Config& config);
  Part restrict_files(const config::Config& config);
  Part filter_calls();
  Status report(const std::vector<Part>& parts);

  const World world_;
  const Options options_;
  const config::ProtectionConfig config_;
  // Settled paths. Only where Landlock holds.
  std::vector<std::string> writable_;
  std::vector<std::string> socket_folders_;
  bool writing_restricted_ = false;
};

}  // namespace tailrace::daemon
