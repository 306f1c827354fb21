// Buffers for open streams: sizes in powers of two, used again and again.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

namespace tailrace::shippers {

// Memory being filled from its beginning. An empty one has no memory.
struct WireBuffer {
  std::unique_ptr<char[]> memory;
  std::size_t capacity = 0;
  std::size_t used = 0;

  std::size_t room() const { return capacity - used; }
  char* end() { return memory.get() + used; }
};

// What a stream holds, in parts: what was written is never moved to make room for more.
struct WireParts {
  std::vector<WireBuffer> full;
  WireBuffer open;  // The last part, being filled.
  std::size_t bytes = 0;

  bool empty() const { return open.capacity == 0; }
};

// Keeps buffers that nobody uses now.
//
// Threading: confined to one worker.
// Memory: trim() bounds what is kept; what is taken is the taker's to count.
class WireBufferPool {
 public:
  static constexpr std::size_t kBytesMin = 1U << 10U;
  static constexpr std::size_t kPartBytesMax = 1U << 18U;  // Of a part with several entries.

  // An empty buffer of at least `bytes`.
  WireBuffer take(std::size_t bytes);
  // Adds a part with room for `bytes` or more, up to a size larger than the last one: a stream of a
  // few lines is small, and the parts of a long one long enough to be compressed where they lie.
  void extend(WireParts& parts, std::size_t bytes);
  void give_back(WireBuffer buffer);
  void give_back(WireParts& parts);  // It is empty then.
  // Frees the largest buffers until at most `bytes_max` are kept.
  void trim(std::size_t bytes_max);
  std::size_t kept_bytes() const { return kept_bytes_; }

 private:
  std::vector<std::vector<WireBuffer>> kept_;  // By the logarithm of capacity / kBytesMin.
  std::size_t kept_bytes_ = 0;
};

}  // namespace tailrace::shippers
