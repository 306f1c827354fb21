// The text form of an extracted value, as Promtail's stages see it.
#pragma once

#include <optional>
#include <string_view>

#include "base/arena.h"
#include "model/entry.h"

namespace tailrace::pipeline {

// The shortest digits that read back as `value`, in fixed notation, never with an exponent:
// 1e21 is 1000000000000000000000 and 12345678901234567890 is 12345678901234567000
// (docs/compatibility.md, Extracted values). The text is in the arena.
std::string_view number_text(double value, Arena& arena);

// nullopt for what has no text form: an absent value and nil.
std::optional<std::string_view> text_of(const Value& value, Arena& arena);

}  // namespace tailrace::pipeline
