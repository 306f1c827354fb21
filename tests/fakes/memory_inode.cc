// Bytes, holes and room on the disk of one file in memory.
#include "tests/fakes/memory_inode.h"

#include <algorithm>
#include <cstring>
#include <limits>

namespace tailrace::testing {
namespace {

constexpr std::uint64_t kBlockBytes = 4096;
constexpr std::uint64_t kStatBlockBytes = 512;

}  // namespace

void ByteRanges::add(std::uint64_t begin, std::uint64_t end) {
  if (begin >= end) return;
  auto range = ends_.upper_bound(begin);
  if (range != ends_.begin() && std::prev(range)->second >= begin) --range;
  while (range != ends_.end() && range->first <= end) {
    begin = std::min(begin, range->first);
    end = std::max(end, range->second);
    range = ends_.erase(range);
  }
  ends_[begin] = end;
}

void ByteRanges::cut(std::uint64_t begin, std::uint64_t end) {
  if (begin >= end) return;
  auto range = ends_.upper_bound(begin);
  if (range != ends_.begin() && std::prev(range)->second > begin) --range;
  while (range != ends_.end() && range->first < end) {
    const auto [old_begin, old_end] = *range;
    range = ends_.erase(range);
    if (old_begin < begin) ends_[old_begin] = begin;
    if (old_end > end) ends_[end] = old_end;
  }
}

std::uint64_t ByteRanges::next(std::uint64_t offset) const {
  const auto behind = ends_.upper_bound(offset);
  if (behind != ends_.begin() && std::prev(behind)->second > offset) return offset;
  return behind == ends_.end() ? std::numeric_limits<std::uint64_t>::max() : behind->first;
}

std::uint64_t ByteRanges::total() const {
  std::uint64_t sum = 0;
  for (const auto& [begin, end] : ends_)
    sum += end - begin;
  return sum;
}

std::uint64_t ByteRanges::missing(std::uint64_t begin, std::uint64_t end) const {
  ByteRanges with = *this;
  with.add(begin, end);
  return with.total() - total();
}

std::uint64_t ByteRanges::blocks(std::uint64_t block_bytes) const {
  std::uint64_t count = 0;
  std::uint64_t counted_end = 0;  // In blocks: those before it are counted.
  for (const auto& [begin, end] : ends_) {
    const std::uint64_t first = std::max(begin / block_bytes, counted_end);
    counted_end = (end + block_bytes - 1) / block_bytes;
    count += counted_end - std::min(first, counted_end);
  }
  return count;
}

void Content::write(std::uint64_t offset, std::string_view text) {
  if (text.empty()) return;
  const std::uint64_t end = offset + text.size();
  if (end > bytes.size()) bytes.resize(end);
  std::memcpy(bytes.data() + offset, text.data(), text.size());
  allocated.add(offset, end);
  data.add(offset / kBlockBytes * kBlockBytes, (end + kBlockBytes - 1) / kBlockBytes * kBlockBytes);
}

void Content::resize(std::uint64_t size) {
  bytes.resize(size);
  constexpr std::uint64_t kEnd = std::numeric_limits<std::uint64_t>::max();
  allocated.cut(size, kEnd);
  data.cut((size + kBlockBytes - 1) / kBlockBytes * kBlockBytes, kEnd);
}

void Content::punch_hole(std::uint64_t offset, std::uint64_t length) {
  const std::uint64_t end = std::min<std::uint64_t>(offset + length, bytes.size());
  if (offset >= end) return;
  std::memset(bytes.data() + offset, 0, end - offset);
  allocated.cut(offset, end);
  data.cut((offset + kBlockBytes - 1) / kBlockBytes * kBlockBytes, end / kBlockBytes * kBlockBytes);
}

std::size_t Content::read(std::uint64_t offset, std::span<char> buffer) const {
  if (offset >= bytes.size()) return 0;
  const std::size_t count = std::min<std::size_t>(buffer.size(), bytes.size() - offset);
  if (count > 0) std::memcpy(buffer.data(), bytes.data() + offset, count);
  return count;
}

FileStat Inode::stat(std::uint64_t device) const {
  return {
      .device = device,
      .inode = number,
      .size = kind == FileKind::kSymlink ? target.size() : content.bytes.size(),
      .blocks = content.allocated.blocks(kBlockBytes) * (kBlockBytes / kStatBlockBytes),
      .modified = modified,
      .kind = kind,
      .links = links,
  };
}

}  // namespace tailrace::testing
