// A time zone: its offsets from UTC over time, from a TZif file.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "pipeline/go_time/zone_rule.h"

namespace tailrace::pipeline::go_time {

// Immutable once made.
class Zone {
 public:
  // UTC, which knows no abbreviations.
  Zone() = default;

  // Reads the content of a TZif file (RFC 8536).
  static Result<Zone> parse(std::string_view file);

  // What holds at `seconds` since 1970 (UTC).
  ZoneSpan lookup(std::int64_t seconds) const;

  // The offset for a wall-clock time given as if it were UTC. Times that a change of the clock
  // skips or repeats get the first candidate (docs/compatibility.md, "timestamp").
  std::int64_t offset_at_wall_time(std::int64_t wall_seconds) const;

  // The offset that an abbreviation has in this zone, at best at the wall-clock time given.
  std::optional<std::int64_t> offset_of_name(std::string_view name,
                                             std::int64_t wall_seconds) const;

 private:
  struct Kind {
    std::string name;
    std::int64_t offset = 0;
    bool summer = false;
  };
  struct Transition {
    std::int64_t when = 0;
    std::size_t kind = 0;
  };
  class Reader;

  std::size_t first_kind() const;

  std::vector<Kind> kinds_;
  std::vector<Transition> transitions_;  // By time.
  std::optional<ZoneRule> rule_;         // Behind the last transition.
};

}  // namespace tailrace::pipeline::go_time
