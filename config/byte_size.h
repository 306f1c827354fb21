// Sizes in bytes as configuration files write them: "256kb", "2M", "1024".
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"

namespace tailrace::config {

// A whole decimal number, optional blanks, a unit in any case: none, b, byte, bytes, or one of k m
// g t p e with an optional b; or spelled out (kilo, kilobyte, kilobytes, ...). All are powers of
// 1024. An empty text is 0. No fraction, no sign, no "KiB" (docs/compatibility.md, limits_config).
Result<std::uint64_t> parse_byte_size(std::string_view text);

}  // namespace tailrace::config
