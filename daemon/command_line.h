// The command line: Go-style flags, as Promtail's users type them.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/overrides.h"

namespace tailrace::daemon {

// How -check-syntax and -dry-run say what they have to say.
enum class OutputFormat { kText, kJson };

// What was asked for.
struct CommandLine {
  std::vector<std::string> config_files;  // -config.file: the first that exists is used.
  bool expand_env = false;
  bool check_syntax = false;
  bool version = false;
  bool help = false;
  bool dry_run = false;
  bool inspect = false;
  bool stdin_source = false;
  OutputFormat format = OutputFormat::kText;      // -format
  bool print_config = false;                      // -print-config-stderr
  bool log_config = false;                        // -log-config-reverse-order
  std::vector<std::string> flags_without_effect;  // "-server.grpc-listen-port"
  config::Overrides overrides;                    // Applied over the file.
};

// Parses `-x=v`, `-x v`, `--x=v`, `--x v`; booleans are `-x` or `-x=true|false` (Go's rule: a
// boolean never takes the next argument). The first argument that is no flag ends the flags; what
// follows is ignored, as Promtail does.
//
// Errors: an unknown flag, one that is not yet supported, a missing or malformed value, -format
//   where nothing has that format; the message names the flag. The program then exits with status 2
//   (docs/compatibility.md, exit codes).
Result<CommandLine> parse_command_line(std::span<const char* const> arguments);

// The text of -help.
std::string help_text();
// The text of -version.
std::string version_text();
// "0.1.0"
std::string_view version();

}  // namespace tailrace::daemon
