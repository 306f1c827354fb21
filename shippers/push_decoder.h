// Push requests read back from the wire: for splitting, printing, receiving and tests.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/timestamp.h"

namespace tailrace::shippers {

// One entry of a decoded request. Views point into the bytes that were decoded.
struct DecodedEntry {
  std::int64_t seconds = 0;
  std::int32_t nanoseconds = 0;
  std::string_view line;
  std::vector<std::pair<std::string_view, std::string_view>> metadata;

  // The nearest possible one when what was decoded lies beyond the years 1 to 9999.
  Timestamp time() const;
};

struct DecodedStream {
  std::string_view labels;  // Text: {a="v", b="w"}.
  std::vector<DecodedEntry> entries;
};

struct DecodedPush {
  std::vector<DecodedStream> streams;
  std::size_t entries() const;
};

// A stream with its entries as they stand on the wire.
struct RawStream {
  std::string_view labels;
  std::vector<std::string_view> entries;  // The messages, without tag and length.
};

// Decodes a PushRequest (protobuf, not compressed). `bytes` must outlive the result.
// Errors: kCorrupt for what is not protobuf of this shape. Unknown fields are skipped.
Result<DecodedPush> decode_push(std::string_view bytes);

// What is told of a request, in its order.
class PushVisitor {
 public:
  virtual ~PushVisitor() = default;
  // False: no more of it.
  virtual bool begin_stream(std::string_view labels) = 0;
  virtual bool entry(const DecodedEntry& entry) = 0;
};

// decode_push() without gathering anything.
// Errors: kCorrupt, after part of it was told; kExhausted when the visitor wanted no more.
Status visit_push(std::string_view bytes, PushVisitor& visitor);

// The same without looking into the entries.
Result<std::vector<RawStream>> decode_raw_streams(std::string_view bytes);

}  // namespace tailrace::shippers
