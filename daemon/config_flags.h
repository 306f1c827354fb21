// The flags that set one value of the configuration.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "config/overrides.h"

namespace tailrace::daemon {

// A flag that changes the configuration (docs/compatibility.md, command line).
struct ConfigFlag {
  std::string_view name;
  std::string_view value_name;  // Shown in -help; empty: a boolean.
  std::string_view help;        // With the default.
  Status (*set)(config::Overrides& overrides, const std::string& value);
};

// A flag of Promtail that is accepted and changes nothing, because what it is about (gRPC, traces,
// a log of requests) is not there. The program says so when it starts.
struct FlagWithoutEffect {
  enum class Kind { kBool, kValue };
  std::string_view name;
  Kind kind = Kind::kValue;
};

// nullptr: there is no such flag.
const FlagWithoutEffect* find_flag_without_effect(std::string_view name);

// nullptr: there is no such flag.
const ConfigFlag* find_config_flag(std::string_view name);

// The lines of -help.
std::string config_flags_help();

}  // namespace tailrace::daemon
