// A GELF message: unpacked, read, and written again as Promtail writes it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tailrace::receivers {

// The fields of a message that labels and the time are made of, and its line: JSON with version,
// host, short_message, full_message, timestamp, level, facility and then the additional fields by
// name (docs/compatibility.md, gelf).
struct GelfMessage {
  std::string version;
  std::string host;
  std::string facility;
  int level = 0;                        // Also when there is none.
  std::optional<std::int64_t> time_ns;  // Nothing: the message does not say, or nonsense.
  std::string line;
};

// Reads messages; reuses its memory from one to the next.
//
// Threading: confined to one thread.
class GelfReader {
 public:
  GelfReader();
  ~GelfReader();
  GelfReader(const GelfReader&) = delete;
  GelfReader& operator=(const GelfReader&) = delete;

  // `json` is followed by 64 readable bytes (ReadBuffer::kPadding). The result lives until the next
  // call. Errors: kInvalid.
  Result<const GelfMessage*> read(std::string_view json);

 private:
  struct State;
  const std::unique_ptr<State> state_;
};

// Unpacks gzip and zlib, by their first bytes; everything else is given as it is.
//
// Threading: confined to one thread.
// Memory: what is unpacked, at most `bytes_max`.
class GelfUnpacker {
 public:
  explicit GelfUnpacker(std::size_t bytes_max) : bytes_max_(bytes_max) {}
  // 64 readable bytes follow `packed` and the result, which lives until the next call and as long
  // as `packed`. Errors: kInvalid; kExhausted: it is longer than bytes_max.
  Result<std::string_view> unpack(std::string_view packed);

 private:
  const std::size_t bytes_max_;
  std::string unpacked_;
};

// "alert" for 1; "" for what is no level.
std::string_view gelf_level(int level);

}  // namespace tailrace::receivers
