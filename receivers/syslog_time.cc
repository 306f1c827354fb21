// From fields of a calendar to a point in time.
#include "receivers/syslog_time.h"

#include "pipeline/go_time/civil.h"

namespace tailrace::receivers {
namespace {

using pipeline::go_time::Zone;

constexpr std::int64_t kPerSecond = 1'000'000'000;
// Nanoseconds since 1970 fit for these.
constexpr std::int32_t kYearMin = 1678;
constexpr std::int32_t kYearMax = 2261;

std::int64_t seconds_of(const SyslogTime& time, std::int64_t year, const Zone& zone) {
  const std::int64_t days = pipeline::go_time::days_since_1970(year, time.month, time.day);
  const std::int64_t wall =
      days * pipeline::go_time::kSecondsPerDay + time.hour * 3600 + time.minute * 60 + time.second;
  if (time.has_offset) return wall - time.offset_seconds;
  if (!time.zone_name.empty()) {
    if (const auto offset = zone.offset_of_name(time.zone_name, wall)) return wall - *offset;
  }
  return wall - zone.offset_at_wall_time(wall);
}

}  // namespace

std::optional<std::int64_t> syslog_time_ns(const SyslogTime& time, const Zone& zone,
                                           std::int64_t now_ns) {
  if (!time.present) return std::nullopt;
  if (time.year >= 0) {
    if (time.year < kYearMin || time.year > kYearMax) return std::nullopt;
    return seconds_of(time, time.year, zone) * kPerSecond + time.nanosecond;
  }
  const std::int64_t now = pipeline::go_time::floor_divide(now_ns, kPerSecond);
  const std::int64_t days = pipeline::go_time::floor_divide(now, pipeline::go_time::kSecondsPerDay);
  const std::int64_t this_year = pipeline::go_time::year_month_of(days).year;
  // 29 February may be up to eight years back.
  for (std::int64_t year = this_year + 1; year >= this_year - 8; --year) {
    if (time.day > pipeline::go_time::days_in(time.month, year)) continue;
    const std::int64_t seconds = seconds_of(time, year, zone);
    if (seconds <= now + kSyslogAheadMaxSeconds) return seconds * kPerSecond + time.nanosecond;
  }
  return std::nullopt;
}

}  // namespace tailrace::receivers
