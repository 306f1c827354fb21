// When a syslog message was written, in nanoseconds since 1970.
#pragma once

#include <cstdint>
#include <optional>

#include "pipeline/go_time/zone.h"
#include "receivers/syslog_parser.h"

namespace tailrace::receivers {

// A time without an offset is in `zone`. One without a year is in the latest year in which it is at
// most kAheadMax after `now_ns`: at New Year, December's messages are of the year before, and those
// of a sender whose clock is ahead of the year to come.
//
// Nothing: there is no time, or none that a log entry can have.
inline constexpr std::int64_t kSyslogAheadMaxSeconds = std::int64_t{7} * 24 * 3600;
std::optional<std::int64_t> syslog_time_ns(const SyslogTime& time,
                                           const pipeline::go_time::Zone& zone,
                                           std::int64_t now_ns);

}  // namespace tailrace::receivers
