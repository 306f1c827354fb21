// Times as protocols of logs write them: 2024-01-31T10:20:30.123456789+02:00.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tailrace::receivers {

// Nanoseconds since 1970; the nearest possible when they do not fit. Nothing when it is no such
// time. `T` and `Z` may be small; digits of a second beyond the ninth are cut off.
std::optional<std::int64_t> parse_rfc3339(std::string_view text);

}  // namespace tailrace::receivers
