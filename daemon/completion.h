// Completions for shells, made of what -help says.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tailrace::daemon {

// A flag as a help text has it: "  -format=text|json   what is printed".
struct FlagHelp {
  std::string name;   // "format"
  std::string value;  // "text|json"; empty: a switch.
  std::string text;   // Its first line.
};
// In the order of the text. Every help text of the program has this form, so completions and the
// manual page cannot miss a flag that -help shows.
std::vector<FlagHelp> flags_of_help(std::string_view help);

// One verb and its help text; the program itself has an empty name.
struct VerbHelp {
  std::string_view name;
  std::string help;
};

// The script of a shell: bash, zsh or fish.
// Errors: kInvalid for any other.
Result<std::string> completion_script(std::string_view shell, const std::vector<VerbHelp>& verbs);

std::string completion_help_text();

}  // namespace tailrace::daemon
