// The rule at the end of a time zone file: how the offset changes in all years to come.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tailrace::pipeline::go_time {

// An offset that holds from `start` to just before `end` (seconds since 1970, UTC).
struct ZoneSpan {
  std::string_view name;    // The abbreviation; views into the zone.
  std::int64_t offset = 0;  // Seconds east of UTC.
  std::int64_t start = INT64_MIN;
  std::int64_t end = INT64_MAX;
};

// A rule in POSIX's syntax, such as "EST5EDT,M3.2.0,M11.1.0".
class ZoneRule {
 public:
  static std::optional<ZoneRule> parse(std::string_view text);

  // The span that `seconds` (UTC) lies in. Away from the changes of a year its bounds are those of
  // the year.
  ZoneSpan lookup(std::int64_t seconds) const;

 private:
  struct Change {
    enum class Kind { kJulian, kDayOfYear, kMonthWeekDay };
    Kind kind = Kind::kMonthWeekDay;
    int day = 0;
    int week = 0;
    int month = 0;
    std::int64_t time = 7200;  // Seconds of the day, local.

    // Seconds since the begin of the year, UTC, when `offset` holds before.
    std::int64_t second_of_year(std::int64_t year, std::int64_t offset) const;
  };
  class Reader;

  std::string standard_name_;
  std::int64_t standard_offset_ = 0;
  bool has_summer_ = false;
  std::string summer_name_;
  std::int64_t summer_offset_ = 0;
  Change to_summer_;
  Change to_standard_;
};

}  // namespace tailrace::pipeline::go_time
