// Go's quoted strings: what a string, raw string or character constant in Go syntax stands for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tailrace {

// The text of a constant with its quotes: "..." or `...`. Nothing when it is none: an escape that
// Go does not know, a newline inside of double quotes, text behind the closing quote.
std::optional<std::string> unquote_go(std::string_view constant);

// The code point of a character constant with its quotes: 'a', '\n', '\u00e9'.
std::optional<std::uint32_t> unquote_go_character(std::string_view constant);

// The text of an escape behind its backslash, appended to `out`. Advances `at`, which is behind the
// backslash, to behind the escape. `quote` is the one that may be escaped.
bool append_go_escape(std::string& out, std::string_view text, std::size_t& at, char quote);

void append_utf8(std::string& out, std::uint32_t code_point);

// The code point that `text` (not empty) begins with; U+FFFD and one byte where it is not UTF-8.
struct DecodedCharacter {
  std::uint32_t code_point = 0;
  std::size_t bytes = 1;
};
DecodedCharacter decode_utf8(std::string_view text);

}  // namespace tailrace
