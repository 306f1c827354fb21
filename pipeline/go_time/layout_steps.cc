// A Go time layout, cut into steps.
#include "pipeline/go_time/layout_steps.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>

#include "base/ascii.h"

namespace tailrace::pipeline::go_time {
namespace {

struct Spelling {
  std::string_view text;
  Token token;
  bool zulu = false;
};

// Where several fit, the first of them is meant.
constexpr std::array<Spelling, 33> kSpellings = {{
    {"January", Token::kLongMonth},
    {"Jan", Token::kMonth},  // Not before a lower-case letter.
    {"Monday", Token::kLongWeekDay},
    {"Mon", Token::kWeekDay},  // Likewise.
    {"MST", Token::kZoneName},
    {"01", Token::kZeroMonth},
    {"02", Token::kZeroDay},
    {"03", Token::kZeroHour12},
    {"04", Token::kZeroMinute},
    {"05", Token::kZeroSecond},
    {"06", Token::kYear},
    {"002", Token::kZeroYearDay},
    {"15", Token::kHour},
    {"1", Token::kNumericMonth},
    {"2006", Token::kLongYear},
    {"2", Token::kDay},
    {"__2", Token::kUnderYearDay},
    {"_2", Token::kUnderDay},  // Not in _2006.
    {"3", Token::kHour12},
    {"4", Token::kMinute},
    {"5", Token::kSecond},
    {"PM", Token::kPm},
    {"pm", Token::kLowerPm},
    {"-070000", Token::kZoneSeconds},
    {"-07:00:00", Token::kZoneColonSeconds},
    {"-0700", Token::kZone},
    {"-07:00", Token::kZoneColon},
    {"-07", Token::kZoneShort},
    {"Z070000", Token::kZoneSeconds, true},
    {"Z07:00:00", Token::kZoneColonSeconds, true},
    {"Z0700", Token::kZone, true},
    {"Z07:00", Token::kZoneColon, true},
    {"Z07", Token::kZoneShort, true},
}};

bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
struct Found {
  Token token = Token::kEnd;
  bool zulu = false;
  std::size_t length = 0;
};

// A dot or comma and a run of zeros or nines that no other digit follows.
std::optional<Found> fraction_at(std::string_view layout) {
  if (layout.size() < 2 || (layout[0] != '.' && layout[0] != ',')) return std::nullopt;
  const char digit = layout[1];
  if (digit != '0' && digit != '9') return std::nullopt;
  const std::size_t end = std::min(layout.find_first_not_of(digit, 1), layout.size());
  if (end < layout.size() && is_digit(layout[end])) return std::nullopt;
  return Found{digit == '0' ? Token::kFraction : Token::kOpenFraction, false, end};
}

std::optional<Found> token_at(std::string_view layout) {
  for (const Spelling& spelling : kSpellings) {
    if (layout.substr(0, spelling.text.size()) != spelling.text) continue;
    const std::string_view behind = layout.substr(spelling.text.size());
    const bool name = spelling.token == Token::kMonth || spelling.token == Token::kWeekDay;
    if (name && !behind.empty() && is_lower(behind.front())) continue;
    if (spelling.token == Token::kUnderDay && behind.substr(0, 3) == "006") continue;
    return Found{spelling.token, spelling.zulu, spelling.text.size()};
  }
  return fraction_at(layout);
}

}  // namespace

std::vector<Step> compile_layout(std::string_view layout) {
  std::vector<Step> steps(1);
  for (std::size_t i = 0; i < layout.size();) {
    const std::optional<Found> found = token_at(layout.substr(i));
    if (!found) {
      steps.back().prefix.push_back(layout[i++]);
      continue;
    }
    Step& step = steps.back();
    step.token = found->token;
    step.zulu = found->zulu;
    step.comma = layout[i] == ',';
    // A longer run than any text has digits for cannot match either way.
    step.digits = static_cast<std::uint8_t>(std::min<std::size_t>(found->length - 1, 255));
    steps.emplace_back();
    i += found->length;
  }
  for (std::size_t i = 0; i + 1 < steps.size(); ++i) {
    const Token next = steps[i + 1].token;
    steps[i].before_fraction = next == Token::kFraction || next == Token::kOpenFraction;
  }
  return steps;
}

}  // namespace tailrace::pipeline::go_time
