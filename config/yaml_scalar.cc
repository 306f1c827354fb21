// Typing of unquoted YAML 1.1 scalars.
#include "config/yaml_scalar.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <string>

#include "base/ascii.h"

namespace tailrace::config {
namespace {

constexpr std::array<std::string_view, 11> kTrueWords = {
    "y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"};
constexpr std::array<std::string_view, 11> kFalseWords = {
    "n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"};
constexpr std::array<std::string_view, 5> kNullWords = {"", "~", "null", "Null", "NULL"};

template <std::size_t N>
bool is_one_of(const std::array<std::string_view, N>& words, std::string_view text) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

// Splits a sign off; returns whether it was a minus.
bool take_sign(std::string_view& text) {
  if (text.empty() || (text.front() != '-' && text.front() != '+')) return false;
  const bool negative = text.front() == '-';
  text.remove_prefix(1);
  return negative;
}

std::size_t count_digits(std::string_view text) {
  std::size_t count = 0;
  while (count < text.size() && is_digit(text[count]))
    ++count;
  return count;
}

// [-+]? (digits [. digits*] | . digits) ([eE] [-+]? digits)?
bool looks_like_float(std::string_view text) {
  take_sign(text);
  const std::size_t whole = count_digits(text);
  text.remove_prefix(whole);
  if (!text.empty() && text.front() == '.') {
    text.remove_prefix(1);
    const std::size_t fraction = count_digits(text);
    if (whole == 0 && fraction == 0) return false;
    text.remove_prefix(fraction);
  } else if (whole == 0) {
    return false;
  }
  if (text.empty()) return true;
  if (text.front() != 'e' && text.front() != 'E') return false;
  text.remove_prefix(1);
  take_sign(text);
  return !text.empty() && count_digits(text) == text.size();
}

std::optional<double> parse_special_float(std::string_view text) {
  if (text == ".nan" || text == ".NaN" || text == ".NAN") {
    return std::numeric_limits<double>::quiet_NaN();
  }
  const bool negative = take_sign(text);
  if (text != ".inf" && text != ".Inf" && text != ".INF") return std::nullopt;
  const double infinity = std::numeric_limits<double>::infinity();
  return negative ? -infinity : infinity;
}

std::optional<double> parse_float(std::string_view text) {
  if (!looks_like_float(text)) return std::nullopt;
  const bool negative = take_sign(text);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::result_out_of_range || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return negative ? -value : value;
}

}  // namespace

std::optional<YamlInteger> parse_prefixed_integer(std::string_view text) {
  YamlInteger integer;
  integer.negative = take_sign(text);
  int base = 10;
  if (text.size() > 1 && text[0] == '0') {
    const char prefix = static_cast<char>(text[1] | 0x20);
    base = prefix == 'x' ? 16 : prefix == 'b' ? 2 : 8;
    text.remove_prefix(prefix == 'x' || prefix == 'b' || prefix == 'o' ? 2 : 1);
  }
  if (text.empty()) return std::nullopt;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), integer.magnitude, base);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  constexpr auto kMagnitudeOfMin = std::uint64_t{1} << 63U;
  if (integer.negative && integer.magnitude > kMagnitudeOfMin) return std::nullopt;
  return integer;
}

YamlScalar resolve_plain_scalar(std::string_view text) {
  YamlScalar scalar;
  if (is_one_of(kNullWords, text)) {
    scalar.type = YamlType::kNull;
    return scalar;
  }
  if (is_one_of(kTrueWords, text) || is_one_of(kFalseWords, text)) {
    scalar.type = YamlType::kBool;
    scalar.boolean = is_one_of(kTrueWords, text);
    return scalar;
  }
  const char first = text.front();
  if (!is_digit(first) && first != '+' && first != '-' && first != '.') return scalar;
  if (const auto special = parse_special_float(text)) {
    scalar.type = YamlType::kFloat;
    scalar.number = *special;
    return scalar;
  }
  std::string digits(text);
  std::erase(digits, '_');
  if (const auto integer = parse_prefixed_integer(digits)) {
    scalar.type = YamlType::kInteger;
    scalar.integer = *integer;
    return scalar;
  }
  if (const auto number = parse_float(digits)) {
    scalar.type = YamlType::kFloat;
    scalar.number = *number;
  }
  return scalar;
}

}  // namespace tailrace::config
