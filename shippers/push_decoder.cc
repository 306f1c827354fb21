// Push requests read back from the wire.
//
// Written for foreign bytes: every length is compared with what is left, groups are skipped with a
// bound on their depth, and a known field with another wire type than its own is an error, as it is
// in Loki's own decoder.
#include "shippers/push_decoder.h"

#include <limits>
#include <optional>

namespace tailrace::shippers {

namespace {

enum class WireType : std::uint8_t {
  kVarint = 0,
  kFixed64 = 1,
  kBytes = 2,
  kGroupBegin = 3,
  kGroupEnd = 4,
  kFixed32 = 5,
};

constexpr int kGroupDepthMax = 64;

struct Field {
  std::uint64_t number = 0;
  WireType type = WireType::kVarint;
  std::uint64_t value = 0;  // Varint.
  std::string_view bytes;   // Length-delimited.
};

// Reads one message field by field. ok() turns false at the first malformed byte, for good.
class FieldReader {
 public:
  explicit FieldReader(std::string_view bytes) : rest_(bytes) {}

  bool ok() const { return ok_; }

  // The next field; none at the end and on malformed input.
  std::optional<Field> next() {
    if (!ok_ || rest_.empty()) return std::nullopt;
    Field field;
    if (!read_field(field)) {
      ok_ = false;
      return std::nullopt;
    }
    return field;
  }

 private:
  bool read_varint(std::uint64_t& value) {
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

  bool skip_bytes(std::uint64_t count) {
    if (count > rest_.size()) return false;
    rest_.remove_prefix(count);
    return true;
  }

  bool read_tag(Field& field) {
    std::uint64_t tag = 0;
    if (!read_varint(tag)) return false;
    field.number = tag >> 3U;
    field.type = static_cast<WireType>(tag & 7U);
    return field.number != 0 && field.number <= std::numeric_limits<std::uint32_t>::max();
  }

  bool read_value(Field& field) {
    switch (field.type) {
      case WireType::kVarint:
        return read_varint(field.value);
      case WireType::kFixed64:
        return skip_bytes(8);
      case WireType::kFixed32:
        return skip_bytes(4);
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

  bool read_field(Field& field) {
    if (!read_tag(field)) return false;
    if (field.type == WireType::kGroupBegin) return skip_group();
    return read_value(field);
  }

  // Skips to the end of the group whose begin was just read.
  bool skip_group() {
    int depth = 1;
    while (depth > 0) {
      Field field;
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

  std::string_view rest_;
  bool ok_ = true;
};

bool decode_timestamp(std::string_view bytes, DecodedEntry& entry) {
  FieldReader reader(bytes);
  while (const auto field = reader.next()) {
    if (field->number > 2) continue;
    if (field->type != WireType::kVarint) return false;
    if (field->number == 1) {
      entry.seconds = static_cast<std::int64_t>(field->value);
    } else {
      entry.nanoseconds = static_cast<std::int32_t>(field->value);
    }
  }
  return reader.ok();
}

bool decode_pair(std::string_view bytes, DecodedEntry& entry) {
  std::pair<std::string_view, std::string_view> pair;
  FieldReader reader(bytes);
  while (const auto field = reader.next()) {
    if (field->number > 2) continue;
    if (field->type != WireType::kBytes) return false;
    (field->number == 1 ? pair.first : pair.second) = field->bytes;
  }
  entry.metadata.push_back(pair);
  return reader.ok();
}

bool decode_entry(std::string_view bytes, DecodedEntry& entry) {
  FieldReader reader(bytes);
  while (const auto field = reader.next()) {
    if (field->number > 3) continue;
    if (field->type != WireType::kBytes) return false;
    if (field->number == 1) {
      if (!decode_timestamp(field->bytes, entry)) return false;
    } else if (field->number == 2) {
      entry.line = field->bytes;
    } else if (!decode_pair(field->bytes, entry)) {
      return false;
    }
  }
  return reader.ok();
}

bool decode_stream(std::string_view bytes, RawStream& stream) {
  FieldReader reader(bytes);
  while (const auto field = reader.next()) {
    if (field->number > 2) continue;  // 3 is a hash that only servers use.
    if (field->type != WireType::kBytes) return false;
    if (field->number == 1) {
      stream.labels = field->bytes;
    } else {
      stream.entries.push_back(field->bytes);
    }
  }
  return reader.ok();
}

}  // namespace

Timestamp DecodedEntry::time() const {
  constexpr Timestamp kFirst{Timestamp::kSecondsMin, 0};
  constexpr Timestamp kLast{Timestamp::kSecondsMax, Timestamp::kPerSecond - 1};
  // Strange senders may put more than a second into the nanoseconds.
  const std::int64_t whole = nanoseconds / Timestamp::kPerSecond;
  const std::int64_t nearest = std::clamp(seconds, 2 * kFirst.seconds, 2 * kLast.seconds);
  const auto result = Timestamp::of(nearest + whole, nanoseconds % Timestamp::kPerSecond);
  return result.value_or(nearest < 0 ? kFirst : kLast);
}

std::size_t DecodedPush::entries() const {
  std::size_t count = 0;
  for (const DecodedStream& stream : streams)
    count += stream.entries.size();
  return count;
}

Result<std::vector<RawStream>> decode_raw_streams(std::string_view bytes) {
  std::vector<RawStream> streams;
  FieldReader reader(bytes);
  while (const auto field = reader.next()) {
    if (field->number != 1) continue;
    if (field->type != WireType::kBytes || !decode_stream(field->bytes, streams.emplace_back())) {
      return fail(Error::kCorrupt, "push request: malformed stream");
    }
  }
  if (!reader.ok()) return fail(Error::kCorrupt, "push request: malformed field");
  return streams;
}

Result<DecodedPush> decode_push(std::string_view bytes) {
  const auto raw_streams = decode_raw_streams(bytes);
  if (!raw_streams) return fail(raw_streams.error());
  DecodedPush push;
  push.streams.reserve(raw_streams->size());
  for (const RawStream& raw : *raw_streams) {
    DecodedStream& stream = push.streams.emplace_back();
    stream.labels = raw.labels;
    stream.entries.reserve(raw.entries.size());
    for (const std::string_view entry : raw.entries) {
      if (!decode_entry(entry, stream.entries.emplace_back())) {
        return fail(Error::kCorrupt, "push request: malformed entry");
      }
    }
  }
  return push;
}

}  // namespace tailrace::shippers
