// Text of unknown origin made fit for outputs that must be UTF-8.
#pragma once

#include <string>
#include <string_view>

namespace tailrace {

// Appends `text` to `out` with U+FFFD in place of every byte that is not part of a valid UTF-8
// sequence (overlong forms, surrogates and values beyond U+10FFFF are not valid).
void append_as_utf8(std::string& out, std::string_view text);

// Bytes of the valid UTF-8 sequence that `text` begins with; 0 when there is none.
std::size_t utf8_sequence_bytes(std::string_view text);

}  // namespace tailrace
