// Snappy's block format: compressing gathered parts, and reading a block back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tailrace::shippers {

// Compresses `parts`, one behind the other, without joining them first.
//
// Threading: confined to one worker.
// Memory: keeps a buffer for the worst result of the largest input so far.
class SnappyCompressor {
 public:
  // The block: a varint of the raw length, then the elements. The raw length is below 4 GiB.
  // The view is valid until the next call.
  std::string_view compress(std::span<const std::string_view> parts);

 private:
  std::unique_ptr<char[]> memory_;
  std::size_t memory_bytes_ = 0;
};

// Uncompresses the block that `parts` make, one behind the other.
// Errors: kCorrupt when it is not one; kExhausted when it holds more than `raw_bytes_max` bytes.
Result<std::string> uncompress(std::span<const std::string_view> parts,
                               std::uint64_t raw_bytes_max);

}  // namespace tailrace::shippers
