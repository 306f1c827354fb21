// Entries and streams in the wire form of Loki's push request (protobuf), written in one go.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/timestamp.h"
#include "model/label_set.h"

namespace tailrace::shippers {

// Field tags of the push messages (docs/formats/push.md): number * 8 + wire type. All fields but
// the numbers of a timestamp are length-delimited.
namespace push_tag {
inline constexpr char kStream = 0x0a;         // PushRequest.streams
inline constexpr char kLabels = 0x0a;         // Stream.labels
inline constexpr char kEntry = 0x12;          // Stream.entries
inline constexpr char kTimestamp = 0x0a;      // Entry.timestamp
inline constexpr char kLine = 0x12;           // Entry.line
inline constexpr char kMetadata = 0x1a;       // Entry.structuredMetadata
inline constexpr char kSeconds = 0x08;        // Timestamp.seconds
inline constexpr char kNanoseconds = 0x10;    // Timestamp.nanos
inline constexpr char kMetadataName = 0x0a;   // LabelPair.name
inline constexpr char kMetadataValue = 0x12;  // LabelPair.value
}  // namespace push_tag

// Bytes of `value` as a varint.
inline constexpr std::size_t varint_bytes(std::uint64_t value) {
  return (static_cast<std::size_t>(std::bit_width(value | 1U)) * 9 + 64) / 64;
}

// Writes `value` as a varint and returns the place behind it.
inline char* write_varint(char* out, std::uint64_t value) {
  while (value >= 0x80) {
    *out++ = static_cast<char>(value | 0x80U);
    value >>= 7U;
  }
  *out++ = static_cast<char>(value);
  return out;
}

void append_varint(std::string& out, std::uint64_t value);

// What an entry's metadata adds to Promtail's batch size: the pairs as messages, without their
// tags.
std::uint64_t metadata_bytes(std::span<const LabelPair> metadata);

// One entry of a stream, measured once and then written into a buffer.
class EntryEncoder {
 public:
  // The views must live until write().
  EntryEncoder(const Timestamp& time, std::string_view line, std::span<const LabelPair> metadata);

  // Exactly how many bytes write() writes.
  std::size_t bytes() const { return 1 + varint_bytes(body_bytes_) + body_bytes_; }

  // Writes the entry, with its tag and length, and returns the place behind it.
  char* write(char* out) const;

 private:
  std::uint64_t seconds_ = 0;  // Two's complement, as the wire has negative numbers.
  std::uint32_t nanoseconds_ = 0;
  std::size_t timestamp_bytes_ = 0;
  std::size_t body_bytes_ = 0;
  std::string_view line_;
  std::span<const LabelPair> metadata_;
};

// Appends what stands before the `entries_bytes` bytes of a stream's entries in a push request: the
// stream's tag and length, and its labels.
void append_stream_header(std::string& out, std::string_view label_text, std::size_t entries_bytes);

}  // namespace tailrace::shippers
