// What the steps of a layout read from a text: the parts of a time, before they are put together.
//
// The rules are those of Go's time.Parse as far as they can be observed, with their corners: one
// digit is enough where a token is not padded, a fraction may follow the seconds unasked, and signs
// may stand where two digits of a year or of a fraction are expected.
#include "pipeline/go_time/parts.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "base/ascii.h"
#include "pipeline/go_time/civil.h"

namespace tailrace::pipeline::go_time {
namespace {

constexpr std::array<std::string_view, 12> kMonthNames = {
    "January", "February", "March",     "April",   "May",      "June",
    "July",    "August",   "September", "October", "November", "December"};
constexpr std::array<std::string_view, 7> kWeekDays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                       "Thursday", "Friday", "Saturday"};

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

// Reads a text from its begin on. Every read returns whether it succeeded.
class Reader {
 public:
  explicit Reader(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

  bool read(const Layout& layout, Parts& parts) {
    std::size_t i = 0;
    if (layout.fixed.read({at_, left()}, parts)) {
      at_ += layout.fixed.bytes();
      i = layout.fixed.steps();
      const Step& last = layout.steps[i - 1];
      if (last.token == Token::kZeroSecond && !last.before_fraction) {
        open_fraction(parts.nanosecond);
      }
    }
    for (; i < layout.steps.size(); ++i) {
      const Step& step = layout.steps[i];
      if (!literal(step.prefix) || !token(step, parts)) return false;
    }
    return true;
  }

 private:
  std::size_t left() const { return static_cast<std::size_t>(end_ - at_); }
  bool digit_at(std::size_t i) const { return i < left() && is_digit(at_[i]); }
  bool take(char c) {
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }
  bool take(std::string_view expected) {
    if (std::string_view(at_, left()).substr(0, expected.size()) != expected) return false;
    at_ += expected.size();
    return true;
  }
  void skip_blanks() {
    while (at_ != end_ && *at_ == ' ')
      ++at_;
  }

  bool literal(const std::string& prefix) {
    for (std::size_t i = 0; i < prefix.size(); ++i) {
      if (prefix[i] != ' ') {
        if (!take(prefix[i])) return false;
        continue;
      }
      // At the end of the text a blank may be missing.
      if (at_ != end_ && *at_ != ' ') return false;
      while (i + 1 < prefix.size() && prefix[i + 1] == ' ')
        ++i;
      skip_blanks();
    }
    return true;
  }

  // Exactly `count` characters: digits, or a sign and digits.
  bool signed_digits(std::size_t count, std::int64_t& out) {
    if (left() < count) return false;
    std::size_t i = 0;
    const bool negative = count > 0 && *at_ == '-';
    if (negative || (count > 0 && *at_ == '+')) i = 1;
    std::int64_t value = 0;
    for (; i < count; ++i) {
      if (!is_digit(at_[i])) return false;
      value = value * 10 + (at_[i] - '0');
    }
    at_ += count;
    out = negative ? -value : value;
    return true;
  }

  enum class Padding { kNone, kZero };

  // One or two digits; with padding two.
  bool number(int& out, Padding padding) {
    if (!digit_at(0)) return false;
    if (!digit_at(1)) {
      if (padding == Padding::kZero) return false;
      out = *at_++ - '0';
      return true;
    }
    out = (at_[0] - '0') * 10 + (at_[1] - '0');
    at_ += 2;
    return true;
  }
  bool number(int& out, Padding padding, int max) { return number(out, padding) && out <= max; }

  bool year_day(int& out, Padding padding) {
    int value = 0;
    int count = 0;
    while (count < 3 && digit_at(0)) {
      value = value * 10 + (*at_++ - '0');
      ++count;
    }
    out = value;
    return count == 3 || (count > 0 && padding == Padding::kNone);
  }

  bool same_letters(std::string_view name) const {
    if (left() < name.size()) return false;
    for (std::size_t i = 0; i < name.size(); ++i) {
      if (lower(at_[i]) != lower(name[i])) return false;
    }
    return true;
  }

  // The place of a name in a table, of which `length` letters count; in any case.
  template <std::size_t kCount>
  bool name(const std::array<std::string_view, kCount>& names, std::size_t length, int& out) {
    for (std::size_t i = 0; i < kCount; ++i) {
      const std::string_view name = names[i].substr(0, length);
      if (!same_letters(name)) continue;
      at_ += name.size();
      out = static_cast<int>(i);
      return true;
    }
    return false;
  }

  bool month_name(std::size_t length, int& out) {
    if (!name(kMonthNames, length, out)) return false;
    ++out;
    return true;
  }

  // A dot or comma and `digits` digits; those beyond nine do not count.
  bool fraction(std::size_t digits, std::int64_t& out) {
    if (left() < digits + 1 || (*at_ != '.' && *at_ != ',')) return false;
    ++at_;
    const std::size_t counted = std::min<std::size_t>(digits, 9);
    std::int64_t value = 0;
    if (!signed_digits(counted, value) || value < 0) return false;
    at_ += digits - counted;
    for (std::size_t i = counted; i < 9; ++i)
      value *= 10;
    out = value;
    return true;
  }

  bool fraction_ahead() const {
    return left() >= 2 && (*at_ == '.' || *at_ == ',') && is_digit(at_[1]);
  }
  bool open_fraction(std::int64_t& out) {
    if (!fraction_ahead()) return true;
    std::size_t digits = 1;
    while (digit_at(digits + 1))
      ++digits;
    return fraction(digits, out);
  }

  bool second(const Step& step, Padding padding, Parts& parts) {
    if (!number(parts.second, padding, 59)) return false;
    return step.before_fraction || open_fraction(parts.nanosecond);
  }

  bool numeric_zone(const Step& step, Parts& parts) {
    if (step.zulu && take('Z')) {
      parts.utc = true;
      return true;
    }
    const bool colon = step.token == Token::kZoneColon || step.token == Token::kZoneColonSeconds;
    const bool minutes = step.token != Token::kZoneShort;
    const bool seconds =
        step.token == Token::kZoneSeconds || step.token == Token::kZoneColonSeconds;
    const bool negative = take('-');
    if (!negative && !take('+')) return false;
    // Some write offsets of 24 hours or 60 minutes.
    int hour = 0;
    int minute = 0;
    int second = 0;
    if (!number(hour, Padding::kZero, 24)) return false;
    if (minutes && ((colon && !take(':')) || !number(minute, Padding::kZero, 60))) return false;
    if (seconds && ((colon && !take(':')) || !number(second, Padding::kZero, 60))) return false;
    const std::int64_t offset = (std::int64_t{hour} * 60 + minute) * 60 + second;
    parts.offset = negative ? -offset : offset;
    return true;
  }

  // The length of a sign and at most 23 hours at `from`; 0 when there is none.
  std::size_t signed_hours(std::size_t from) const {
    if (from >= left() || (at_[from] != '+' && at_[from] != '-')) return 0;
    std::size_t i = from + 1;
    int hours = 0;
    while (digit_at(i)) {
      hours = std::min(hours * 10 + (at_[i] - '0'), 1000);
      ++i;
    }
    return i == from + 1 || hours > 23 ? 0 : i - from;
  }

  std::size_t zone_name_length() const {
    const std::string_view text(at_, left());
    if (text.size() < 3) return 0;
    if (text.substr(0, 4) == "ChST" || text.substr(0, 4) == "MeST") return 4;
    if (text.substr(0, 3) == "GMT") return 3 + signed_hours(3);
    if (text.front() == '+' || text.front() == '-') return signed_hours(0);
    std::size_t upper = 0;
    while (upper < 6 && upper < text.size() && text[upper] >= 'A' && text[upper] <= 'Z')
      ++upper;
    if (upper == 5 && text[4] == 'T') return 5;
    if (upper == 4 && (text[3] == 'T' || text.substr(0, 4) == "WITA")) return 4;
    return upper == 3 ? 3 : 0;
  }

  bool zone_name(Parts& parts) {
    if (take("UTC")) {
      parts.utc = true;
      return true;
    }
    const std::size_t length = zone_name_length();
    parts.zone_name = {at_, length};
    at_ += length;
    return length > 0;
  }

  bool half_day(std::string_view am, std::string_view pm, Parts& parts) {
    if (take(pm)) {
      parts.pm = true;
      return true;
    }
    const bool morning = take(am);
    parts.am = parts.am || morning;
    return morning;
  }

  bool two_digit_year(std::int64_t& year) {
    if (!signed_digits(2, year)) return false;
    year += year >= 69 ? 1900 : 2000;
    return true;
  }

  bool day(Padding padding, int& out) { return number(out, padding); }

  bool token(const Step& step, Parts& parts) {
    int ignored = 0;
    switch (step.token) {
      case Token::kEnd:
        return at_ == end_;
      case Token::kLongYear:
        return digit_at(0) && signed_digits(4, parts.year);
      case Token::kYear:
        return two_digit_year(parts.year);
      case Token::kMonth:
        return month_name(3, parts.month);
      case Token::kLongMonth:
        return month_name(std::string_view::npos, parts.month);
      case Token::kNumericMonth:
        return number(parts.month, Padding::kNone, 12) && parts.month > 0;
      case Token::kZeroMonth:
        return number(parts.month, Padding::kZero, 12) && parts.month > 0;
      case Token::kWeekDay:
        return name(kWeekDays, 3, ignored);
      case Token::kLongWeekDay:
        return name(kWeekDays, std::string_view::npos, ignored);
      case Token::kUnderDay:
        take(' ');
        return day(Padding::kNone, parts.day);
      case Token::kDay:
        return day(Padding::kNone, parts.day);
      case Token::kZeroDay:
        return day(Padding::kZero, parts.day);
      case Token::kUnderYearDay:
        if (take(' ')) take(' ');
        return year_day(parts.year_day, Padding::kNone);
      case Token::kZeroYearDay:
        return year_day(parts.year_day, Padding::kZero);
      case Token::kHour:
        return number(parts.hour, Padding::kNone, 23);
      case Token::kHour12:
        return number(parts.hour, Padding::kNone, 12);
      case Token::kZeroHour12:
        return number(parts.hour, Padding::kZero, 12);
      case Token::kMinute:
        return number(parts.minute, Padding::kNone, 59);
      case Token::kZeroMinute:
        return number(parts.minute, Padding::kZero, 59);
      case Token::kSecond:
        return second(step, Padding::kNone, parts);
      case Token::kZeroSecond:
        return second(step, Padding::kZero, parts);
      case Token::kPm:
        return half_day("AM", "PM", parts);
      case Token::kLowerPm:
        return half_day("am", "pm", parts);
      case Token::kZoneName:
        return zone_name(parts);
      case Token::kFraction:
        return fraction(step.digits, parts.nanosecond);
      case Token::kOpenFraction:
        return open_fraction(parts.nanosecond);
      default:
        return numeric_zone(step, parts);
    }
  }

  const char* at_;
  const char* const end_;
};

// Turns the day of the year into month and day, which must agree with those that were read.
bool settle_year_day(Parts& parts) {
  const int days = is_leap(parts.year) ? 366 : 365;
  if (parts.year_day < 1 || parts.year_day > days) return false;
  int month = 1;
  int day = parts.year_day;
  while (day > days_in(month, parts.year))
    day -= days_in(month++, parts.year);
  if (parts.month != Parts::kUnset && parts.month != month) return false;
  if (parts.day != Parts::kUnset && parts.day != day) return false;
  parts.month = month;
  parts.day = day;
  return true;
}

}  // namespace

std::optional<Parts> read_parts(const Layout& layout, std::string_view text) {
  std::optional<Parts> parts(std::in_place);
  if (!Reader(text).read(layout, *parts)) return std::nullopt;
  if (parts->pm && parts->hour < 12) {
    parts->hour += 12;
  } else if (parts->am && parts->hour == 12) {
    parts->hour = 0;
  }
  if (parts->year_day != Parts::kUnset) {
    if (!settle_year_day(*parts)) return std::nullopt;
    return parts;
  }
  if (parts->month == Parts::kUnset) parts->month = 1;
  if (parts->day == Parts::kUnset) parts->day = 1;
  if (parts->day < 1 || parts->day > days_in(parts->month, parts->year)) return std::nullopt;
  return parts;
}

}  // namespace tailrace::pipeline::go_time
