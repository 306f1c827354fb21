// Push requests read back from the wire.
//
// Written for foreign bytes: a known field with another wire type than its own is an error, as it
// is in Loki's own decoder.
#include "shippers/push_decoder.h"

#include <algorithm>

#include "base/protobuf_reader.h"

namespace tailrace::shippers {

namespace {

bool decode_timestamp(std::string_view bytes, DecodedEntry& entry) {
  ProtobufReader reader(bytes);
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
  ProtobufReader reader(bytes);
  while (const auto field = reader.next()) {
    if (field->number > 2) continue;
    if (field->type != WireType::kBytes) return false;
    (field->number == 1 ? pair.first : pair.second) = field->bytes;
  }
  entry.metadata.push_back(pair);
  return reader.ok();
}

bool decode_entry(std::string_view bytes, DecodedEntry& entry) {
  ProtobufReader reader(bytes);
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
  ProtobufReader reader(bytes);
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

// The labels may stand behind the entries.
bool visit_stream(std::string_view bytes, PushVisitor& visitor, DecodedEntry& entry, bool& wanted) {
  std::string_view labels;
  ProtobufReader first(bytes);
  while (const auto field = first.next()) {
    if (field->number <= 2 && field->type != WireType::kBytes) return false;
    if (field->number == 1) labels = field->bytes;
  }
  if (!first.ok()) return false;
  wanted = visitor.begin_stream(labels);
  ProtobufReader reader(bytes);
  while (wanted) {
    const auto field = reader.next();
    if (!field) break;
    if (field->number != 2) continue;
    entry.seconds = 0;
    entry.nanoseconds = 0;
    entry.line = {};
    entry.metadata.clear();
    if (!decode_entry(field->bytes, entry)) return false;
    wanted = visitor.entry(entry);
  }
  return true;
}

}  // namespace

Status visit_push(std::string_view bytes, PushVisitor& visitor) {
  DecodedEntry entry;
  ProtobufReader reader(bytes);
  while (const auto field = reader.next()) {
    if (field->number != 1) continue;
    bool wanted = true;
    if (field->type != WireType::kBytes || !visit_stream(field->bytes, visitor, entry, wanted)) {
      return fail(Error::kCorrupt, "push request: malformed stream");
    }
    if (!wanted) return fail(Error::kExhausted, "push request: given up");
  }
  if (!reader.ok()) return fail(Error::kCorrupt, "push request: malformed field");
  return {};
}

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
  ProtobufReader reader(bytes);
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
