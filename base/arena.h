// Scratch memory for the line at hand: allocation is a pointer increment, freeing is one reset.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace tailrace {

// A bump allocator for bytes.
//
// Ownership: owns its memory; views into it die at reset().
// Threading: confined to one worker.
// Memory: one block of `block_bytes`, kept for good; what does not fit goes to the heap until the
//   next reset() and is counted (overflow_bytes).
class Arena {
 public:
  explicit Arena(std::size_t block_bytes)
      : block_(std::make_unique_for_overwrite<char[]>(block_bytes)), block_bytes_(block_bytes) {}

  // `bytes` of uninitialised memory, unaligned.
  char* allocate(std::size_t bytes) {
    if (bytes <= block_bytes_ - used_) {
      char* const result = block_.get() + used_;
      used_ += bytes;
      return result;
    }
    return allocate_outside(bytes);
  }

  std::string_view copy(std::string_view text) {
    if (text.empty()) return {};
    char* const target = allocate(text.size());
    std::memcpy(target, text.data(), text.size());
    return {target, text.size()};
  }

  void reset() {
    used_ = 0;
    if (!outside_.empty()) outside_.clear();
  }

  std::size_t overflow_bytes() const { return overflow_bytes_; }

 private:
  char* allocate_outside(std::size_t bytes) {
    overflow_bytes_ += bytes;
    outside_.push_back(std::make_unique_for_overwrite<char[]>(bytes));
    return outside_.back().get();
  }

  std::unique_ptr<char[]> block_;
  const std::size_t block_bytes_;
  std::size_t used_ = 0;
  std::size_t overflow_bytes_ = 0;  // Since the start; never reset.
  std::vector<std::unique_ptr<char[]>> outside_;
};

}  // namespace tailrace
