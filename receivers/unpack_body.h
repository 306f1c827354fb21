// Bodies in a Content-Encoding, unpacked with a bound.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tailrace::receivers {

// gzip, deflate (zlib's format, or bare) and snappy (blocks).
//
// Errors: kInvalid for a damaged body or an encoding that is not known, kExhausted for what is more
//   than `raw_bytes_max` when unpacked; with words for the sender.
// Memory: `out` grows as the body unpacks, never for a length that it only claims.
Status unpack_body(std::string_view encoding, std::string_view body, std::uint64_t raw_bytes_max,
                   std::string& out);

// "application/json" of "Application/JSON ; charset=utf-8".
std::string media_type(std::string_view content_type);

// Gives back what a large request needed.
void shrink(std::string& buffer);

}  // namespace tailrace::receivers
