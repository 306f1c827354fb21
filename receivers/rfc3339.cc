// Fixed places, then a fraction, then the zone.
#include "receivers/rfc3339.h"

#include <chrono>

#include "base/timestamp.h"

namespace tailrace::receivers {
namespace {

// `count` digits at the begin of `text`, taken off it.
std::optional<int> take_digits(std::string_view& text, std::size_t count) {
  if (text.size() < count) return std::nullopt;
  int value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(count);
  return value;
}

bool take(std::string_view& text, char wanted, char or_else) {
  if (text.empty() || (text.front() != wanted && text.front() != or_else)) return false;
  text.remove_prefix(1);
  return true;
}

// Seconds east of Greenwich.
std::optional<int> take_zone(std::string_view& text) {
  if (take(text, 'Z', 'z')) return 0;
  const bool west = !text.empty() && text.front() == '-';
  if (!take(text, '+', '-')) return std::nullopt;
  const auto hours = take_digits(text, 2);
  if (!hours || !take(text, ':', ':')) return std::nullopt;
  const auto minutes = take_digits(text, 2);
  if (!minutes || *hours > 24 || *minutes > 59) return std::nullopt;
  const int seconds = (*hours * 60 + *minutes) * 60;
  return west ? -seconds : seconds;
}

// Of the part behind the point.
std::optional<int> take_fraction(std::string_view& text) {
  int nanoseconds = 0;
  int digits = 0;
  while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
    if (digits < 9) nanoseconds = nanoseconds * 10 + (text.front() - '0');
    ++digits;
    text.remove_prefix(1);
  }
  if (digits == 0) return std::nullopt;
  for (; digits < 9; ++digits)
    nanoseconds *= 10;
  return nanoseconds;
}

}  // namespace

std::optional<std::int64_t> parse_rfc3339(std::string_view text) {
  const auto year = take_digits(text, 4);
  if (!year || !take(text, '-', '-')) return std::nullopt;
  const auto month = take_digits(text, 2);
  if (!month || !take(text, '-', '-')) return std::nullopt;
  const auto day = take_digits(text, 2);
  if (!day || !take(text, 'T', 't')) return std::nullopt;
  const auto hour = take_digits(text, 2);
  if (!hour || !take(text, ':', ':')) return std::nullopt;
  const auto minute = take_digits(text, 2);
  if (!minute || !take(text, ':', ':')) return std::nullopt;
  const auto second = take_digits(text, 2);
  if (!second || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  int nanoseconds = 0;
  if (take(text, '.', ',')) {
    const auto fraction = take_fraction(text);
    if (!fraction) return std::nullopt;
    nanoseconds = *fraction;
  }
  const auto zone = take_zone(text);
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!zone || !text.empty() || !date.ok()) return std::nullopt;
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  const std::int64_t seconds = ((days * 24 + *hour) * 60 + *minute) * 60 + *second - *zone;
  return Timestamp{seconds, static_cast<std::uint32_t>(nanoseconds)}.ns();
}

}  // namespace tailrace::receivers
