// Record by record through a segment, telling a torn end from damage.
#include "positions/segment_reader.h"

#include <algorithm>

namespace tailrace::positions {

namespace {

constexpr std::size_t kWindowBytes = 256U << 10U;

}  // namespace

Result<std::string> read_exactly(File& file, std::uint64_t offset, std::size_t size) {
  std::string bytes(size, '\0');
  std::size_t have = 0;
  while (have < size) {
    Result<std::size_t> got =
        file.read_at(offset + have, std::span<char>(bytes.data() + have, size - have));
    if (!got) return fail(got.error());
    if (*got == 0) return fail(Error::kCorrupt, "the file ends too early");
    have += *got;
  }
  return bytes;
}

std::string_view SegmentReader::window(std::uint64_t offset, std::size_t size) {
  if (offset >= size_) return {};
  size = static_cast<std::size_t>(std::min<std::uint64_t>(size, size_ - offset));
  if (offset < buffer_offset_ || offset + size > buffer_offset_ + buffer_.size()) {
    const std::uint64_t wanted = std::max<std::uint64_t>(size, kWindowBytes);
    const auto fits = static_cast<std::size_t>(std::min(wanted, size_ - offset));
    Result<std::string> bytes = read_exactly(file_, offset, fits);
    if (!bytes) return {};
    buffer_ = std::move(*bytes);
    buffer_offset_ = offset;
  }
  return std::string_view(buffer_).substr(offset - buffer_offset_, size);
}

Result<SegmentHeader> SegmentReader::read_header() {
  return decode_segment_header(window(0, kSegmentHeaderBytes));
}

bool SegmentReader::only_zeros_follow() {
  for (std::uint64_t at = offset_; at < size_;) {
    const std::string_view bytes = window(at, kWindowBytes);
    if (bytes.empty() || bytes.find_first_not_of('\0') != std::string_view::npos) return false;
    at += bytes.size();
  }
  return true;
}

SegmentReader::Step SegmentReader::next(Record& record) {
  offset_ = next_offset_;
  if (offset_ >= size_) return Step::kEnd;
  const std::uint64_t left = size_ - offset_;
  Result<RecordHeader> header = decode_record_header(window(offset_, kRecordHeaderBytes));
  if (!header) {
    return left < kRecordHeaderBytes || only_zeros_follow() ? Step::kTorn : Step::kDamaged;
  }
  const std::uint64_t bytes = kRecordHeaderBytes + std::uint64_t{header->payload_bytes};
  if (bytes > left) return Step::kTorn;
  Result<Record> decoded = decode_record(window(offset_, static_cast<std::size_t>(bytes)));
  if (!decoded) return Step::kDamaged;
  record = std::move(*decoded);
  next_offset_ = offset_ + bytes;
  return Step::kRecord;
}

}  // namespace tailrace::positions
