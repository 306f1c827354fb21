// Times in texts: Promtail's named formats and Go layouts.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "base/timestamp.h"
#include "pipeline/go_time/zone_files.h"

namespace tailrace::pipeline {

// Reads times of one format (docs/compatibility.md, "timestamp").
//
// Ownership: owns the compiled layout and its zones.
// Threading: confined to one worker.
// Errors: create() refuses an unknown location; any text is a valid layout.
// Memory: parse() does not allocate.
// Units: times before the year 1 and after 9999 count as not parsed.
class TimeParser {
 public:
  struct State;

  // `format` is a name (RFC3339, UnixMs ...) or a layout. `location` is an IANA zone, "Local",
  // "UTC" or "" (UTC); named formats ignore it.
  static Result<std::unique_ptr<TimeParser>> create(
      std::string_view format, std::optional<std::string_view> location,
      const go_time::ZoneFiles& files = go_time::ZoneFiles::system());
  explicit TimeParser(std::unique_ptr<State> state);
  ~TimeParser();
  TimeParser(const TimeParser&) = delete;
  TimeParser& operator=(const TimeParser&) = delete;

  // Nothing when `text` is not of the format. `now_ns` (since 1970, UTC) gives the year to layouts
  // without one.
  std::optional<Timestamp> parse(std::string_view text, std::int64_t now_ns);

 private:
  const std::unique_ptr<State> state_;
};

}  // namespace tailrace::pipeline
