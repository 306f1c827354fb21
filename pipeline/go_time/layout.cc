// Times in texts: Promtail's named formats and Go layouts.
#include "pipeline/go_time/layout.h"

#include <array>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/go_time/civil.h"
#include "pipeline/go_time/parts.h"
#include "pipeline/go_time/zone.h"

namespace tailrace::pipeline {
namespace {

using go_time::kSecondsPerDay;
using go_time::Parts;
using go_time::Zone;
using go_time::ZoneSpan;

struct NamedLayout {
  std::string_view name;
  std::string_view layout;
};

// docs/compatibility.md, "timestamp".
constexpr std::array<NamedLayout, 10> kNamedLayouts = {{
    {"ANSIC", "Mon Jan _2 15:04:05 2006"},
    {"UnixDate", "Mon Jan _2 15:04:05 MST 2006"},
    {"RubyDate", "Mon Jan 02 15:04:05 -0700 2006"},
    {"RFC822", "02 Jan 06 15:04 MST"},
    {"RFC822Z", "02 Jan 06 15:04 -0700"},
    {"RFC850", "Monday, 02-Jan-06 15:04:05 MST"},
    {"RFC1123", "Mon, 02 Jan 2006 15:04:05 MST"},
    {"RFC1123Z", "Mon, 02 Jan 2006 15:04:05 -0700"},
    {"RFC3339", "2006-01-02T15:04:05Z07:00"},
    {"RFC3339Nano", "2006-01-02T15:04:05.999999999Z07:00"},
}};

enum class Manner { kLayout, kUnix, kUnixMs, kUnixUs, kUnixNs };

// A sign and digits that fit 64 bits.
std::optional<std::int64_t> to_integer(std::string_view text) {
  const bool negative = !text.empty() && text.front() == '-';
  if (negative || (!text.empty() && text.front() == '+')) text.remove_prefix(1);
  if (text.empty()) return std::nullopt;
  std::int64_t value = 0;  // Kept negative: that side is one larger.
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    if (__builtin_mul_overflow(value, 10, &value)) return std::nullopt;
    if (__builtin_sub_overflow(value, c - '0', &value)) return std::nullopt;
  }
  if (negative) return value;
  if (value == INT64_MIN) return std::nullopt;
  return -value;
}

// Seconds, with decimals behind a point; these are a number of their own, with a sign if they like.
std::optional<Timestamp> parse_unix(std::string_view text) {
  const std::size_t point = text.find('.');
  const auto seconds = to_integer(text.substr(0, point));
  if (!seconds) return std::nullopt;
  if (point == std::string_view::npos) return Timestamp::of(*seconds, 0);
  const std::string_view decimals = text.substr(point + 1);
  for (const char c : decimals.substr(std::min<std::size_t>(9, decimals.size()))) {
    if (c < '0' || c > '9') return std::nullopt;
  }
  const std::string_view counted = decimals.substr(0, 9);
  const auto value = to_integer(counted);
  if (!value) return std::nullopt;
  std::int64_t nanoseconds = *value;
  for (std::size_t i = counted.size(); i < 9; ++i)
    nanoseconds *= 10;
  return Timestamp::of(*seconds, nanoseconds);
}

// A whole number of units; too large a one wraps around, as in Promtail.
std::optional<Timestamp> parse_units(std::string_view text, std::uint64_t unit) {
  const auto value = to_integer(text);
  if (!value) return std::nullopt;
  return Timestamp::of_ns(static_cast<std::int64_t>(static_cast<std::uint64_t>(*value) * unit));
}

}  // namespace

struct TimeParser::State {
  Manner manner = Manner::kLayout;
  go_time::Layout layout{""};
  bool has_year = true;
  Zone default_zone;  // Of texts that name none.
  bool default_is_utc = true;
  Zone name_zone;  // Knows abbreviations.
  Zone host_zone;  // In which the clock has its year; only for layouts without one.

  // The last day and offset that were worked out.
  std::int64_t day_key = -1;
  std::int64_t day_seconds = 0;
  ZoneSpan span{{}, 0, INT64_MAX, INT64_MIN};

  std::int64_t offset_of(const Parts& parts, std::int64_t wall_seconds);
  void set_year(Parts& parts, std::int64_t now_ns) const;
  std::int64_t seconds_of_day(const Parts& parts);
  std::optional<Timestamp> parse_layout(std::string_view text, std::int64_t now_ns);
};

std::int64_t TimeParser::State::offset_of(const Parts& parts, std::int64_t wall_seconds) {
  if (parts.utc) return 0;
  if (parts.offset) return *parts.offset;
  if (!parts.zone_name.empty()) {
    // An abbreviation that the zone does not know shifts nothing, not even "GMT+3".
    return name_zone.offset_of_name(parts.zone_name, wall_seconds).value_or(0);
  }
  if (default_is_utc) return 0;
  // Farther than a day from a change the offset is that of the span.
  const bool inside = wall_seconds > span.start && wall_seconds - span.start > kSecondsPerDay &&
                      wall_seconds < span.end && span.end - wall_seconds > kSecondsPerDay;
  if (inside) return span.offset;
  const std::int64_t offset = default_zone.offset_at_wall_time(wall_seconds);
  span = default_zone.lookup(wall_seconds - offset);
  // Bounds far away must not overflow above.
  span.start = std::max(span.start, wall_seconds - 400 * kSecondsPerDay);
  span.end = std::min(span.end, wall_seconds + 400 * kSecondsPerDay);
  return offset;
}

// December read in January was last year, January read in December is next year.
void TimeParser::State::set_year(Parts& parts, std::int64_t now_ns) const {
  const std::int64_t now = go_time::floor_divide(now_ns, Timestamp::kPerSecond);
  const std::int64_t local = now + host_zone.lookup(now).offset;
  const auto today = go_time::year_month_of(go_time::floor_divide(local, kSecondsPerDay));
  parts.year = today.year;
  if (parts.month == 12 && today.month == 1) --parts.year;
  if (parts.month == 1 && today.month == 12) ++parts.year;
}

std::int64_t TimeParser::State::seconds_of_day(const Parts& parts) {
  const std::int64_t key = (parts.year * 16 + parts.month) * 32 + parts.day;
  if (key != day_key) {
    day_key = key;
    day_seconds = go_time::days_since_1970(parts.year, parts.month, parts.day) * kSecondsPerDay;
  }
  return day_seconds;
}

std::optional<Timestamp> TimeParser::State::parse_layout(std::string_view text,
                                                         std::int64_t now_ns) {
  std::optional<Parts> parts = go_time::read_parts(layout, text);
  if (!parts) return std::nullopt;
  // February 29 was checked against year 0, a leap year; in another it becomes March 1.
  if (!has_year) set_year(*parts, now_ns);
  const std::int64_t wall = seconds_of_day(*parts) + std::int64_t{parts->hour} * 3600 +
                            std::int64_t{parts->minute} * 60 + parts->second;
  return Timestamp::of(wall - offset_of(*parts, wall), parts->nanosecond);
}

Result<std::unique_ptr<TimeParser>> TimeParser::create(std::string_view format,
                                                       std::optional<std::string_view> location,
                                                       const go_time::ZoneFiles& files) {
  auto state = std::make_unique<State>();
  std::optional<Zone> zone;
  if (location) {
    // Also a location that is not used must exist.
    Result<Zone> loaded = go_time::load_zone(files, std::string(*location));
    if (!loaded) return fail(loaded.error());
    zone = std::move(*loaded);
  }
  std::string_view layout = format;
  bool named = false;
  if (format == "Unix") state->manner = Manner::kUnix;
  if (format == "UnixMs") state->manner = Manner::kUnixMs;
  if (format == "UnixUs") state->manner = Manner::kUnixUs;
  if (format == "UnixNs") state->manner = Manner::kUnixNs;
  for (const NamedLayout& known : kNamedLayouts) {
    if (format != known.name) continue;
    layout = known.layout;
    named = true;
  }
  if (state->manner != Manner::kLayout) return std::make_unique<TimeParser>(std::move(state));

  state->layout = go_time::Layout(layout);
  state->has_year =
      layout.find("2006") != std::string_view::npos || layout.find("06") != std::string_view::npos;
  if (!state->has_year) state->host_zone = go_time::load_local_zone(files);
  if (zone && !named) {
    state->default_zone = *zone;
    state->default_is_utc = *location == "UTC" || location->empty();
    state->name_zone = std::move(*zone);
  } else if (layout.find("MST") != std::string_view::npos) {
    state->name_zone = go_time::load_local_zone(files);
  }
  return std::make_unique<TimeParser>(std::move(state));
}

TimeParser::TimeParser(std::unique_ptr<State> state) : state_(std::move(state)) {}
TimeParser::~TimeParser() = default;

std::optional<Timestamp> TimeParser::parse(std::string_view text, std::int64_t now_ns) {
  switch (state_->manner) {
    case Manner::kLayout:
      return state_->parse_layout(text, now_ns);
    case Manner::kUnix:
      return parse_unix(text);
    case Manner::kUnixMs:
      return parse_units(text, 1'000'000);
    case Manner::kUnixUs:
      return parse_units(text, 1'000);
    case Manner::kUnixNs:
      return parse_units(text, 1);
  }
  return std::nullopt;
}

}  // namespace tailrace::pipeline
