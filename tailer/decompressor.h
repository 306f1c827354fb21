// gzip, zlib, bzip2 and zstd behind one function: compressed bytes in, text out.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>

#include "base/result.h"
#include "config/scrape_config.h"

namespace tailrace::tailer {

// Unpacks a sequence of members (gzip's word; bzip2 and zlib streams, zstd frames).
//
// Threading: confined to one thread.
// Errors: Step::failure is kCorrupt on damage, and kExhausted on a zstd frame whose window is
// larger
//   than kZstdWindowBytesMax; the object is of no use after that.
// Memory: gzip and zlib 40 KiB, bzip2 4 MiB, zstd at most the window and 1 MiB, whatever the input
//   says it will become.
class Decompressor {
 public:
  // What every decoder must support at least (RFC 8878); levels up to 19 need no more.
  static constexpr std::size_t kZstdWindowBytesMax = 8U << 20U;

  using Format = config::DecompressionConfig::Format;

  // What one call did. Nothing at all without a failure: more input is needed.
  struct Step {
    std::size_t consumed = 0;
    std::size_t produced = 0;  // Valid even when there is a failure.
    bool member_ended = false;
    std::optional<Error> failure;
  };

  static Result<std::unique_ptr<Decompressor>> create(Format format);
  struct State;
  // For create().
  explicit Decompressor(std::unique_ptr<State> state);
  ~Decompressor();
  Decompressor(const Decompressor&) = delete;
  Decompressor& operator=(const Decompressor&) = delete;

  // Unpacks from `in` to `out`; after the end of a member the next one begins. When `out` became
  // full, more may come without any input.
  Step run(std::span<const char> in, std::span<char> out);

 private:
  const std::unique_ptr<State> state_;
};

}  // namespace tailrace::tailer
