// Messages in protobuf's wire format, read field by field.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tailrace {

enum class WireType : std::uint8_t {
  kVarint = 0,
  kFixed64 = 1,
  kBytes = 2,
  kGroupBegin = 3,
  kGroupEnd = 4,
  kFixed32 = 5,
};

struct ProtobufField {
  std::uint64_t number = 0;
  WireType type = WireType::kVarint;
  std::uint64_t value = 0;  // Varint, fixed64, fixed32.
  std::string_view bytes;   // Length-delimited: views what is read.
};

// Written for foreign bytes: every length is compared with what is left, and groups are skipped
// with a bound on their depth. ok() turns false at the first malformed byte, for good.
class ProtobufReader {
 public:
  explicit ProtobufReader(std::string_view bytes) : rest_(bytes) {}

  bool ok() const { return ok_; }
  // The next field; none at the end and on malformed input. A group is its begin alone.
  std::optional<ProtobufField> next();

 private:
  bool read_varint(std::uint64_t& value);
  bool read_fixed(std::size_t count, std::uint64_t& value);
  bool read_tag(ProtobufField& field);
  bool read_value(ProtobufField& field);
  bool read_field(ProtobufField& field);
  // Skips to the end of the group whose begin was just read.
  bool skip_group();

  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace tailrace
