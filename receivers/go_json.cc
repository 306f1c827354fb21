// Escapes and numbers.
#include "receivers/go_json.h"

#include <array>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "base/utf8.h"

namespace tailrace::receivers {
namespace {

void append_escape(std::string& out, unsigned char c) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out += "\\u00";
  out += kHex[c >> 4U];
  out += kHex[c & 0xfU];
}

void append_ascii(std::string& out, char c) {
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    case '\b':
      out += "\\b";
      return;
    case '\f':
      out += "\\f";
      return;
    default:
      break;
  }
  if (static_cast<unsigned char>(c) < 0x20 || c == '<' || c == '>' || c == '&') {
    append_escape(out, static_cast<unsigned char>(c));
  } else {
    out += c;
  }
}

}  // namespace

void append_go_json_text(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    if (static_cast<unsigned char>(text.front()) < 0x80) {
      append_ascii(out, text.front());
      text.remove_prefix(1);
      continue;
    }
    const std::size_t bytes = utf8_sequence_bytes(text);
    const std::string_view rune = text.substr(0, bytes);
    if (bytes == 0) {
      out += "\xef\xbf\xbd";
      text.remove_prefix(1);
      continue;
    }
    if (rune == "\xe2\x80\xa8") {
      out += "\\u2028";
    } else if (rune == "\xe2\x80\xa9") {
      out += "\\u2029";
    } else {
      out += rune;
    }
    text.remove_prefix(bytes);
  }
  out += '"';
}

void append_go_json_number(std::string& out, double value) {
  const double size = std::abs(value);
  std::array<char, 32> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                 std::chars_format::scientific)
                       .ptr;
  const std::string_view text(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
  const std::size_t e = text.find('e');
  if (e == std::string_view::npos) {
    out += "null";  // JSON has no infinity, so none is read.
    return;
  }
  if (size != 0 && (size < 1e-6 || size >= 1e21)) {
    // Go writes 1e-7, not 1e-07.
    const bool padded = text[e + 1] == '-' && text[e + 2] == '0';
    out.append(text.substr(0, e + 2)).append(text.substr(padded ? e + 3 : e + 2));
    return;
  }
  std::string digits;
  for (const char c : text.substr(0, e)) {
    if (c >= '0' && c <= '9') digits += c;
  }
  if (text.front() == '-') out += '-';
  int exponent = 0;
  std::from_chars(text.data() + e + (text[e + 1] == '+' ? 2 : 1), end, exponent);
  if (exponent < 0) {
    out.append("0.").append(static_cast<std::size_t>(-exponent - 1), '0').append(digits);
    return;
  }
  const auto whole = static_cast<std::size_t>(exponent) + 1;
  if (digits.size() <= whole) {
    out.append(digits).append(whole - digits.size(), '0');
    return;
  }
  out.append(digits, 0, whole).append(".").append(digits, whole);
}

}  // namespace tailrace::receivers
