// Durations as configuration files write them: Go's and Prometheus' grammars.
#pragma once

#include <chrono>
#include <string_view>

#include "base/result.h"

namespace tailrace::config {

// Go's grammar: an optional sign, then numbers with a unit each (ns us ms s m h, both micro signs),
// fractions allowed: "1h30m", ".5s", "-1.5h". "0" alone needs no unit. No days, no blanks.
Result<std::chrono::nanoseconds> parse_go_duration(std::string_view text);

// Prometheus' grammar: whole numbers with falling units, each at most once (y w d h m s ms):
// "1d12h". "0" alone needs no unit.
Result<std::chrono::nanoseconds> parse_prometheus_duration(std::string_view text);

// As Go prints a duration: "1m0s", "1.5s", "250ms", "0s".
std::string format_go_duration(std::chrono::nanoseconds duration);

}  // namespace tailrace::config
