// What the steps of a layout read from a text: the parts of a time, before they are put together.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "pipeline/go_time/fixed_prefix.h"
#include "pipeline/go_time/layout_steps.h"

namespace tailrace::pipeline::go_time {

struct Parts {
  static constexpr int kUnset = -1;

  std::int64_t year = 0;
  int month = kUnset;
  int day = kUnset;
  int year_day = kUnset;
  int hour = 0;
  int minute = 0;
  int second = 0;
  std::int64_t nanosecond = 0;
  bool am = false;
  bool pm = false;
  bool utc = false;                    // The text says Z or UTC.
  std::optional<std::int64_t> offset;  // The text says so many seconds east of UTC.
  std::string_view zone_name;          // Abbreviation; views into the text.
};

// A layout, ready to be read with.
struct Layout {
  explicit Layout(std::string_view text) : steps(compile_layout(text)), fixed(steps) {}
  std::vector<Step> steps;
  FixedPrefix fixed;
};

// Reads all of `text`. Nothing when it does not match, or a part is out of range; month and day are
// set and checked against each other in what is returned.
std::optional<Parts> read_parts(const Layout& layout, std::string_view text);

}  // namespace tailrace::pipeline::go_time
