// Numbers as the `metrics` stage reads them from extracted values.
#include "pipeline/stages/metric_number.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>

#include "base/ascii.h"
#include "config/go_duration.h"

namespace tailrace::pipeline {
namespace {

// Longer texts are no numbers that anybody writes; Go has no such limit.
constexpr std::size_t kNumberBytesMax = 400;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
bool equals_ignoring_case(std::string_view text, std::string_view lower_case) {
  return std::equal(text.begin(), text.end(), lower_case.begin(), lower_case.end(),
                    [](char a, char b) { return lower(a) == b; });
}

// Copies a number without its underscores, checking Go's grammar on the way. std::from_chars reads
// what remains; it has no sign '+', no underscores and no "0x".
class FloatSyntax {
 public:
  // `text` without sign.
  explicit FloatSyntax(std::string_view text) : rest_(text) {
    if (text.size() >= 2 && text[0] == '0' && lower(text[1]) == 'x') {
      is_hex_ = true;
      rest_.remove_prefix(2);
      after_digit_ = true;  // An underscore may follow the prefix.
    }
  }

  bool read() {
    const std::size_t whole = read_digits();
    std::size_t fraction = 0;
    if (!rest_.empty() && rest_.front() == '.') {
      copy_one();
      after_digit_ = false;
      fraction = read_digits();
    }
    if (whole + fraction == 0) return false;
    return read_exponent() && rest_.empty() && underscores_are_good_;
  }

  std::string_view digits() const { return {copy_.data(), size_}; }
  bool is_hex() const { return is_hex_; }

 private:
  bool is_own_digit(char c) const {
    return is_digit(c) || (is_hex_ && lower(c) >= 'a' && lower(c) <= 'f');
  }

  void copy_one() {
    copy_[size_++] = rest_.front();
    rest_.remove_prefix(1);
  }

  // Underscores must stand between digits.
  std::size_t read_digits() {
    std::size_t count = 0;
    while (!rest_.empty()) {
      const char c = rest_.front();
      if (c == '_') {
        const bool digit_follows = rest_.size() > 1 && is_own_digit(rest_[1]);
        if (!after_digit_ || !digit_follows) underscores_are_good_ = false;
        after_digit_ = false;
        rest_.remove_prefix(1);
        continue;
      }
      if (!is_own_digit(c)) break;
      after_digit_ = true;
      ++count;
      copy_one();
    }
    return count;
  }

  bool read_exponent() {
    if (rest_.empty() || lower(rest_.front()) != (is_hex_ ? 'p' : 'e')) return !is_hex_;
    copy_one();
    if (!rest_.empty() && (rest_.front() == '+' || rest_.front() == '-')) copy_one();
    std::size_t count = 0;
    for (; !rest_.empty() && is_digit(rest_.front()); ++count)
      copy_one();
    return count != 0;
  }

  std::string_view rest_;
  std::array<char, kNumberBytesMax> copy_{};
  std::size_t size_ = 0;
  bool is_hex_ = false;
  bool after_digit_ = false;
  bool underscores_are_good_ = true;
};

// Short whole numbers, the most common ones, are exact and need no more.
std::optional<double> small_integer(std::string_view text) {
  constexpr std::size_t kExactDigits = 15;
  if (text.empty() || text.size() > kExactDigits) return std::nullopt;
  std::int64_t value = 0;
  for (const char c : text) {
    if (!is_digit(c)) return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return static_cast<double>(value);
}

std::optional<double> convert(const FloatSyntax& syntax) {
  const std::string_view digits = syntax.digits();
  double value = 0;
  const auto result =
      std::from_chars(digits.data(), digits.data() + digits.size(), value,
                      syntax.is_hex() ? std::chars_format::hex : std::chars_format::general);
  if (result.ec == std::errc()) return std::isinf(value) ? std::nullopt : std::optional(value);
  // Out of range: too large is refused, too small is nothing or next to it.
  std::array<char, kNumberBytesMax + 3> terminated{};
  const std::string_view prefix = syntax.is_hex() ? "0x" : "";
  std::copy(digits.begin(), digits.end(),
            std::copy(prefix.begin(), prefix.end(), terminated.begin()));
  value = std::strtod(terminated.data(), nullptr);
  return std::isinf(value) ? std::nullopt : std::optional(value);
}

}  // namespace

std::optional<double> parse_go_float(std::string_view text) {
  if (const auto number = small_integer(text)) return number;
  if (text.empty() || text.size() > kNumberBytesMax) return std::nullopt;
  const bool negative = text.front() == '-';
  const bool has_sign = negative || text.front() == '+';
  const std::string_view magnitude = has_sign ? text.substr(1) : text;
  if (equals_ignoring_case(magnitude, "inf") || equals_ignoring_case(magnitude, "infinity")) {
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    return negative ? -kInfinity : kInfinity;
  }
  if (!has_sign && equals_ignoring_case(text, "nan")) {
    return std::numeric_limits<double>::quiet_NaN();
  }
  FloatSyntax syntax(magnitude);
  if (!syntax.read()) return std::nullopt;
  const std::optional<double> value = convert(syntax);
  return value.has_value() && negative ? -*value : value;
}

std::optional<double> metric_number(const Value& value) {
  switch (value.kind) {
    case Value::Kind::kNumber:
      return value.number;
    case Value::Kind::kBool:
      return value.boolean ? 1 : 0;
    case Value::Kind::kAbsent:
    case Value::Kind::kNil:
      return std::nullopt;
    case Value::Kind::kText:
      break;
  }
  if (const auto number = parse_go_float(value.text)) return number;
  // Every unit ends in one of these; what does not need not be tried (and cost an error text).
  if (value.text.empty() ||
      std::string_view("smh").find(value.text.back()) == std::string_view::npos)
    return std::nullopt;
  const auto duration = config::parse_go_duration(value.text);
  if (!duration.has_value()) return std::nullopt;
  return std::chrono::duration<double>(*duration).count();
}

}  // namespace tailrace::pipeline
