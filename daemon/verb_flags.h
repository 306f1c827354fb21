// Flags of the verbs (`tailrace test -run=x`): Go's spelling, each verb with a table of its own.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"

namespace tailrace::daemon {

// Where the value of a flag goes: a boolean is `-x` or `-x=true|false`, a text `-x=v` or `-x v`,
// and a list takes every value that is given.
struct VerbFlag {
  std::string_view name;
  std::variant<bool*, std::string*, std::vector<std::string>*> value;
};

// Fills in the values and returns what is no flag, in order: it may stand before, between or behind
// flags. A "-" by itself is no flag; behind a "--" nothing is.
//
// Errors: kInvalid with the words for the user: an unknown flag, a value that is missing or wrong.
Result<std::vector<std::string>> parse_verb_flags(std::span<const char* const> arguments,
                                                  std::span<const VerbFlag> flags);

}  // namespace tailrace::daemon
