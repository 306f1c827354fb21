// Times and durations in templates.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "pipeline/go_template/value.h"
#include "pipeline/go_time/zone.h"

namespace tailrace::pipeline::go_template {

// A time: `integer` is seconds since 1970, `number` the nanoseconds beyond, `text` its zone ("" is
// UTC).
Value make_time(std::int64_t seconds, std::int64_t nanoseconds, std::string_view zone);

// As Go's String().
void append_time(std::string& out, const Value& time);
void append_duration(std::string& out, const Value& duration);
// In a Go layout, as seen in `zone`.
void append_time(std::string& out, const Value& time, std::string_view layout,
                 const go_time::Zone& zone);

// Go's grammar of durations.
std::optional<std::int64_t> duration_of(std::string_view text);

}  // namespace tailrace::pipeline::go_template
