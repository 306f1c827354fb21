// `tailrace health`: asks the running program's own /ready, for container runtimes and scripts.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/text_output.h"
#include "config/config.h"
#include "daemon/command_line.h"

namespace tailrace::daemon {

struct HealthOptions {
  CommandLine line;  // Flags of the daemon: which configuration it runs with.
  std::chrono::nanoseconds timeout = std::chrono::seconds(5);
  std::string process;  // Its flags are taken, if it is this program; empty: those given are.
  bool help = false;
};

// -timeout, -of-process and -help; all other flags are the daemon's.
// Errors: kInvalid, with the words for the user.
Result<HealthOptions> parse_health_options(std::span<const char* const> arguments);
std::string health_help_text();

// The flags in `command_line`, arguments that end in a NUL each, as /proc/PID/cmdline has them.
// Nothing: it is another program. An init in front ("/sbin/docker-init -- /usr/bin/promtail") is
// stepped over.
std::optional<std::vector<std::string>> flags_of_process(std::string_view command_line);

// Where /ready of a daemon with this configuration is.
struct HealthTarget {
  std::string url;     // As it is asked for.
  std::string socket;  // Not empty: the control socket, over which it is asked.
  std::string basic_auth;
};

// Over the network where it listens, at its own address or loopback. Over the control socket when
// there are no pages on the network, their port is not known, or they want a client's certificate.
// Errors: kInvalid: there is nobody to ask; or the password's file cannot be read.
Result<HealthTarget> find_health_target(const config::Config& config);

struct HealthWorld {
  const Clock& clock;
  std::function<std::optional<std::string>(std::string_view)> environment;
  std::string proc = "/proc";  // Where -of-process looks.
};

// One line of output. The exit status: 0 ready, 1 not, or it cannot be told.
int run_health(const HealthOptions& options, const HealthWorld& world, const TextOutput& output);

}  // namespace tailrace::daemon
