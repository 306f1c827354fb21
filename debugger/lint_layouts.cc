// Time layouts that are valid, as any text is, but read no time that anybody writes.
#include "debugger/lint_layouts.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "config/names.h"
#include "pipeline/go_template/times.h"
#include "pipeline/go_time/layout.h"
#include "pipeline/go_time/layout_steps.h"

namespace tailrace::debugger {
namespace {

using pipeline::go_time::Step;
using pipeline::go_time::Token;

constexpr std::string_view kHowToWrite =
    "write the reference time 2006-01-02 15:04:05.000 -0700 as your lines write theirs";

// docs/compatibility.md, timestamp.
constexpr auto kNames = std::to_array<std::string_view>(
    {"ANSIC", "UnixDate", "RubyDate", "RFC822", "RFC822Z", "RFC850", "RFC1123", "RFC1123Z",
     "RFC3339", "RFC3339Nano", "Unix", "UnixMs", "UnixUs", "UnixNs"});

// Words of other programs for what has a name here.
struct OtherName {
  std::string_view theirs;
  std::string_view ours;
};
constexpr auto kOtherNames = std::to_array<OtherName>({{"iso8601", "RFC3339"},
                                                       {"epoch", "Unix"},
                                                       {"epoch_ms", "UnixMs"},
                                                       {"epoch_millis", "UnixMs"},
                                                       {"unix_s", "Unix"},
                                                       {"unix_ms", "UnixMs"},
                                                       {"unixmilli", "UnixMs"},
                                                       {"unixmillis", "UnixMs"},
                                                       {"unix_us", "UnixUs"},
                                                       {"unix_ns", "UnixNs"},
                                                       {"unixnano", "UnixNs"},
                                                       {"date_iso8601", "RFC3339"}});

enum class Part : std::uint8_t {
  kYear,
  kMonth,
  kDay,
  kWeekDay,
  kYearDay,
  kHour,
  kMinute,
  kSecond,
  kHalfOfDay,
  kZone,
  kFraction,
  kNone
};

constexpr auto kPartNames = std::to_array<std::string_view>(
    {"year", "month", "day", "day of the week", "day of the year", "hour", "minute", "second"});

Part part_of(Token token) {
  switch (token) {
    case Token::kEnd:
      return Part::kNone;
    case Token::kLongYear:
    case Token::kYear:
      return Part::kYear;
    case Token::kMonth:
    case Token::kLongMonth:
    case Token::kNumericMonth:
    case Token::kZeroMonth:
      return Part::kMonth;
    case Token::kWeekDay:
    case Token::kLongWeekDay:
      return Part::kWeekDay;
    case Token::kDay:
    case Token::kUnderDay:
    case Token::kZeroDay:
      return Part::kDay;
    case Token::kUnderYearDay:
    case Token::kZeroYearDay:
      return Part::kYearDay;
    case Token::kHour:
    case Token::kHour12:
    case Token::kZeroHour12:
      return Part::kHour;
    case Token::kMinute:
    case Token::kZeroMinute:
      return Part::kMinute;
    case Token::kSecond:
    case Token::kZeroSecond:
      return Part::kSecond;
    case Token::kPm:
    case Token::kLowerPm:
      return Part::kHalfOfDay;
    case Token::kFraction:
    case Token::kOpenFraction:
      return Part::kFraction;
    default:
      return Part::kZone;
  }
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_strftime(std::string_view format) {
  for (std::size_t i = 0; i + 1 < format.size(); ++i) {
    if (format[i] == '%' && is_letter(format[i + 1])) return true;
  }
  return false;
}

// yyyy-MM-dd HH:mm:ss.SSS: repeated letters, of which Go's layouts have none.
bool is_letter_pattern(std::string_view format) {
  std::set<char> repeated;
  for (std::size_t i = 0; i < format.size();) {
    std::size_t end = i;
    while (end < format.size() && format[end] == format[i])
      ++end;
    const std::string_view run = format.substr(i, end - i);
    if (run == "yyyy" || run == "YYYY" || run == "SSS") return true;
    if (run.size() == 2 && std::string_view("yMdHhms").find(run.front()) != run.npos) {
      repeated.insert(run.front());
    }
    i = end;
  }
  return repeated.size() >= 2;
}

std::optional<std::string_view> meant_name(std::string_view format) {
  for (const std::string_view name : kNames) {
    if (config::equal_ignoring_case(format, name)) return name;
  }
  for (const OtherName& other : kOtherNames) {
    if (config::equal_ignoring_case(format, other.theirs)) return other.ours;
  }
  return std::nullopt;
}

std::optional<Part> repeated_part(std::span<const Step> steps) {
  std::set<Part> seen;
  for (const Step& step : steps) {
    const Part part = part_of(step.token);
    if (static_cast<std::size_t>(part) < kPartNames.size() && !seen.insert(part).second)
      return part;
  }
  return std::nullopt;
}

// Seconds since 1970 whose parts have one digit and two, before noon and after.
constexpr auto kSamples = std::to_array<std::int64_t>(
    {1'136'171'045, 1'735'689'598, 1'740'744'000, 1'759'450'029, 1'763'823'845});

// A time that, written in the layout, cannot be read with it.
std::optional<std::string> unreadable_sample(std::string_view format) {
  using pipeline::go_template::append_time;
  const auto parser = pipeline::TimeParser::create(format, std::nullopt);
  if (!parser) return std::nullopt;
  for (const std::int64_t seconds : kSamples) {
    std::string text;
    append_time(text, pipeline::go_template::make_time(seconds, 120'000'000, ""), format, {});
    if (!(*parser)->parse(text, seconds * 1'000'000'000)) return text;
  }
  return std::nullopt;
}

std::string in_quotes(std::string_view text) {
  return fmt::format("\"{}\"", text);
}

// Of a layout that has parts of a time.
std::optional<Finding> judge_parts(std::string_view format, std::span<const Step> steps) {
  const auto has = [steps](Part part) {
    return std::any_of(steps.begin(), steps.end(),
                       [part](const Step& step) { return part_of(step.token) == part; });
  };
  if (const auto repeated = repeated_part(steps)) {
    return Finding{
        "layout-repeated-part",
        fmt::format("the layout {} has the {} twice", in_quotes(format),
                    kPartNames[static_cast<std::size_t>(*repeated)]),
        "01 is the month, 02 the day, 03 or 15 the hour, 04 the minute, 05 the second, 06 or 2006 "
        "the year"};
  }
  const bool twelve = std::any_of(steps.begin(), steps.end(), [](const Step& step) {
    return step.token == Token::kHour12 || step.token == Token::kZeroHour12;
  });
  if (twelve && !has(Part::kHalfOfDay)) {
    return Finding{"layout-12-hours",
                   fmt::format("the layout {} has an hour of 12 and no PM: 13:00 cannot be read",
                               in_quotes(format)),
                   "15 is an hour of 24"};
  }
  if (!has(Part::kYearDay) && !(has(Part::kMonth) && has(Part::kDay))) {
    return Finding{"layout-without-date",
                   fmt::format("the layout {} has no day: every entry is from the first of its "
                               "month or year",
                               in_quotes(format)),
                   std::string(kHowToWrite)};
  }
  if (const auto sample = unreadable_sample(format)) {
    return Finding{"layout-ambiguous",
                   fmt::format("what the layout {} writes, such as {}, it cannot read",
                               in_quotes(format), in_quotes(*sample)),
                   "give the parts a fixed width, or something between them"};
  }
  return std::nullopt;
}

}  // namespace

std::optional<Finding> judge_layout(std::string_view format) {
  if (std::find(kNames.begin(), kNames.end(), format) != kNames.end()) return std::nullopt;
  if (const auto name = meant_name(format)) {
    return Finding{"layout-unknown-name",
                   fmt::format("{} is not a name of a format", in_quotes(format)),
                   fmt::format("names are written exactly so: {}", *name)};
  }
  if (is_strftime(format)) {
    return Finding{"layout-foreign",
                   fmt::format("{} is a layout of strftime, not of Go", in_quotes(format)),
                   std::string(kHowToWrite)};
  }
  if (is_letter_pattern(format)) {
    return Finding{"layout-foreign",
                   fmt::format("{} is a layout of Java or the like, not of Go", in_quotes(format)),
                   std::string(kHowToWrite)};
  }
  const std::vector<Step> steps = pipeline::go_time::compile_layout(format);
  if (steps.size() == 1) {
    return Finding{"layout-without-time",
                   fmt::format("the layout {} has no part of a time", in_quotes(format)),
                   std::string(kHowToWrite)};
  }
  return judge_parts(format, steps);
}

}  // namespace tailrace::debugger
