// The forms of a time in syslog messages.
#include "receivers/syslog_cursor.h"

#include <array>

#include "pipeline/go_time/civil.h"

namespace tailrace::receivers {
namespace {

constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

using Cursor = SyslogCursor;

bool parse_clock(Cursor& at, int last_second, SyslogTime& time) {
  return at.number(time.hour, {.least = 2, .most = 2}) && at.take(':') &&
         at.number(time.minute, {.least = 2, .most = 2}) && at.take(':') &&
         at.number(time.second, {.least = 2, .most = 2}) && time.hour < 24 && time.minute < 60 &&
         time.second <= last_second;
}

// Behind "." or ",". More than nine digits are read and forgotten.
bool parse_fraction(Cursor& at, std::size_t most, SyslogTime& time) {
  std::size_t count = 0;
  std::int32_t value = 0;
  while (is_digit(at.peek())) {
    if (count < 9) value = value * 10 + (at.peek() - '0');
    ++count;
    at.skip(1);
  }
  if (count == 0 || count > most) return false;
  for (std::size_t i = count; i < 9; ++i)
    value *= 10;
  time.nanosecond = value;
  return true;
}

bool parse_offset(Cursor& at, RfcTime kind, SyslogTime& time) {
  if (at.take('Z') || (kind == RfcTime::kWide && at.take('z'))) {
    time.has_offset = true;
    return true;
  }
  Cursor here = at;
  const bool west = here.peek() == '-';
  int hours = 0;
  int minutes = 0;
  if (!here.take('+') && !here.take('-')) return false;
  if (!here.number(hours, {.least = 2, .most = 2})) return false;
  const bool colon = here.take(':');
  if (!colon && kind == RfcTime::kStrict) return false;
  if (!here.number(minutes, {.least = 2, .most = 2}) || hours > 23 || minutes > 59) return false;
  time.has_offset = true;
  time.offset_seconds = (hours * 60 + minutes) * (west ? -60 : 60);
  at = here;
  return true;
}

bool parse_month(Cursor& at, SyslogTime& time) {
  for (std::size_t i = 0; i < kMonths.size(); ++i) {
    if (!at.rest().starts_with(kMonths[i])) continue;
    time.month = static_cast<int>(i) + 1;
    at.skip(3);
    return at.take(' ');
  }
  return false;
}

// "1", " 1", "01".
bool parse_day(Cursor& at, SyslogTime& time) {
  at.spaces();
  const std::int64_t leap_year = 2000;
  return at.number(time.day, {.least = 1, .most = 2}) && time.day >= 1 &&
         time.day <= pipeline::go_time::days_in(time.month, time.year < 0 ? leap_year : time.year);
}

bool parse_year(Cursor& at, SyslogTime& time) {
  Cursor here = at;
  int year = 0;
  if (!here.number(year, {.least = 4, .most = 4}) || year < 1970 || is_digit(here.peek())) {
    return false;
  }
  time.year = year;
  at = here;
  return true;
}

// " CEST:", " UTC:", " 2026 ": what may stand behind the clock.
void parse_behind_clock(Cursor& at, SyslogTime& time) {
  Cursor here = at;
  if (time.year < 0 && here.take(' ') && parse_year(here, time)) {
    if (here.peek() == ' ' || here.peek() == ':') {
      at = here;
    } else {
      time.year = -1;
    }
  }
  here = at;
  if (!here.take(' ')) return;
  std::size_t letters = 0;
  const std::string_view rest = here.rest();
  while (letters < rest.size() && rest[letters] >= 'A' && rest[letters] <= 'Z')
    ++letters;
  if (letters < 3 || letters > 5 || letters == rest.size() || rest[letters] != ':') return;
  const std::string_view name = rest.substr(0, letters);
  here.skip(letters);
  if (name == "UTC" || name == "GMT") {
    time.has_offset = true;
  } else {
    time.zone_name = name;
  }
  at = here;
}

// With a month's name.
bool parse_named_month(Cursor& at, SyslogTime& time) {
  Cursor here = at;
  time = {};
  // NX-OS: "2026 Nov 22 03:43:02".
  if (is_digit(here.peek()) && (!parse_year(here, time) || !here.take(' '))) return false;
  if (!parse_month(here, time) || !parse_day(here, time) || !here.take(' ')) return false;
  here.spaces();
  Cursor year = here;
  // ASA: "Nov 22 2026 03:43:02".
  if (time.year < 0 && parse_year(year, time)) {
    if (!year.take(' ')) return false;
    here = year;
  }
  if (!parse_clock(here, 60, time)) return false;
  if (here.peek() == '.' || here.peek() == ',') {
    Cursor fraction = here;
    fraction.skip(1);
    if (is_digit(fraction.peek()) && parse_fraction(fraction, 32, time)) here = fraction;
  }
  parse_behind_clock(here, time);
  time.present = true;
  at = here;
  return true;
}

}  // namespace

bool parse_rfc3339(SyslogCursor& at, RfcTime kind, SyslogTime& time) {
  const bool wide = kind == RfcTime::kWide;
  Cursor here = at;
  SyslogTime result;
  int year = 0;
  if (!here.number(year, {.least = 4, .most = 4}) || !here.take('-') ||
      !here.number(result.month, {.least = 2, .most = 2}) || !here.take('-') ||
      !here.number(result.day, {.least = 2, .most = 2})) {
    return false;
  }
  result.year = year;
  if (result.month < 1 || result.month > 12 || result.day < 1 ||
      result.day > pipeline::go_time::days_in(result.month, year)) {
    return false;
  }
  if (!here.take('T') && !(wide && (here.take('t') || here.take(' ')))) return false;
  if (!parse_clock(here, wide ? 60 : 59, result)) return false;
  if (here.take('.') || (wide && here.take(','))) {
    if (!parse_fraction(here, wide ? 32 : 6, result)) return false;
  }
  if (!parse_offset(here, kind, result) && !wide) return false;
  result.present = true;
  time = result;
  at = here;
  return true;
}

bool parse_bsd_time(SyslogCursor& at, SyslogTime& time) {
  Cursor here = at;
  time = {};
  const bool day = parse_month(here, time) && here.rest().size() >= 2 && here.rest()[1] != ' ' &&
                   (here.peek() == ' ' || is_digit(here.peek())) && is_digit(here.rest()[1]);
  if (!day || !parse_day(here, time) || !here.take(' ') || !parse_clock(here, 59, time)) {
    return false;
  }
  time.present = true;
  at = here;
  return true;
}

bool parse_any_time(SyslogCursor& at, SyslogTime& time) {
  return parse_rfc3339(at, RfcTime::kWide, time) || parse_named_month(at, time);
}

}  // namespace tailrace::receivers
