// Entries and streams in the wire form of Loki's push request.
#include "shippers/push_encoder.h"

#include <cstring>

namespace tailrace::shippers {

namespace {

// A length-delimited field; absent when empty, as proto3 wants it.
std::size_t field_bytes(std::string_view value) {
  return value.empty() ? 0 : 1 + varint_bytes(value.size()) + value.size();
}

char* write_field(char* out, char tag, std::string_view value) {
  if (value.empty()) return out;
  *out++ = tag;
  out = write_varint(out, value.size());
  std::memcpy(out, value.data(), value.size());
  return out + value.size();
}

std::size_t pair_bytes(const LabelPair& pair) {
  return field_bytes(pair.name) + field_bytes(pair.value);
}

}  // namespace

void append_varint(std::string& out, std::uint64_t value) {
  char text[10];
  out.append(text, write_varint(text, value));
}

std::uint64_t metadata_bytes(std::span<const LabelPair> metadata) {
  std::uint64_t bytes = 0;
  for (const LabelPair& pair : metadata)
    bytes += pair_bytes(pair);
  return bytes;
}

EntryEncoder::EntryEncoder(const Timestamp& time, std::string_view line,
                           std::span<const LabelPair> metadata)
    : seconds_(static_cast<std::uint64_t>(time.seconds)),
      nanoseconds_(time.nanoseconds),
      line_(line),
      metadata_(metadata) {
  if (seconds_ != 0) timestamp_bytes_ += 1 + varint_bytes(seconds_);
  if (nanoseconds_ != 0) timestamp_bytes_ += 1 + varint_bytes(nanoseconds_);
  // The timestamp is always present, and shorter than 128 bytes.
  body_bytes_ = 2 + timestamp_bytes_ + field_bytes(line_);
  for (const LabelPair& pair : metadata_) {
    const std::size_t bytes = pair_bytes(pair);
    body_bytes_ += 1 + varint_bytes(bytes) + bytes;
  }
}

char* EntryEncoder::write(char* out) const {
  *out++ = push_tag::kEntry;
  out = write_varint(out, body_bytes_);
  *out++ = push_tag::kTimestamp;
  *out++ = static_cast<char>(timestamp_bytes_);
  if (seconds_ != 0) {
    *out++ = push_tag::kSeconds;
    out = write_varint(out, seconds_);
  }
  if (nanoseconds_ != 0) {
    *out++ = push_tag::kNanoseconds;
    out = write_varint(out, nanoseconds_);
  }
  out = write_field(out, push_tag::kLine, line_);
  for (const LabelPair& pair : metadata_) {
    *out++ = push_tag::kMetadata;
    out = write_varint(out, pair_bytes(pair));
    out = write_field(out, push_tag::kMetadataName, pair.name);
    out = write_field(out, push_tag::kMetadataValue, pair.value);
  }
  return out;
}

void append_stream_header(std::string& out, std::string_view label_text,
                          std::size_t entries_bytes) {
  const std::size_t labels_bytes = 1 + varint_bytes(label_text.size()) + label_text.size();
  out += push_tag::kStream;
  append_varint(out, labels_bytes + entries_bytes);
  out += push_tag::kLabels;
  append_varint(out, label_text.size());
  out += label_text;
}

}  // namespace tailrace::shippers
