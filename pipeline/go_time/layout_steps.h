// A Go time layout, cut into steps.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tailrace::pipeline::go_time {

// What one token of a layout reads (docs/compatibility.md, "timestamp").
enum class Token : std::uint8_t {
  kEnd,  // The text must end behind the prefix.
  kLongYear,
  kYear,
  kMonth,
  kLongMonth,
  kNumericMonth,
  kZeroMonth,
  kWeekDay,
  kLongWeekDay,
  kDay,
  kUnderDay,
  kZeroDay,
  kUnderYearDay,
  kZeroYearDay,
  kHour,
  kHour12,
  kZeroHour12,
  kMinute,
  kZeroMinute,
  kSecond,
  kZeroSecond,
  kPm,       // PM
  kLowerPm,  // pm
  kZoneName,
  kZone,              // -0700
  kZoneColon,         // -07:00
  kZoneShort,         // -07
  kZoneSeconds,       // -070000
  kZoneColonSeconds,  // -07:00:00
  kFraction,          // .000: as many digits
  kOpenFraction,      // .999: any number, or none
};

struct Step {
  std::string prefix;  // Literal text before the token; a run of blanks stands for any run.
  Token token = Token::kEnd;
  bool zulu = false;             // Zones: Z stands for UTC.
  bool comma = false;            // Fractions: written behind a comma, not a dot.
  std::uint8_t digits = 0;       // Fractions.
  bool before_fraction = false;  // The next step is a fraction, without a prefix that matters.
};

// The last step is kEnd.
std::vector<Step> compile_layout(std::string_view layout);

}  // namespace tailrace::pipeline::go_time
