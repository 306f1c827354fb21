// The words of JSON: strings, escapes and numbers, read and written as Promtail does.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tailrace::pipeline::json {

// Writes the text of a JSON string's inside (without the quotes) to `out`, which has room for
// raw.size() bytes. Returns the number of bytes, or nothing when an escape is bad or a raw control
// character is in it. Bytes that are not UTF-8 stay; lone surrogates become U+FFFD.
std::optional<std::size_t> unescape(std::string_view raw, char* out);
std::optional<std::string> unescaped(std::string_view raw);

// The nearest double to a number in JSON's grammar; nothing when it is beyond the range. What is
// too small to be told from zero is zero.
std::optional<double> to_double(std::string_view number);

// Room for the longest text of fixed_text(): a sign, "0.", 323 zeros and 17 digits.
using FixedBuffer = std::array<char, 352>;

// The shortest digits that give `value` back, never with an exponent: what Promtail makes of an
// extracted number (docs/compatibility.md, "values"). The text is in `buffer` or constant.
std::string_view fixed_text(double value, FixedBuffer& buffer);

// As fixed_text(), but with an exponent from 1e21 on and below 1e-6: numbers inside of an array
// or object that is written as text (docs/compatibility.md, "json").
void append_number(std::string& out, double value);

// Appends a string in quotes, with <, > and & escaped (docs/compatibility.md, "json").
void append_string(std::string& out, std::string_view text);

// As append_string(), with U+FFFD, written as an escape, for each byte that is not UTF-8
// (docs/compatibility.md, pack).
void append_valid_string(std::string& out, std::string_view text);

}  // namespace tailrace::pipeline::json
