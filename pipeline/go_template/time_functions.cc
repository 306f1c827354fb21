// Template functions for dates and durations.
#include <array>
#include <string>

#include <fmt/format.h>

#include "pipeline/go_template/functions.h"
#include "pipeline/go_template/numbers.h"
#include "pipeline/go_template/times.h"
#include "pipeline/go_time/civil.h"
#include "pipeline/go_time/layout.h"
#include "pipeline/go_time/zone_files.h"

namespace tailrace::pipeline::go_template {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
// 0001-01-01, which is what Go's zero time is.
constexpr std::int64_t kZeroTime = -62'135'596'800;

Value time_of_nanoseconds(std::int64_t ns, std::string_view zone) {
  const std::int64_t seconds = go_time::floor_divide(ns, kSecond);
  return make_time(seconds, ns - seconds * kSecond, zone);
}

Value now_of(const Call& call) {
  return time_of_nanoseconds(unix_nanoseconds(call.runtime.surroundings().clock.wall_now()),
                             "Local");
}

// A time, or seconds since 1970; anything else is now.
Value time_of(const Call& call, const Value& value) {
  if (value.kind == Value::Kind::kTime) return value;
  if (value.is_integer()) return make_time(value.integer, 0, "Local");
  return now_of(call);
}

std::int64_t nanoseconds_between(const Value& from, const Value& to) {
  std::int64_t seconds = 0;
  std::int64_t ns = 0;
  if (__builtin_sub_overflow(to.integer, from.integer, &seconds) ||
      __builtin_mul_overflow(seconds, kSecond, &ns)) {
    return to.integer < from.integer ? INT64_MIN : INT64_MAX;
  }
  return ns + static_cast<std::int64_t>(to.number - from.number);
}

bool return_date(Call& call, std::string_view layout, const Value& value, const std::string& zone) {
  auto loaded = go_time::load_zone(go_time::ZoneFiles::system(), zone);
  if (!loaded.has_value()) loaded = go_time::Zone();  // An unknown zone is UTC.
  append_time(call.runtime.start_text(), time_of(call, value), layout, *loaded);
  return call.return_scratch();
}

bool date(Call& call) {
  return return_date(call, call.args[0].text, call.args[1], "Local");
}
bool date_in_zone(Call& call) {
  return return_date(call, call.args[0].text, call.args[1], std::string(call.args[2].text));
}
bool html_date(Call& call) {
  return return_date(call, "2006-01-02", call.args[0], "Local");
}

bool html_date_in_zone(Call& call) {
  return return_date(call, "2006-01-02", call.args[0], std::string(call.args[1].text));
}

bool now(Call& call) {
  call.result = now_of(call);
  return true;
}

// mustToDate layout text.
bool must_to_date(Call& call) {
  auto parser = TimeParser::create(call.args[0].text, "Local");
  if (!parser.has_value()) return false;
  const std::int64_t now = unix_nanoseconds(call.runtime.surroundings().clock.wall_now());
  const auto time = (*parser)->parse(call.args[1].text, now);
  if (time.has_value()) call.result = make_time(time->seconds, time->nanoseconds, "Local");
  return time.has_value();
}
// toDate: what does not parse is the zero time.
bool to_date(Call& call) {
  if (!must_to_date(call)) call.result = make_time(kZeroTime, 0, "");
  return true;
}

bool unix_epoch(Call& call) {
  call.runtime.start_text() = std::to_string(call.args[0].integer);
  return call.return_scratch();
}

bool return_duration(Call& call, std::int64_t ns) {
  Value value = Value::of_int(ns, Value::Kind::kDuration);
  append_duration(call.runtime.start_text(), value);
  return call.return_scratch();
}

bool ago(Call& call) {
  const std::int64_t ns = nanoseconds_between(time_of(call, call.args[0]), now_of(call));
  // To whole seconds, halves away from zero.
  const std::int64_t rounded = (ns + (ns < 0 ? -kSecond / 2 : kSecond / 2)) / kSecond;
  return return_duration(call, rounded * kSecond);
}

// duration seconds.
bool duration(Call& call) {
  std::int64_t seconds = 0;
  const Value& value = call.args[0];
  if (value.is_text()) seconds = decimal_integer(value.text).value_or(0);
  if (value.kind == Value::Kind::kInt64) seconds = value.integer;
  return return_duration(call, static_cast<std::int64_t>(static_cast<std::uint64_t>(seconds) *
                                                         static_cast<std::uint64_t>(kSecond)));
}

bool duration_round(Call& call) {
  struct Unit {
    std::int64_t nanoseconds;
    std::string_view name;
  };
  constexpr std::int64_t kHour = 3600 * kSecond;
  constexpr std::int64_t kDay = 24 * kHour;
  constexpr std::array<Unit, 6> kUnits = {{{365 * kDay, "y"},
                                           {30 * kDay, "mo"},
                                           {kDay, "d"},
                                           {kHour, "h"},
                                           {60 * kSecond, "m"},
                                           {kSecond, "s"}}};
  const Value& value = call.args[0];
  std::int64_t ns = 0;
  if (value.is_text()) ns = duration_of(value.text).value_or(0);
  if (value.kind == Value::Kind::kInt64) ns = value.integer;
  if (value.kind == Value::Kind::kTime) ns = nanoseconds_between(value, now_of(call));
  const std::uint64_t size =
      ns < 0 ? 0 - static_cast<std::uint64_t>(ns) : static_cast<std::uint64_t>(ns);
  for (const Unit& unit : kUnits) {
    const auto nanoseconds = static_cast<std::uint64_t>(unit.nanoseconds);
    if (size < nanoseconds || (size == nanoseconds && unit.name != "s")) continue;
    call.runtime.start_text() = fmt::format("{}{}", size / nanoseconds, unit.name);
    return call.return_scratch();
  }
  return call.return_text("0s");
}

// mustDateModify duration time.
bool must_date_modify(Call& call) {
  const auto by = duration_of(call.args[0].text);
  if (!by.has_value()) return false;
  const std::int64_t seconds = go_time::floor_divide(*by, kSecond);
  std::int64_t ns = static_cast<std::int64_t>(call.args[1].number) + (*by - seconds * kSecond);
  std::int64_t sum = 0;
  if (__builtin_add_overflow(call.args[1].integer, seconds, &sum)) return false;
  if (ns >= kSecond) {
    ns -= kSecond;
    ++sum;
  }
  call.result = make_time(sum, ns, call.args[1].text);
  return true;
}
// dateModify: what is no duration changes nothing.
bool date_modify(Call& call) {
  if (duration_of(call.args[0].text).has_value()) return must_date_modify(call);
  call.result = call.args[1];
  return true;
}

constexpr auto kTimeFunctions = std::to_array<Function>({
    {"now", "", now},
    {"date", "sa", date},
    {"dateInZone", "sas", date_in_zone},
    {"date_in_zone", "sas", date_in_zone},
    {"htmlDate", "a", html_date},
    {"htmlDateInZone", "as", html_date_in_zone},
    {"toDate", "ss", to_date},
    {"mustToDate", "ss", must_to_date},
    {"unixEpoch", "t", unix_epoch},
    {"ago", "a", ago},
    {"duration", "a", duration},
    {"durationRound", "a", duration_round},
    {"dateModify", "st", date_modify},
    {"date_modify", "st", date_modify},
    {"mustDateModify", "st", must_date_modify},
    {"must_date_modify", "st", must_date_modify},
});

}  // namespace

std::span<const Function> time_functions() {
  return kTimeFunctions;
}

}  // namespace tailrace::pipeline::go_template
