// The text form of an extracted value, as Promtail's stages see it.
#include "pipeline/value_text.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>

namespace tailrace::pipeline {
namespace {

// Digits and exponent of a number: value = 0.d1d2d3... * 10^point.
struct Decimal {
  std::array<char, 24> digits{};
  std::size_t count = 0;
  int point = 0;
};

// std::to_chars in fixed notation prints large numbers exactly (...567168), where Promtail fills
// the shortest digits up with zeros (...567000); so the digits are taken from scientific notation.
Decimal decompose(double positive) {
  std::array<char, 40> buffer{};
  std::to_chars(buffer.data(), buffer.data() + buffer.size(), positive,
                std::chars_format::scientific);
  const char* const exponent = std::strchr(buffer.data(), 'e');
  Decimal result;
  for (const char* c = buffer.data(); c != exponent; ++c) {
    if (*c != '.') result.digits.at(result.count++) = *c;
  }
  result.point = static_cast<int>(std::strtol(exponent + 1, nullptr, 10)) + 1;
  return result;
}

}  // namespace

std::string_view number_text(double value, Arena& arena) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  if (value == 0) return std::signbit(value) ? "-0" : "0";
  const Decimal decimal = decompose(std::fabs(value));
  const int count = static_cast<int>(decimal.count);
  const int whole = decimal.point > 0 ? decimal.point : 1;   // Digits before the point.
  const int zeros = decimal.point < 0 ? -decimal.point : 0;  // Right behind the point.
  const int fraction = count > decimal.point ? count - decimal.point : 0;
  const int fraction_digits = decimal.point > 0 ? fraction : count + zeros;
  const bool negative = value < 0;
  const auto bytes = static_cast<std::size_t>((negative ? 1 : 0) + whole +
                                              (fraction_digits > 0 ? 1 + fraction_digits : 0));
  char* const text = arena.allocate(bytes);
  char* out = text;
  if (negative) *out++ = '-';
  int next = 0;
  for (int i = 0; i < whole; ++i) {
    const bool has_digit = decimal.point > 0 && next < count;
    *out++ = has_digit ? decimal.digits.at(static_cast<std::size_t>(next++)) : '0';
  }
  if (fraction_digits > 0) {
    *out++ = '.';
    for (int i = 0; i < fraction_digits; ++i) {
      *out++ = i < zeros ? '0' : decimal.digits.at(static_cast<std::size_t>(next++));
    }
  }
  return {text, bytes};
}

std::optional<std::string_view> text_of(const Value& value, Arena& arena) {
  switch (value.kind) {
    case Value::Kind::kText:
      return value.text;
    case Value::Kind::kNumber:
      return number_text(value.number, arena);
    case Value::Kind::kBool:
      return value.boolean ? "true" : "false";
    case Value::Kind::kAbsent:
    case Value::Kind::kNil:
      break;
  }
  return std::nullopt;
}

}  // namespace tailrace::pipeline
