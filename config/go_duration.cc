// Durations: exact integer arithmetic, as Go does it, so that the limits are the same.
#include "config/go_duration.h"

#include <array>
#include <cstdint>
#include <limits>
#include <optional>

#include <fmt/format.h>

#include "base/ascii.h"

namespace tailrace::config {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t nanoseconds;
};

// The micro sign is U+00B5 or U+03BC. Longer names stand before their prefixes.
constexpr std::array<Unit, 8> kGoUnits = {{{"ns", 1},
                                           {"us", 1'000},
                                           {"\xc2\xb5s", 1'000},
                                           {"\xce\xbcs", 1'000},
                                           {"ms", 1'000'000},
                                           {"s", 1'000'000'000},
                                           {"m", 60'000'000'000},
                                           {"h", 3'600'000'000'000}}};

constexpr std::uint64_t kDay = 86'400'000'000'000;
// From the longest down: each may appear once, in this order.
constexpr std::array<Unit, 7> kPrometheusUnits = {{{"y", 365 * kDay},
                                                   {"w", 7 * kDay},
                                                   {"d", kDay},
                                                   {"h", 3'600'000'000'000},
                                                   {"m", 60'000'000'000},
                                                   {"s", 1'000'000'000},
                                                   {"ms", 1'000'000}}};

constexpr std::uint64_t kLimit = std::uint64_t{1} << 63U;

// The digits at the start of `text`, or nothing when they exceed the limit.
std::optional<std::uint64_t> take_integer(std::string_view& text) {
  std::uint64_t value = 0;
  while (!text.empty() && is_digit(text.front())) {
    const auto digit = static_cast<std::uint64_t>(text.front() - '0');
    if (value > (kLimit - digit) / 10) return std::nullopt;
    value = value * 10 + digit;
    text.remove_prefix(1);
  }
  return value;
}

// The fraction behind a point as value / scale; digits beyond what fits are cut off.
struct Fraction {
  std::uint64_t value = 0;
  double scale = 1;
};
Fraction take_fraction(std::string_view& text) {
  Fraction fraction;
  while (!text.empty() && is_digit(text.front())) {
    const auto digit = static_cast<std::uint64_t>(text.front() - '0');
    if (fraction.value <= (kLimit - digit) / 10) {
      fraction.value = fraction.value * 10 + digit;
      fraction.scale *= 10;
    }
    text.remove_prefix(1);
  }
  return fraction;
}

std::string_view take_unit_name(std::string_view& text) {
  std::size_t length = 0;
  while (length < text.size() && text[length] != '.' && !is_digit(text[length]))
    ++length;
  const std::string_view name = text.substr(0, length);
  text.remove_prefix(length);
  return name;
}

template <std::size_t N>
std::size_t find_unit(const std::array<Unit, N>& units, std::string_view name) {
  std::size_t i = 0;
  while (i < N && units[i].name != name)
    ++i;
  return i;
}

tl::unexpected<Error> invalid(std::string_view text, std::string_view reason) {
  return fail(Error::kInvalid, fmt::format("\"{}\" is not a duration: {}", text, reason));
}

// One number with its unit, added to `total`. Returns what is wrong with it, or nothing.
std::optional<std::string_view> add_go_part(std::string_view& rest, std::uint64_t& total) {
  const std::size_t before = rest.size();
  const auto whole = take_integer(rest);
  if (!whole) return "too long";
  const bool has_digits = rest.size() != before;
  Fraction fraction;
  bool has_fraction = false;
  if (!rest.empty() && rest.front() == '.') {
    rest.remove_prefix(1);
    const std::size_t digits_before = rest.size();
    fraction = take_fraction(rest);
    has_fraction = rest.size() != digits_before;
  }
  if (!has_digits && !has_fraction) return "it needs numbers with units, such as 1h30m";
  const std::string_view name = take_unit_name(rest);
  if (name.empty()) return "it needs a unit (ns, us, ms, s, m, h)";
  const std::size_t index = find_unit(kGoUnits, name);
  if (index == kGoUnits.size()) return "the units are ns, us, ms, s, m, h";
  const std::uint64_t unit = kGoUnits[index].nanoseconds;
  if (*whole > kLimit / unit) return "too long";
  std::uint64_t part = *whole * unit;
  part += static_cast<std::uint64_t>(static_cast<double>(fraction.value) *
                                     (static_cast<double>(unit) / fraction.scale));
  if (part > kLimit || total > kLimit - part) return "too long";
  total += part;
  return std::nullopt;
}

}  // namespace

Result<std::chrono::nanoseconds> parse_go_duration(std::string_view text) {
  std::string_view rest = text;
  const bool negative = !rest.empty() && rest.front() == '-';
  if (!rest.empty() && (rest.front() == '-' || rest.front() == '+')) rest.remove_prefix(1);
  if (rest == "0") return std::chrono::nanoseconds(0);
  if (rest.empty()) return invalid(text, "it needs a number with a unit, such as 10s");
  std::uint64_t total = 0;
  while (!rest.empty()) {
    if (const auto wrong = add_go_part(rest, total)) return invalid(text, *wrong);
  }
  if (negative) {
    if (total == kLimit) {
      return std::chrono::nanoseconds(std::numeric_limits<std::int64_t>::min());
    }
    return std::chrono::nanoseconds(-static_cast<std::int64_t>(total));
  }
  if (total == kLimit) return invalid(text, "too long");
  return std::chrono::nanoseconds(static_cast<std::int64_t>(total));
}

Result<std::chrono::nanoseconds> parse_prometheus_duration(std::string_view text) {
  if (text == "0") return std::chrono::nanoseconds(0);
  std::string_view rest = text;
  if (rest.empty()) return invalid(text, "it needs a number with a unit, such as 5m");
  std::uint64_t total = 0;
  std::size_t next_unit = 0;
  while (!rest.empty()) {
    if (!is_digit(rest.front())) return invalid(text, "it needs whole numbers with units");
    const auto number = take_integer(rest);
    if (!number) return invalid(text, "too long");
    const std::size_t index = find_unit(kPrometheusUnits, take_unit_name(rest));
    if (index == kPrometheusUnits.size()) {
      return invalid(text, "the units are y, w, d, h, m, s, ms");
    }
    if (index < next_unit) return invalid(text, "units must fall, each at most once");
    next_unit = index + 1;
    const std::uint64_t unit = kPrometheusUnits[index].nanoseconds;
    if (*number > (kLimit - 1 - total) / unit) return invalid(text, "too long");
    total += *number * unit;
  }
  return std::chrono::nanoseconds(static_cast<std::int64_t>(total));
}

std::string format_go_duration(std::chrono::nanoseconds duration) {
  // Unsigned, so that the least of all has a magnitude.
  auto rest = static_cast<std::uint64_t>(duration.count());
  const bool negative = duration.count() < 0;
  if (negative) rest = 0 - rest;
  if (rest == 0) return "0s";
  constexpr std::uint64_t kSecond = 1'000'000'000;
  // Digits behind the point as many as there are, none for whole numbers.
  const auto with_fraction = [](std::uint64_t value, std::uint64_t unit, const char* name) {
    std::string text = std::to_string(value / unit);
    if (value % unit != 0) {
      std::string digits = std::to_string(unit + value % unit).substr(1);
      digits.erase(digits.find_last_not_of('0') + 1);
      text += "." + digits;
    }
    return text + name;
  };
  std::string text = negative ? "-" : "";
  if (rest < 1'000) return text + std::to_string(rest) + "ns";
  if (rest < 1'000'000) return text + with_fraction(rest, 1'000, "\xc2\xb5s");
  if (rest < kSecond) return text + with_fraction(rest, 1'000'000, "ms");
  const std::uint64_t minutes = rest / (60 * kSecond);
  if (minutes >= 60) text += std::to_string(minutes / 60) + "h";
  if (minutes > 0) text += std::to_string(minutes % 60) + "m";
  return text + with_fraction(rest % (60 * kSecond), kSecond, "s");
}

}  // namespace tailrace::config
