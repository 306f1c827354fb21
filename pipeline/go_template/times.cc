// Times and durations in templates.
#include "pipeline/go_template/times.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "pipeline/go_time/civil.h"
#include "pipeline/go_time/layout_steps.h"
#include "pipeline/go_time/zone_files.h"

namespace tailrace::pipeline::go_template {
namespace {

constexpr std::array<std::string_view, 12> kMonths = {
    "January", "February", "March",     "April",   "May",      "June",
    "July",    "August",   "September", "October", "November", "December"};
constexpr std::array<std::string_view, 7> kDays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                   "Thursday", "Friday", "Saturday"};

// A moment as a calendar and a clock on the wall show it.
struct WallTime {
  std::int64_t year = 0;
  int month = 0;
  int day = 0;
  int year_day = 0;
  int week_day = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
  std::int64_t nanosecond = 0;
  std::int64_t offset = 0;
  std::string_view zone;
};

WallTime wall_time(const Value& time, const go_time::Zone& zone) {
  const go_time::ZoneSpan span = zone.lookup(time.integer);
  const std::int64_t seconds = time.integer + span.offset;
  const std::int64_t days = go_time::floor_divide(seconds, go_time::kSecondsPerDay);
  const std::int64_t of_day = seconds - days * go_time::kSecondsPerDay;
  const go_time::YearMonth date = go_time::year_month_of(days);
  WallTime wall;
  wall.year = date.year;
  wall.month = date.month;
  wall.day = static_cast<int>(days - go_time::days_since_1970(date.year, date.month, 1)) + 1;
  wall.year_day = static_cast<int>(days - go_time::days_since_1970(date.year, 1, 1)) + 1;
  wall.week_day = static_cast<int>((days % 7 + 11) % 7);  // 1970-01-01 was a Thursday.
  wall.hour = static_cast<int>(of_day / 3600);
  wall.minute = static_cast<int>(of_day / 60 % 60);
  wall.second = static_cast<int>(of_day % 60);
  wall.nanosecond = static_cast<std::int64_t>(time.number);
  wall.offset = span.offset;
  wall.zone = span.name.empty() && span.offset == 0 ? "UTC" : span.name;
  return wall;
}

void append_offset(std::string& out, const go_time::Step& step, const WallTime& wall) {
  if (step.zulu && wall.offset == 0) {
    out += 'Z';
    return;
  }
  const std::int64_t offset = std::abs(wall.offset);
  const std::int64_t hours = offset / 3600;
  const std::int64_t minutes = offset / 60 % 60;
  out += wall.offset < 0 ? '-' : '+';
  out += fmt::format("{:02}", hours);
  using go_time::Token;
  if (step.token == Token::kZoneShort) return;
  const bool colon = step.token == Token::kZoneColon || step.token == Token::kZoneColonSeconds;
  out += fmt::format("{}{:02}", colon ? ":" : "", minutes);
  if (step.token == Token::kZoneSeconds || step.token == Token::kZoneColonSeconds) {
    out += fmt::format("{}{:02}", colon ? ":" : "", offset % 60);
  }
}

void append_fraction(std::string& out, const go_time::Step& step, const WallTime& wall) {
  std::string digits = fmt::format("{:09}", wall.nanosecond);
  digits.resize(std::min<std::size_t>(step.digits, digits.size()));
  if (step.token == go_time::Token::kOpenFraction) {
    digits.erase(digits.find_last_not_of('0') + 1);
    if (digits.empty()) return;
  }
  out += step.comma ? ',' : '.';
  out += digits;
}

void append_date_part(std::string& out, go_time::Token token, const WallTime& wall) {
  using go_time::Token;
  const std::string_view month = kMonths[static_cast<std::size_t>(wall.month - 1)];
  const std::string_view day = kDays[static_cast<std::size_t>(wall.week_day)];
  switch (token) {
    case Token::kLongYear:
      out += wall.year < 0 ? fmt::format("-{:04}", -wall.year) : fmt::format("{:04}", wall.year);
      break;
    case Token::kYear:
      out += fmt::format("{:02}", std::abs(wall.year) % 100);
      break;
    case Token::kMonth:
      out += month.substr(0, 3);
      break;
    case Token::kLongMonth:
      out += month;
      break;
    case Token::kNumericMonth:
      out += fmt::format("{}", wall.month);
      break;
    case Token::kZeroMonth:
      out += fmt::format("{:02}", wall.month);
      break;
    case Token::kWeekDay:
      out += day.substr(0, 3);
      break;
    case Token::kLongWeekDay:
      out += day;
      break;
    case Token::kDay:
      out += fmt::format("{}", wall.day);
      break;
    case Token::kUnderDay:
      out += fmt::format("{:2}", wall.day);
      break;
    case Token::kZeroDay:
      out += fmt::format("{:02}", wall.day);
      break;
    case Token::kUnderYearDay:
      out += fmt::format("{:3}", wall.year_day);
      break;
    case Token::kZeroYearDay:
      out += fmt::format("{:03}", wall.year_day);
      break;
    default:
      break;
  }
}

void append_clock_part(std::string& out, const go_time::Step& step, const WallTime& wall) {
  using go_time::Token;
  const int hour12 = wall.hour % 12 == 0 ? 12 : wall.hour % 12;
  switch (step.token) {
    case Token::kHour:
      out += fmt::format("{:02}", wall.hour);
      break;
    case Token::kHour12:
      out += fmt::format("{}", hour12);
      break;
    case Token::kZeroHour12:
      out += fmt::format("{:02}", hour12);
      break;
    case Token::kMinute:
      out += fmt::format("{}", wall.minute);
      break;
    case Token::kZeroMinute:
      out += fmt::format("{:02}", wall.minute);
      break;
    case Token::kSecond:
      out += fmt::format("{}", wall.second);
      break;
    case Token::kZeroSecond:
      out += fmt::format("{:02}", wall.second);
      break;
    case Token::kPm:
      out += wall.hour >= 12 ? "PM" : "AM";
      break;
    case Token::kLowerPm:
      out += wall.hour >= 12 ? "pm" : "am";
      break;
    case Token::kZoneName:
      if (wall.zone.empty()) {
        append_offset(out, {.prefix = {}, .token = Token::kZone}, wall);
      } else {
        out += wall.zone;
      }
      break;
    case Token::kZone:
    case Token::kZoneColon:
    case Token::kZoneShort:
    case Token::kZoneSeconds:
    case Token::kZoneColonSeconds:
      append_offset(out, step, wall);
      break;
    case Token::kFraction:
    case Token::kOpenFraction:
      append_fraction(out, step, wall);
      break;
    default:
      append_date_part(out, step.token, wall);
  }
}

// A count of a unit with up to `digits` decimals, none of them a trailing zero.
std::string with_decimals(std::uint64_t value, std::uint64_t unit, int digits) {
  std::string text = fmt::format("{}.{:0{}}", value / unit, value % unit, digits);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

}  // namespace

Value make_time(std::int64_t seconds, std::int64_t nanoseconds, std::string_view zone) {
  Value time;
  time.kind = Value::Kind::kTime;
  time.integer = seconds;
  time.number = static_cast<double>(nanoseconds);
  time.text = zone;
  return time;
}

void append_time(std::string& out, const Value& time, std::string_view layout,
                 const go_time::Zone& zone) {
  const WallTime wall = wall_time(time, zone);
  for (const go_time::Step& step : go_time::compile_layout(layout)) {
    out += step.prefix;
    if (step.token != go_time::Token::kEnd) append_clock_part(out, step, wall);
  }
}

void append_time(std::string& out, const Value& time) {
  const auto zone = go_time::load_zone(go_time::ZoneFiles::system(), std::string(time.text));
  append_time(out, time, "2006-01-02 15:04:05.999999999 -0700 MST",
              zone.has_value() ? *zone : go_time::Zone());
}

void append_duration(std::string& out, const Value& duration) {
  constexpr std::uint64_t kMicrosecond = 1000;
  constexpr std::uint64_t kMillisecond = 1'000'000;
  constexpr std::uint64_t kSecond = 1'000'000'000;
  const bool negative = duration.integer < 0;
  const std::uint64_t value = negative ? 0 - static_cast<std::uint64_t>(duration.integer)
                                       : static_cast<std::uint64_t>(duration.integer);
  if (negative) out += '-';
  if (value == 0) {
    out += "0s";
  } else if (value < kMicrosecond) {
    out += fmt::format("{}ns", value);
  } else if (value < kMillisecond) {
    out += with_decimals(value, kMicrosecond, 3) + "\xC2\xB5s";
  } else if (value < kSecond) {
    out += with_decimals(value, kMillisecond, 6) + "ms";
  } else {
    const std::uint64_t hours = value / (3600 * kSecond);
    const std::uint64_t minutes = value / (60 * kSecond) % 60;
    if (hours != 0) out += fmt::format("{}h", hours);
    if (hours != 0 || minutes != 0) out += fmt::format("{}m", minutes);
    out += with_decimals(value % (60 * kSecond), kSecond, 9) + "s";
  }
}

std::optional<std::int64_t> duration_of(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (text == "0") return 0;
  if (text.empty()) return std::nullopt;
  struct Unit {
    std::string_view name;
    double nanoseconds;
  };
  constexpr std::array<Unit, 8> kUnits = {{{"ns", 1},
                                           {"us", 1e3},
                                           {"\xC2\xB5s", 1e3},
                                           {"\xCE\xBCs", 1e3},
                                           {"ms", 1e6},
                                           {"s", 1e9},
                                           {"m", 60e9},
                                           {"h", 3600e9}}};
  long double total = 0;
  while (!text.empty()) {
    long double number = 0;
    long double scale = 1;
    std::size_t at = 0;
    bool has_digit = false;
    bool behind_point = false;
    for (; at < text.size(); ++at) {
      if (text[at] == '.' && !behind_point) {
        behind_point = true;
        continue;
      }
      if (text[at] < '0' || text[at] > '9') break;
      has_digit = true;
      number = number * 10 + (text[at] - '0');
      if (behind_point) scale *= 10;
    }
    text.remove_prefix(at);
    const auto* const unit =
        std::find_if(kUnits.begin(), kUnits.end(), [&text](const Unit& candidate) {
          if (!text.starts_with(candidate.name)) return false;
          const std::string_view behind = text.substr(candidate.name.size());
          return behind.empty() || behind[0] == '.' || (behind[0] >= '0' && behind[0] <= '9');
        });
    if (!has_digit || unit == kUnits.end()) return std::nullopt;
    total += number / scale * static_cast<long double>(unit->nanoseconds);
    text.remove_prefix(unit->name.size());
  }
  if (!(total < 0x1p63L)) return std::nullopt;
  const auto value = static_cast<std::int64_t>(total);
  return negative ? -value : value;
}

}  // namespace tailrace::pipeline::go_template
