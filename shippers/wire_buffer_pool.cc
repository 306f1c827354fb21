// Buffers for open streams.
#include "shippers/wire_buffer_pool.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace tailrace::shippers {

namespace {

std::size_t class_of(std::size_t bytes) {
  const std::size_t units = (bytes + WireBufferPool::kBytesMin - 1) / WireBufferPool::kBytesMin;
  return static_cast<std::size_t>(std::bit_width(std::max<std::size_t>(units, 1) - 1));
}

}  // namespace

WireBuffer WireBufferPool::take(std::size_t bytes) {
  const std::size_t size_class = class_of(bytes);
  if (size_class < kept_.size() && !kept_[size_class].empty()) {
    WireBuffer buffer = std::move(kept_[size_class].back());
    kept_[size_class].pop_back();
    kept_bytes_ -= buffer.capacity;
    return buffer;
  }
  WireBuffer buffer;
  buffer.capacity = kBytesMin << size_class;
  buffer.memory = std::make_unique_for_overwrite<char[]>(buffer.capacity);
  return buffer;
}

void WireBufferPool::extend(WireParts& parts, std::size_t bytes) {
  const std::size_t larger = std::min(parts.open.capacity * 4, kPartBytesMax);
  WireBuffer part = take(std::max(bytes, larger));
  if (!parts.empty()) parts.full.push_back(std::move(parts.open));
  parts.open = std::move(part);
}

void WireBufferPool::give_back(WireBuffer buffer) {
  if (buffer.capacity == 0) return;
  const std::size_t size_class = class_of(buffer.capacity);
  if (size_class >= kept_.size()) kept_.resize(size_class + 1);
  buffer.used = 0;
  kept_bytes_ += buffer.capacity;
  kept_[size_class].push_back(std::move(buffer));
}

void WireBufferPool::give_back(WireParts& parts) {
  for (WireBuffer& part : parts.full)
    give_back(std::move(part));
  parts.full.clear();
  give_back(std::exchange(parts.open, {}));
  parts.bytes = 0;
}

void WireBufferPool::trim(std::size_t bytes_max) {
  for (std::size_t i = kept_.size(); i > 0 && kept_bytes_ > bytes_max; --i) {
    std::vector<WireBuffer>& same_size = kept_[i - 1];
    while (!same_size.empty() && kept_bytes_ > bytes_max) {
      kept_bytes_ -= same_size.back().capacity;
      same_size.pop_back();
    }
  }
}

}  // namespace tailrace::shippers
