// Push requests as Loki takes them: protobuf in snappy, or JSON, gzip or not.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/timestamp.h"

namespace tailrace::receivers {

struct PushedEntry {
  std::string labels;  // Text: {a="v", b="w"}.
  Timestamp time;
  std::string line;
  std::vector<std::pair<std::string, std::string>> metadata;
};

// Decodes the body of POST /loki/api/v1/push (docs/formats/push.md).
//
// `content_type`: application/x-protobuf, with or without parameters (snappy block format is
// implied), or
//   application/json. `content_encoding`: empty, gzip or deflate; for JSON only.
// Errors: kInvalid with the words for a 400. At most `raw_bytes_max` bytes are unpacked.
Result<std::vector<PushedEntry>> decode_push_request(std::string_view content_type,
                                                     std::string_view content_encoding,
                                                     std::string_view body,
                                                     std::uint64_t raw_bytes_max);

}  // namespace tailrace::receivers
