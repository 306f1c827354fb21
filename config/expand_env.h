// `-config.expand-env`: `${...}` in a configuration file's text becomes what the environment says.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/source_location.h"

namespace tailrace::config {

// The value of a variable, or nothing when it is not set.
using EnvLookup = std::function<std::optional<std::string>(std::string_view name)>;

// The text after expansion, and where its parts came from.
struct ExpandedText {
  // From `expanded` on, the text was copied from `original` on, up to the next piece. A value that
  // was put in is a piece of its own, which stands for the `$` in the file.
  struct Piece {
    std::size_t expanded = 0;
    std::size_t original = 0;
    bool copied = true;
  };
  std::string text;
  std::vector<Piece> pieces;
  // What works but is probably not meant (`${V:word}` is a substring, not a default), by offset in
  // the original text.
  struct Warning {
    std::size_t original = 0;
    std::string message;
  };
  std::vector<Warning> warnings;

  std::size_t original_offset(std::size_t expanded_offset) const;
};

// A failed expansion, and where in the original text.
struct ExpandFailure {
  std::size_t offset = 0;
  std::string message;
};

// Expands the whole text, comments too. The grammar is a small part of bash's, with its own ideas
// (docs/compatibility.md, -config.expand-env): `${V}`, `${V:-default}`, `${V:position:length}`,
// `${V^^}`, `${V#glob}`, `${V/old/new}`, `${#V}`, ...; `$$` is a dollar, `$V` stays. A NUL ends
// the text. Nesting is limited to 32 levels, the result to kConfigBytesMax.
tl::expected<ExpandedText, ExpandFailure> expand_env_mapped(std::string_view text,
                                                            const EnvLookup& lookup);

// The same, when positions do not matter. The message names line and column.
Result<std::string> expand_env(std::string_view text, const EnvLookup& lookup);

// Line and column (in bytes, from 1) of an offset.
SourceLocation location_at(std::string_view text, std::size_t offset);
// The other way round; the end of the text when the line is not in it.
std::size_t offset_at(std::string_view text, const SourceLocation& location);

}  // namespace tailrace::config
