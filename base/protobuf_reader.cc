// Varints, lengths and groups of foreign bytes.
#include "base/protobuf_reader.h"

#include <cstring>
#include <limits>

namespace tailrace {
namespace {

constexpr int kGroupDepthMax = 64;

}  // namespace

std::optional<ProtobufField> ProtobufReader::next() {
  if (!ok_ || rest_.empty()) return std::nullopt;
  ProtobufField field;
  if (!read_field(field)) {
    ok_ = false;
    return std::nullopt;
  }
  return field;
}

bool ProtobufReader::read_varint(std::uint64_t& value) {
  value = 0;
  for (std::size_t i = 0; i < 10 && i < rest_.size(); ++i) {
    const auto byte = static_cast<unsigned char>(rest_[i]);
    if (i == 9 && byte > 1) return false;  // More than 64 bits.
    value |= static_cast<std::uint64_t>(byte & 0x7fU) << (7 * i);
    if (byte < 0x80) {
      rest_.remove_prefix(i + 1);
      return true;
    }
  }
  return false;
}

bool ProtobufReader::read_fixed(std::size_t count, std::uint64_t& value) {
  if (count > rest_.size()) return false;
  value = 0;
  std::memcpy(&value, rest_.data(), count);  // Little endian, as is every machine we run on.
  rest_.remove_prefix(count);
  return true;
}

bool ProtobufReader::read_tag(ProtobufField& field) {
  std::uint64_t tag = 0;
  if (!read_varint(tag)) return false;
  field.number = tag >> 3U;
  field.type = static_cast<WireType>(tag & 7U);
  return field.number != 0 && field.number <= std::numeric_limits<std::uint32_t>::max();
}

bool ProtobufReader::read_value(ProtobufField& field) {
  switch (field.type) {
    case WireType::kVarint:
      return read_varint(field.value);
    case WireType::kFixed64:
      return read_fixed(8, field.value);
    case WireType::kFixed32:
      return read_fixed(4, field.value);
    case WireType::kBytes: {
      std::uint64_t count = 0;
      if (!read_varint(count) || count > rest_.size()) return false;
      field.bytes = rest_.substr(0, count);
      rest_.remove_prefix(count);
      return true;
    }
    default:
      return false;
  }
}

bool ProtobufReader::read_field(ProtobufField& field) {
  if (!read_tag(field)) return false;
  if (field.type == WireType::kGroupBegin) return skip_group();
  return read_value(field);
}

bool ProtobufReader::skip_group() {
  int depth = 1;
  while (depth > 0) {
    ProtobufField field;
    if (!read_tag(field)) return false;
    if (field.type == WireType::kGroupBegin) {
      if (++depth > kGroupDepthMax) return false;
    } else if (field.type == WireType::kGroupEnd) {
      --depth;
    } else if (!read_value(field)) {
      return false;
    }
  }
  return true;
}

}  // namespace tailrace
