// The rule at the end of a time zone file: how the offset changes in all years to come.
#include "pipeline/go_time/zone_rule.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "base/ascii.h"
#include "pipeline/go_time/civil.h"

namespace tailrace::pipeline::go_time {
namespace {

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
}  // namespace

class ZoneRule::Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  std::optional<ZoneRule> read() {
    ZoneRule rule;
    if (!name(rule.standard_name_) || !time(rule.standard_offset_)) return std::nullopt;
    rule.standard_offset_ = -rule.standard_offset_;  // Written as seconds west.
    if (text_.empty()) return rule;
    rule.has_summer_ = true;
    if (!name(rule.summer_name_)) return std::nullopt;
    rule.summer_offset_ = rule.standard_offset_ + 3600;
    if (!text_.empty() && text_.front() != ',') {
      if (!time(rule.summer_offset_)) return std::nullopt;
      rule.summer_offset_ = -rule.summer_offset_;
    }
    if (text_.empty()) text_ = ",M3.2.0,M11.1.0";
    if (!take(',') || !change(rule.to_summer_)) return std::nullopt;
    if (!take(',') || !change(rule.to_standard_) || !text_.empty()) return std::nullopt;
    return rule;
  }

 private:
  bool take(char c) {
    if (text_.empty() || text_.front() != c) return false;
    text_.remove_prefix(1);
    return true;
  }

  bool name(std::string& out) {
    std::size_t length = 0;
    if (take('<')) {
      length = text_.find('>');
      if (length == std::string_view::npos) return false;
      out = text_.substr(0, length);
      text_.remove_prefix(length + 1);
      return true;
    }
    while (length < text_.size() && is_letter(text_[length]))
      ++length;
    out = text_.substr(0, length);
    text_.remove_prefix(length);
    return length >= 3;
  }

  bool number(int& out, int min, int max) {
    int value = 0;
    std::size_t length = 0;
    while (length < text_.size() && length < 5 && is_digit(text_[length])) {
      value = value * 10 + (text_[length++] - '0');
    }
    text_.remove_prefix(length);
    out = value;
    return length > 0 && value >= min && value <= max;
  }

  // [+-]hh[:mm[:ss]]; hours up to a week, as newer files use them.
  bool time(std::int64_t& out) {
    const bool negative = take('-');
    if (!negative) take('+');
    int hours = 0;
    int minutes = 0;
    int seconds = 0;
    if (!number(hours, 0, 167)) return false;
    if (take(':') && !number(minutes, 0, 59)) return false;
    if (take(':') && !number(seconds, 0, 59)) return false;
    out = std::int64_t{hours} * 3600 + minutes * 60 + seconds;
    if (negative) out = -out;
    return true;
  }

  bool change(Change& out) {
    if (take('M')) {
      out.kind = Change::Kind::kMonthWeekDay;
      if (!number(out.month, 1, 12) || !take('.') || !number(out.week, 1, 5) || !take('.') ||
          !number(out.day, 0, 6)) {
        return false;
      }
    } else if (take('J')) {
      out.kind = Change::Kind::kJulian;
      if (!number(out.day, 1, 365)) return false;
    } else {
      out.kind = Change::Kind::kDayOfYear;
      if (!number(out.day, 0, 365)) return false;
    }
    return !take('/') || time(out.time);
  }

  std::string_view text_;
};

std::optional<ZoneRule> ZoneRule::parse(std::string_view text) {
  return Reader(text).read();
}

std::int64_t ZoneRule::Change::second_of_year(std::int64_t year, std::int64_t offset) const {
  std::int64_t day_of_year = 0;
  switch (kind) {
    case Kind::kJulian:  // 1 to 365; February 29 has no number.
      day_of_year = day - 1 + (is_leap(year) && day >= 60 ? 1 : 0);
      break;
    case Kind::kDayOfYear:
      day_of_year = day;
      break;
    case Kind::kMonthWeekDay: {
      const std::int64_t first = days_since_1970(year, month, 1);
      const auto weekday = static_cast<int>(((first + 4) % 7 + 7) % 7);  // 1970-01-01: Thursday.
      int day_of_month = 1 + (day - weekday + 7) % 7 + (week - 1) * 7;
      if (day_of_month > days_in(month, year)) day_of_month -= 7;  // Week 5 is the last one.
      day_of_year = first - days_since_1970(year, 1, 1) + day_of_month - 1;
      break;
    }
  }
  return day_of_year * kSecondsPerDay + time - offset;
}

ZoneSpan ZoneRule::lookup(std::int64_t seconds) const {
  if (!has_summer_) return {standard_name_, standard_offset_};
  const std::int64_t year = year_month_of(floor_divide(seconds, kSecondsPerDay)).year;
  const std::int64_t year_start = days_since_1970(year, 1, 1) * kSecondsPerDay;
  const std::int64_t year_end = days_since_1970(year + 1, 1, 1) * kSecondsPerDay;
  const std::int64_t summer = year_start + to_summer_.second_of_year(year, standard_offset_);
  const std::int64_t winter = year_start + to_standard_.second_of_year(year, summer_offset_);
  if (summer < winter) {
    if (seconds < summer) return {standard_name_, standard_offset_, year_start, summer};
    if (seconds >= winter) return {standard_name_, standard_offset_, winter, year_end};
    return {summer_name_, summer_offset_, summer, winter};
  }
  if (seconds < winter) return {summer_name_, summer_offset_, year_start, winter};
  if (seconds >= summer) return {summer_name_, summer_offset_, summer, year_end};
  return {standard_name_, standard_offset_, winter, summer};
}

}  // namespace tailrace::pipeline::go_time
