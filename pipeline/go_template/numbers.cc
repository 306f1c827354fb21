// Numbers as Go and the libraries behind its template functions read them.
#include "pipeline/go_template/numbers.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "base/ascii.h"

namespace tailrace::pipeline::go_template {
namespace {

constexpr std::size_t kNumberBytesMax = 400;

// Underscores may stand between digits, and behind a base prefix; also in an exponent.
bool underscores_are_good(std::string_view digits, bool has_prefix, int base) {
  const auto is_one = [base](char c) {
    return base == 16 ? std::isxdigit(static_cast<unsigned char>(c)) != 0 : is_digit(c);
  };
  bool after_digit = has_prefix;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (digits[i] != '_') {
      after_digit = is_one(digits[i]);
      continue;
    }
    const bool before_digit = i + 1 < digits.size() && is_one(digits[i + 1]);
    if (!after_digit || !before_digit) return false;
    after_digit = false;
  }
  return true;
}

// Copies without underscores; nothing when it is too long for a number.
std::optional<std::string_view> without_underscores(std::string_view text,
                                                    std::array<char, kNumberBytesMax>& buffer) {
  if (text.size() > buffer.size()) return std::nullopt;
  char* const end =
      std::copy_if(text.begin(), text.end(), buffer.begin(), [](char c) { return c != '_'; });
  return std::string_view(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
}

std::optional<std::uint64_t> magnitude_of(std::string_view digits, int base) {
  std::uint64_t value = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (digits.empty() || error != std::errc{} || end != digits.data() + digits.size()) {
    return std::nullopt;
  }
  return value;
}

std::optional<std::int64_t> with_sign(std::optional<std::uint64_t> magnitude, bool negative) {
  if (!magnitude) return std::nullopt;
  const std::uint64_t max = static_cast<std::uint64_t>(INT64_MAX) + (negative ? 1 : 0);
  if (*magnitude > max) return std::nullopt;
  return negative ? static_cast<std::int64_t>(0 - *magnitude)
                  : static_cast<std::int64_t>(*magnitude);
}

bool take_sign(std::string_view& text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  return negative;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return (x | 0x20) == (y | 0x20); });
}

}  // namespace

std::optional<std::int64_t> decimal_integer(std::string_view text) {
  const bool negative = take_sign(text);
  if (text.empty() || !is_digit(text[0])) return std::nullopt;
  return with_sign(magnitude_of(text, 10), negative);
}

std::optional<std::int64_t> prefixed_integer(std::string_view text) {
  const bool negative = take_sign(text);
  int base = 10;
  bool has_prefix = false;
  if (text.size() > 1 && text[0] == '0') {
    const char letter = static_cast<char>(text[1] | 0x20);
    base = letter == 'x' ? 16 : letter == 'b' ? 2 : 8;
    has_prefix = true;
    text.remove_prefix(letter == 'x' || letter == 'b' || letter == 'o' ? 2 : 1);
  }
  if (!underscores_are_good(text, has_prefix, base)) return std::nullopt;
  std::array<char, kNumberBytesMax> buffer{};
  const auto digits = without_underscores(text, buffer);
  if (!digits || digits->starts_with('-')) return std::nullopt;
  return with_sign(magnitude_of(*digits, base), negative);
}

std::optional<double> float_of(std::string_view text) {
  std::array<char, kNumberBytesMax> buffer{};
  const bool negative = take_sign(text);
  const double sign = negative ? -1 : 1;
  if (equal_ignoring_case(text, "inf") || equal_ignoring_case(text, "infinity")) {
    return sign * std::numeric_limits<double>::infinity();
  }
  if (equal_ignoring_case(text, "nan")) return std::numeric_limits<double>::quiet_NaN();
  const bool is_hex = text.size() > 2 && text[0] == '0' && (text[1] | 0x20) == 'x';
  if (text.empty() || (!is_digit(text[0]) && text[0] != '.')) return std::nullopt;
  // Underscores only count with a base prefix.
  if (text.find('_') != std::string_view::npos && !is_hex) return std::nullopt;
  if (is_hex) text.remove_prefix(2);
  const auto digits = without_underscores(text, buffer);
  if (!digits || digits->empty()) return std::nullopt;
  if (is_hex && digits->find_first_of("pP") == std::string_view::npos) return std::nullopt;
  double value = 0;
  const auto format = is_hex ? std::chars_format::hex : std::chars_format::general;
  const auto [end, error] =
      std::from_chars(digits->data(), digits->data() + digits->size(), value, format);
  if (end != digits->data() + digits->size()) return std::nullopt;
  if (error == std::errc::result_out_of_range) return std::nullopt;
  if (error != std::errc{}) return std::nullopt;
  return sign * value;
}

bool number_constant(std::string_view text, Value& value) {
  const bool is_hex = text.find_first_of("xX") != std::string_view::npos;
  const bool looks_like_float =
      text.find_first_of(is_hex ? ".pP" : ".eE") != std::string_view::npos;
  if (!looks_like_float) {
    const auto integer = prefixed_integer(text);
    if (!integer) return false;
    value = Value::of_int(*integer);
    return true;
  }
  if (!underscores_are_good(is_hex ? text.substr(2) : text, is_hex, is_hex ? 16 : 10)) return false;
  std::array<char, kNumberBytesMax> buffer{};
  const auto digits = without_underscores(text, buffer);
  const auto number = digits ? float_of(*digits) : std::nullopt;
  if (!number) return false;
  value = Value::of_float(*number);
  return true;
}

std::int64_t to_int64(const Value& value) {
  switch (value.kind) {
    case Value::Kind::kBool:
      return value.boolean ? 1 : 0;
    case Value::Kind::kInt:
    case Value::Kind::kInt64:
    case Value::Kind::kDuration:
      return value.integer;
    case Value::Kind::kFloat:
      if (!(std::abs(value.number) < 0x1p63)) return INT64_MIN;  // As Go does on this machine.
      return static_cast<std::int64_t>(value.number);
    case Value::Kind::kText: {
      // "1.0" and "1.00" count as 1.
      std::string_view text = value.text;
      const std::size_t point = text.find('.');
      if (point != std::string_view::npos && point > 0 && point + 1 < text.size() &&
          text.find_first_not_of('0', point + 1) == std::string_view::npos) {
        text = text.substr(0, point);
      }
      return prefixed_integer(text).value_or(0);
    }
    default:
      return 0;
  }
}

double to_double(const Value& value) {
  switch (value.kind) {
    case Value::Kind::kFloat:
      return value.number;
    case Value::Kind::kText:
      return float_of(value.text).value_or(0);
    default:
      return static_cast<double>(to_int64(value));
  }
}

}  // namespace tailrace::pipeline::go_template
