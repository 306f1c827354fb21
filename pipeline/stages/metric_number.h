// Numbers as the `metrics` stage reads them from extracted values.
#pragma once

#include <optional>
#include <string_view>

#include "model/entry.h"

namespace tailrace::pipeline {

// Go's floating-point syntax: decimal, exponent, hexadecimal with `p`, digits apart by underscores,
// Inf, Infinity, NaN in any case. nullopt for anything else and for what is too large.
std::optional<double> parse_go_float(std::string_view text);

// The number that a metric is updated with: numbers as they are, booleans as 1 and 0, texts in Go's
// floating-point syntax, else as a Go duration in seconds (docs/compatibility.md, metrics).
std::optional<double> metric_number(const Value& value);

}  // namespace tailrace::pipeline
