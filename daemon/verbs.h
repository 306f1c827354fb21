// The verbs of the command line: what `tailrace test` and the others begin.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/text_output.h"

namespace tailrace::daemon {

struct VerbWorld {
  const Clock& clock;
  TextOutput output;  // Standard output.
  TextOutput errors;  // Standard error.
  std::function<std::optional<std::string>(std::string_view)> environment;
};

// `arguments`: those of the program. Nothing when the first one names no verb; else the exit
// status: 2 for wrong flags.
std::optional<int> run_verb(std::span<const char* const> arguments, const VerbWorld& world);

}  // namespace tailrace::daemon
