// The words of JSON: strings, escapes and numbers, read and written as Promtail does.
#include "pipeline/json/json_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <system_error>

#include "base/utf8.h"

namespace tailrace::pipeline::json {
namespace {

constexpr std::uint32_t kReplacement = 0xFFFD;

bool is_surrogate(std::uint32_t c) {
  return c >= 0xD800 && c <= 0xDFFF;
}

std::size_t encode(std::uint32_t c, char* out) {
  if (is_surrogate(c)) c = kReplacement;
  const auto byte = [](std::uint32_t value) { return static_cast<char>(value); };
  if (c < 0x80) {
    out[0] = byte(c);
    return 1;
  }
  if (c < 0x800) {
    out[0] = byte(0xC0 | (c >> 6));
    out[1] = byte(0x80 | (c & 0x3F));
    return 2;
  }
  if (c < 0x10000) {
    out[0] = byte(0xE0 | (c >> 12));
    out[1] = byte(0x80 | ((c >> 6) & 0x3F));
    out[2] = byte(0x80 | (c & 0x3F));
    return 3;
  }
  out[0] = byte(0xF0 | (c >> 18));
  out[1] = byte(0x80 | ((c >> 12) & 0x3F));
  out[2] = byte(0x80 | ((c >> 6) & 0x3F));
  out[3] = byte(0x80 | (c & 0x3F));
  return 4;
}

// The value of the four digits behind \u.
std::optional<std::uint32_t> four_digits(std::string_view raw, std::size_t at) {
  if (raw.size() < at + 4) return std::nullopt;
  std::uint32_t value = 0;
  for (std::size_t i = at; i < at + 4; ++i) {
    const char c = raw[i];
    std::uint32_t digit = 0;
    if (c >= '0' && c <= '9') {
      digit = static_cast<std::uint32_t>(c - '0');
    } else if ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')) {
      digit = static_cast<std::uint32_t>((c | 0x20) - 'a') + 10;
    } else {
      return std::nullopt;
    }
    value = value * 16 + digit;
  }
  return value;
}

// Reads \uXXXX at `at` (just behind the u), with the second half of a pair, and moves `at` on. As
// in Promtail, a surrogate takes a following \u with it even when the two are no pair: both become
// U+FFFD unless the second is an ordinary character.
std::optional<std::size_t> unicode_escape(std::string_view raw, std::size_t& at, char* out) {
  const auto first = four_digits(raw, at);
  if (!first) return std::nullopt;
  at += 4;
  if (!is_surrogate(*first) || raw.substr(at, 2) != "\\u") return encode(*first, out);
  const auto second = four_digits(raw, at + 2);
  if (!second) return std::nullopt;
  at += 6;
  if (*first < 0xDC00 && *second >= 0xDC00 && *second <= 0xDFFF) {
    return encode(0x10000 + ((*first - 0xD800) << 10) + (*second - 0xDC00), out);
  }
  const std::size_t length = encode(*first, out);
  return length + encode(*second, out + length);
}

char simple_escape(char c) {
  switch (c) {
    case '"':
      return '"';
    case '\\':
      return '\\';
    case '/':
      return '/';
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return '\0';
  }
}

// Numbers of at most 15 digits and 22 decimals: both parts are exact doubles, so one division
// rounds correctly.
std::optional<double> short_number(std::string_view number) {
  static constexpr std::array<double, 23> kPowers = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                     1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                                     1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
  if (number.size() > 17) return std::nullopt;
  std::int64_t digits = 0;
  int digit_count = 0;
  std::size_t i = number.front() == '-' ? 1 : 0;
  std::size_t decimals = 0;
  bool behind_point = false;
  for (; i < number.size(); ++i) {
    const char c = number[i];
    if (c == '.') {
      behind_point = true;
      continue;
    }
    if (c < '0' || c > '9') return std::nullopt;
    digits = digits * 10 + (c - '0');
    ++digit_count;
    if (behind_point) ++decimals;
  }
  if (digit_count > 15) return std::nullopt;
  const double value = static_cast<double>(digits) / kPowers[decimals];
  return number.front() == '-' ? -value : value;
}

// The decimal digits of |value| without a point, and where the point belongs: 0.digits * 10^point.
struct Digits {
  std::array<char, 24> text{};
  int count = 0;
  int point = 0;
};

Digits shortest_digits(double value) {
  std::array<char, 40> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                 std::chars_format::scientific)
                       .ptr;
  Digits result;
  const char* at = buffer.data();
  for (; at != end && *at != 'e'; ++at) {
    if (*at != '.') result.text[static_cast<std::size_t>(result.count++)] = *at;
  }
  int exponent = 0;
  ++at;
  if (*at == '+') ++at;
  std::from_chars(at, end, exponent);
  while (result.count > 1 && result.text[static_cast<std::size_t>(result.count) - 1] == '0') {
    --result.count;
  }
  result.point = exponent + 1;
  return result;
}

}  // namespace

std::optional<std::size_t> unescape(std::string_view raw, char* out) {
  std::size_t length = 0;
  std::size_t at = 0;
  while (at < raw.size()) {
    const char c = raw[at++];
    if (static_cast<unsigned char>(c) < 0x20 || c == '"') return std::nullopt;
    if (c != '\\') {
      out[length++] = c;
      continue;
    }
    if (at == raw.size()) return std::nullopt;
    const char escape = raw[at++];
    if (escape == 'u') {
      const auto written = unicode_escape(raw, at, out + length);
      if (!written) return std::nullopt;
      length += *written;
      continue;
    }
    const char plain = simple_escape(escape);
    if (plain == '\0') return std::nullopt;
    out[length++] = plain;
  }
  return length;
}

std::optional<std::string> unescaped(std::string_view raw) {
  std::string result(raw.size(), '\0');
  const auto length = unescape(raw, result.data());
  if (!length) return std::nullopt;
  result.resize(*length);
  return result;
}

std::optional<double> to_double(std::string_view number) {
  if (const auto value = short_number(number)) return value;
  double value = 0;
  const auto result = std::from_chars(number.data(), number.data() + number.size(), value);
  if (result.ec == std::errc()) return value;
  // from_chars does not say whether the number was too large or too small.
  const std::string copy(number);
  value = std::strtod(copy.c_str(), nullptr);
  if (!std::isfinite(value)) return std::nullopt;
  return value;
}

std::string_view fixed_text(double value, FixedBuffer& buffer) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  // std::to_chars in fixed notation prints large numbers exactly (...567168), where Promtail fills
  // the shortest digits up with zeros (...567000).
  const Digits digits = shortest_digits(std::fabs(value));
  const char* const begin = digits.text.data();
  const char* const end = begin + digits.count;
  char* out = buffer.data();
  if (std::signbit(value)) *out++ = '-';
  if (digits.point <= 0) {
    *out++ = '0';
    *out++ = '.';
    out = std::fill_n(out, -digits.point, '0');
    out = std::copy(begin, end, out);
  } else {
    const int whole = std::min(digits.count, digits.point);
    out = std::copy(begin, begin + whole, out);
    out = std::fill_n(out, digits.point - whole, '0');
    if (begin + whole != end) *out++ = '.';
    out = std::copy(begin + whole, end, out);
  }
  return {buffer.data(), static_cast<std::size_t>(out - buffer.data())};
}

void append_number(std::string& out, double value) {
  const double size = std::fabs(value);
  if (size == 0 || (size >= 1e-6 && size < 1e21)) {
    FixedBuffer buffer;
    out.append(fixed_text(value, buffer));
    return;
  }
  std::array<char, 40> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                 std::chars_format::scientific)
                       .ptr;
  out.append(buffer.data(), end);
}

namespace {

// What stands between the quotes.
void append_escaped(std::string& out, std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (c == '\n') {
      out.append("\\n");
    } else if (c == '\r') {
      out.append("\\r");
    } else if (c == '\t') {
      out.append("\\t");
    } else if (byte < 0x20 || c == '<' || c == '>' || c == '&') {
      out.append("\\u00");
      out.push_back(kHex[byte >> 4]);
      out.push_back(kHex[byte & 0x0F]);
    } else if (text.substr(i, 3) == "\xE2\x80\xA8" || text.substr(i, 3) == "\xE2\x80\xA9") {
      out.append(text[i + 2] == '\xA8' ? "\\u2028" : "\\u2029");
      i += 2;
    } else {
      out.push_back(c);
    }
  }
}

}  // namespace

void append_string(std::string& out, std::string_view text) {
  out.push_back('"');
  append_escaped(out, text);
  out.push_back('"');
}

void append_valid_string(std::string& out, std::string_view text) {
  out.push_back('"');
  while (!text.empty()) {
    std::size_t valid = 0;
    for (std::size_t bytes = 1; valid < text.size() && bytes != 0; valid += bytes)
      bytes = utf8_sequence_bytes(text.substr(valid));
    append_escaped(out, text.substr(0, valid));
    text.remove_prefix(valid);
    if (text.empty()) break;
    out.append("\\ufffd");
    text.remove_prefix(1);
  }
  out.push_back('"');
}

}  // namespace tailrace::pipeline::json
