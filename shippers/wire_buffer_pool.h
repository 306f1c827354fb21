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

// Keeps buffers that nobody uses now.
//
// Threading: confined to one worker.
// Memory: trim() bounds what is kept; what is taken is the taker's to count.
class WireBufferPool {
 public:
  static constexpr std::size_t kBytesMin = 1U << 10U;

  // An empty buffer of at least `bytes`.
  WireBuffer take(std::size_t bytes);
  // Moves the content of `buffer` to one with room for `bytes` more, at least twice as large.
  void grow(WireBuffer& buffer, std::size_t bytes);
  void give_back(WireBuffer buffer);
  // Frees the largest buffers until at most `bytes_max` are kept.
  void trim(std::size_t bytes_max);
  std::size_t kept_bytes() const { return kept_bytes_; }

 private:
  std::vector<std::vector<WireBuffer>> kept_;  // By the logarithm of capacity / kBytesMin.
  std::size_t kept_bytes_ = 0;
};

}  // namespace tailrace::shippers
