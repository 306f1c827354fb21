// Reads an OTLP log export back, as far as the tests need it.
#pragma once

#include <zlib.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace tailrace::shippers {

// A field of a protobuf message: its number, and its value as a number or as bytes.
struct WireField {
  std::uint32_t field = 0;
  std::uint64_t value = 0;
  std::string_view bytes;
};

inline std::uint64_t take_wire_varint(std::string_view& rest) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; !rest.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(rest.front());
    rest.remove_prefix(1);
    value |= static_cast<std::uint64_t>(byte & 0x7fU) << shift;
    if (byte < 0x80) break;
  }
  return value;
}

inline std::vector<WireField> wire_fields(std::string_view rest) {
  std::vector<WireField> fields;
  while (!rest.empty()) {
    const std::uint64_t tag = take_wire_varint(rest);
    WireField field{.field = static_cast<std::uint32_t>(tag >> 3U), .value = 0, .bytes = {}};
    const std::uint64_t kind = tag & 7U;
    if (kind == 0) {
      field.value = take_wire_varint(rest);
    } else if (kind == 2) {
      const std::uint64_t size = take_wire_varint(rest);
      EXPECT_LE(size, rest.size());
      field.bytes = rest.substr(0, size);
      rest.remove_prefix(field.bytes.size());
    } else {
      const std::size_t size = kind == 1 ? 8 : 4;
      EXPECT_GE(rest.size(), size);
      std::memcpy(&field.value, rest.data(), size);  // Little endian, as this machine.
      rest.remove_prefix(size);
    }
    fields.push_back(field);
  }
  return fields;
}

inline std::string gunzipped(std::string_view packed) {
  z_stream stream{};
  EXPECT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
  std::string out(1U << 20U, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  out.erase(stream.total_out);
  inflateEnd(&stream);
  return out;
}

// "key=value" of a KeyValue with a text.
inline std::string attribute_text(std::string_view pair) {
  std::string text;
  for (const WireField& field : wire_fields(pair)) {
    if (field.field == 1) text += std::string(field.bytes) + "=";
    if (field.field == 2) text += wire_fields(field.bytes).at(0).bytes;
  }
  return text;
}

// "[service.name=x] 17: line {a=b}" of each record; further fields as "(number)value".
inline std::vector<std::string> otlp_records(std::string_view packed) {
  std::vector<std::string> texts;
  const std::string raw = gunzipped(packed);
  for (const WireField& resource_logs : wire_fields(raw)) {
    std::string resource;
    for (const WireField& part : wire_fields(resource_logs.bytes)) {
      if (part.field == 1) {
        for (const WireField& attribute : wire_fields(part.bytes))
          resource += "[" + attribute_text(attribute.bytes) + "]";
        continue;
      }
      for (const WireField& record : wire_fields(part.bytes)) {
        std::string text = resource + " ";
        for (const WireField& field : wire_fields(record.bytes)) {
          if (field.field == 1) {
            text += std::to_string(field.value) + ":";
          } else if (field.field == 5) {
            text += " " + std::string(wire_fields(field.bytes).at(0).bytes);
          } else if (field.field == 6) {
            text += " {" + attribute_text(field.bytes) + "}";
          } else if (!field.bytes.empty()) {
            text += " (" + std::to_string(field.field) + ")" + std::string(field.bytes);
          } else {
            text += " (" + std::to_string(field.field) + ")" + std::to_string(field.value);
          }
        }
        texts.push_back(std::move(text));
      }
    }
  }
  return texts;
}

}  // namespace tailrace::shippers
