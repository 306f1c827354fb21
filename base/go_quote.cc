// Go's quoted strings: what a string, raw string or character constant in Go syntax stands for.
#include "base/go_quote.h"

#include <algorithm>

#include "base/utf8.h"

namespace tailrace {
namespace {

constexpr std::uint32_t kReplacement = 0xFFFD;
constexpr std::uint32_t kCodePointMax = 0x10FFFF;

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return 16;
}

// `count` digits of `base` at `at`, which moves behind them.
std::optional<std::uint32_t> digits(std::string_view text, std::size_t& at, std::size_t count,
                                    int base) {
  if (text.size() - at < count) return std::nullopt;
  std::uint32_t value = 0;
  for (const std::size_t end = at + count; at < end; ++at) {
    const int digit = digit_of(text[at]);
    if (digit >= base) return std::nullopt;
    value = value * static_cast<std::uint32_t>(base) + static_cast<std::uint32_t>(digit);
  }
  return value;
}

bool append_code_point(std::string& out, std::optional<std::uint32_t> code_point) {
  if (!code_point || *code_point > kCodePointMax) return false;
  if (*code_point >= 0xD800 && *code_point < 0xE000) return false;
  append_utf8(out, *code_point);
  return true;
}

bool append_byte(std::string& out, std::optional<std::uint32_t> byte) {
  if (!byte || *byte > 0xFF) return false;
  out += static_cast<char>(*byte);
  return true;
}

}  // namespace

void append_utf8(std::string& out, std::uint32_t code_point) {
  const auto low = [&](std::uint32_t shift) {
    return static_cast<char>(0x80U | ((code_point >> shift) & 0x3FU));
  };
  if (code_point < 0x80) {
    out += static_cast<char>(code_point);
  } else if (code_point < 0x800) {
    out += static_cast<char>(0xC0U | (code_point >> 6U));
    out += low(0);
  } else if (code_point < 0x10000) {
    out += static_cast<char>(0xE0U | (code_point >> 12U));
    out += low(6);
    out += low(0);
  } else {
    out += static_cast<char>(0xF0U | (code_point >> 18U));
    out += low(12);
    out += low(6);
    out += low(0);
  }
}

DecodedCharacter decode_utf8(std::string_view text) {
  const auto byte = [&](std::size_t i) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(text[i]));
  };
  if (byte(0) < 0x80) return {.code_point = byte(0), .bytes = 1};
  const std::size_t bytes = utf8_sequence_bytes(text);
  if (bytes == 0) return {.code_point = kReplacement, .bytes = 1};
  std::uint32_t code_point = byte(0) & (0x7FU >> bytes);
  for (std::size_t i = 1; i < bytes; ++i)
    code_point = (code_point << 6U) | (byte(i) & 0x3FU);
  return {.code_point = code_point, .bytes = bytes};
}

bool append_go_escape(std::string& out, std::string_view text, std::size_t& at, char quote) {
  constexpr std::string_view kLetters = "abfnrtv\\";
  constexpr std::string_view kMeanings = "\a\b\f\n\r\t\v\\";
  if (at >= text.size()) return false;
  const char c = text[at];
  if (c == quote) {
    out += c;
    ++at;
    return true;
  }
  if (const std::size_t known = kLetters.find(c); known != std::string_view::npos) {
    out += kMeanings[known];
    ++at;
    return true;
  }
  if (c >= '0' && c <= '7') return append_byte(out, digits(text, at, 3, 8));
  ++at;
  switch (c) {
    case 'x':
      return append_byte(out, digits(text, at, 2, 16));
    case 'u':
      return append_code_point(out, digits(text, at, 4, 16));
    case 'U':
      return append_code_point(out, digits(text, at, 8, 16));
    default:
      return false;
  }
}

std::optional<std::string> unquote_go(std::string_view constant) {
  if (constant.size() < 2 || constant.front() != constant.back()) return std::nullopt;
  const char quote = constant.front();
  const std::string_view inside = constant.substr(1, constant.size() - 2);
  std::string out;
  if (quote == '`') {
    if (inside.find('`') != std::string_view::npos) return std::nullopt;
    out = inside;
    out.erase(std::remove(out.begin(), out.end(), '\r'), out.end());
    return out;
  }
  if (quote != '"') return std::nullopt;
  for (std::size_t at = 0; at < inside.size();) {
    const char c = inside[at];
    if (c == '"' || c == '\n') return std::nullopt;
    ++at;
    if (c != '\\') {
      out += c;
    } else if (!append_go_escape(out, inside, at, '"')) {
      return std::nullopt;
    }
  }
  return out;
}

std::optional<std::uint32_t> unquote_go_character(std::string_view constant) {
  if (constant.size() < 3 || constant.front() != '\'' || constant.back() != '\'') {
    return std::nullopt;
  }
  const std::string_view inside = constant.substr(1, constant.size() - 2);
  if (inside.front() != '\\') {
    const DecodedCharacter decoded = decode_utf8(inside);
    if (decoded.bytes != inside.size() || inside.front() == '\'' || inside.front() == '\n') {
      return std::nullopt;
    }
    return decoded.code_point;
  }
  std::string text;
  std::size_t at = 1;
  if (!append_go_escape(text, inside, at, '\'') || at != inside.size()) return std::nullopt;
  // `\x80` and `\200` are numbers, not text.
  const bool is_byte = text.size() == 1;
  return is_byte ? static_cast<unsigned char>(text.front()) : decode_utf8(text).code_point;
}

}  // namespace tailrace
