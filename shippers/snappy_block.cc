// Snappy's block format.
#include "shippers/snappy_block.h"

#include <snappy.h>

#include <cstring>

#include <snappy-sinksource.h>

namespace tailrace::shippers {

namespace {

// Hands the parts to snappy as they lie in memory.
class PartsSource final : public snappy::Source {
 public:
  explicit PartsSource(std::span<const std::string_view> parts) : parts_(parts) {
    for (const std::string_view part : parts)
      available_ += part.size();
    skip_empty();
  }

  std::size_t Available() const override { return available_; }

  const char* Peek(std::size_t* length) override {
    if (parts_.empty()) {
      *length = 0;
      return nullptr;
    }
    *length = parts_.front().size() - offset_;
    return parts_.front().data() + offset_;
  }

  // Never more than is available; snappy takes it over part boundaries too.
  void Skip(std::size_t count) override {
    available_ -= count;
    while (count > 0) {
      const std::size_t here = parts_.front().size() - offset_;
      if (count < here) {
        offset_ += count;
        return;
      }
      count -= here;
      parts_ = parts_.subspan(1);
      offset_ = 0;
      skip_empty();
    }
  }

 private:
  void skip_empty() {
    while (!parts_.empty() && parts_.front().empty())
      parts_ = parts_.subspan(1);
  }

  std::span<const std::string_view> parts_;
  std::size_t offset_ = 0;  // Into the first part.
  std::size_t available_ = 0;
};

// Lets snappy write where the result is to be.
class MemorySink final : public snappy::Sink {
 public:
  explicit MemorySink(std::span<char> memory) : memory_(memory) {}
  char* GetAppendBuffer(std::size_t /*count*/, char* /*scratch*/) override {
    return memory_.data() + used_;
  }
  void Append(const char* bytes, std::size_t count) override {
    char* const end = memory_.data() + used_;
    if (bytes != end) std::memcpy(end, bytes, count);
    used_ += count;
  }
  std::string_view written() const { return {memory_.data(), used_}; }

 private:
  std::span<char> memory_;
  std::size_t used_ = 0;
};

}  // namespace

std::string_view SnappyCompressor::compress(std::span<const std::string_view> parts) {
  PartsSource source(parts);
  const std::size_t bytes_max = snappy::MaxCompressedLength(source.Available());
  if (memory_bytes_ < bytes_max) {
    memory_ = std::make_unique_for_overwrite<char[]>(bytes_max);
    memory_bytes_ = bytes_max;
  }
  MemorySink sink({memory_.get(), memory_bytes_});
  snappy::Compress(&source, &sink);
  return sink.written();
}

Result<std::string> uncompress(std::span<const std::string_view> parts,
                               std::uint64_t raw_bytes_max) {
  std::string block;
  for (const std::string_view part : parts)
    block += part;
  std::size_t raw_bytes = 0;
  if (!snappy::GetUncompressedLength(block.data(), block.size(), &raw_bytes)) {
    return fail(Error::kCorrupt, "snappy: malformed length");
  }
  if (raw_bytes > raw_bytes_max) {
    return fail(Error::kExhausted, "snappy: block of " + std::to_string(raw_bytes) +
                                       " bytes, more than " + std::to_string(raw_bytes_max));
  }
  // A lying length must not cost memory: one element makes at most 64 bytes of at least two.
  if (raw_bytes / 32 > block.size()) return fail(Error::kCorrupt, "snappy: malformed block");
  std::string raw(raw_bytes, '\0');
  if (!snappy::RawUncompress(block.data(), block.size(), raw.data())) {
    return fail(Error::kCorrupt, "snappy: malformed block");
  }
  return raw;
}

}  // namespace tailrace::shippers
