// One value after one verb of Go's printf; internal to printing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "pipeline/go_template/value.h"

namespace tailrace::pipeline::go_template {

inline constexpr std::int64_t kWidthMax = 1'000'000;  // Go's.

struct Verb {
  char letter = 'v';
  std::string_view written = "v";  // The letter; more than one byte of a strange one.
  bool go_syntax = false;          // `%#v`
  bool plus = false;
  bool minus = false;
  bool sharp = false;
  bool space = false;
  bool zero = false;
  std::optional<std::int64_t> width;
  std::optional<std::int64_t> precision;
  int depth = 0;  // In how many lists and maps.
};

// Appends `value`, or what Go writes for a verb that does not fit it. What is too long, or too
// large for `nodes`, is cut off; the caller makes an error of it.
void append_with(std::string& out, const Value& value, const Verb& verb, NodeBudget& nodes);

}  // namespace tailrace::pipeline::go_template
