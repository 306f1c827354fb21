// Sums, products and quotients of floats that are exact in decimal digits.
#include "pipeline/go_template/decimal.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

namespace tailrace::pipeline::go_template {
namespace {

__extension__ using Integer = __int128;

constexpr int kQuotientDecimals = 16;

// digits * 10^exponent
struct Decimal {
  Integer digits = 0;
  int exponent = 0;
};

std::optional<Decimal> decimal_of(double value) {
  if (!std::isfinite(value)) return std::nullopt;
  std::array<char, 64> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                 std::chars_format::scientific)
                       .ptr;
  const std::string_view text(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
  const std::size_t mark = text.find('e');
  Decimal result;
  const bool negative = text[0] == '-';
  int decimals = 0;
  bool behind_point = false;
  for (const char c : text.substr(0, mark)) {
    if (c == '.') behind_point = true;
    if (c < '0' || c > '9') continue;
    result.digits = result.digits * 10 + (c - '0');
    if (behind_point) ++decimals;
  }
  const std::string_view exponent = text.substr(mark + 2);
  std::from_chars(exponent.data(), exponent.data() + exponent.size(), result.exponent);
  if (text[mark + 1] == '-') result.exponent = -result.exponent;
  result.exponent -= decimals;
  if (negative) result.digits = -result.digits;
  return result;
}

// Nothing when it does not fit.
std::optional<Integer> scaled(Integer digits, int by) {
  for (; by > 0 && digits != 0; --by) {
    if (__builtin_mul_overflow(digits, Integer{10}, &digits)) return std::nullopt;
  }
  return digits;
}

double to_double(const Decimal& value) {
  // Through text, so that the nearest float is found.
  Integer digits = value.digits;
  const bool negative = digits < 0;
  std::string text;
  do {
    const int digit = static_cast<int>(digits % 10);
    text.insert(text.begin(), static_cast<char>('0' + std::abs(digit)));
    digits /= 10;
  } while (digits != 0);
  text += "e" + std::to_string(value.exponent);
  double result = 0;
  std::from_chars(text.data(), text.data() + text.size(), result);
  return negative ? -result : result;
}

std::optional<Decimal> sum(Decimal a, Decimal b) {
  if (a.exponent < b.exponent) std::swap(a, b);
  const std::optional<Integer> digits = scaled(a.digits, a.exponent - b.exponent);
  Decimal result{.digits = 0, .exponent = b.exponent};
  if (!digits || __builtin_add_overflow(*digits, b.digits, &result.digits)) return std::nullopt;
  return result;
}

std::optional<Decimal> quotient(const Decimal& a, const Decimal& b) {
  // a / b with kQuotientDecimals, rounded half away from zero.
  const int shift = a.exponent - b.exponent + kQuotientDecimals;
  const std::optional<Integer> above = scaled(a.digits, shift);
  const std::optional<Integer> below = scaled(b.digits, -shift);
  if (!above || !below) return std::nullopt;
  Decimal result{.digits = *above / *below, .exponent = -kQuotientDecimals};
  const Integer rest = *above % *below;
  const Integer twice_rest = (rest < 0 ? -rest : rest);
  const Integer size = *below < 0 ? -*below : *below;
  if (twice_rest >= size - twice_rest) result.digits += (*above < 0) == (*below < 0) ? 1 : -1;
  return result;
}

}  // namespace

double decimal_result(Operation operation, double a, double b) {
  const std::optional<Decimal> x = decimal_of(a);
  std::optional<Decimal> y = decimal_of(b);
  std::optional<Decimal> result;
  if (x && y) {
    if (operation == Operation::kSubtract) y->digits = -y->digits;
    if (operation == Operation::kAdd || operation == Operation::kSubtract) result = sum(*x, *y);
    if (operation == Operation::kDivide) result = quotient(*x, *y);
    Decimal product{.digits = 0, .exponent = x->exponent + y->exponent};
    if (operation == Operation::kMultiply &&
        !__builtin_mul_overflow(x->digits, y->digits, &product.digits)) {
      result = product;
    }
  }
  if (result) return to_double(*result);
  switch (operation) {
    case Operation::kAdd:
      return a + b;
    case Operation::kSubtract:
      return a - b;
    case Operation::kMultiply:
      return a * b;
    case Operation::kDivide:
      break;
  }
  return a / b;
}

}  // namespace tailrace::pipeline::go_template
