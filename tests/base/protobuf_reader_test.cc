// Fields of foreign messages, whole and cut short.
#include "base/protobuf_reader.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace tailrace {
namespace {

using namespace std::string_literals;

TEST(ProtobufReader, reads_each_wire_type) {
  const std::string bytes =
      "\x08\x96\x01"                          // 1: varint 150.
      "\x11\x01\x02\x03\x04\x05\x06\x07\x08"  // 2: fixed64.
      "\x1a\x03"
      "abc"                   // 3: bytes.
      "\x25\x01\x00\x00\x80"  // 4: fixed32.
      "\x2b\x08\x01\x2c"s;    // 5: a group with a varint in it.
  ProtobufReader reader(bytes);
  auto field = reader.next();
  ASSERT_TRUE(field);
  EXPECT_EQ(field->number, 1U);
  EXPECT_EQ(field->value, 150U);
  field = reader.next();
  ASSERT_TRUE(field);
  EXPECT_EQ(field->type, WireType::kFixed64);
  EXPECT_EQ(field->value, 0x0807060504030201U);
  field = reader.next();
  ASSERT_TRUE(field);
  EXPECT_EQ(field->bytes, "abc");
  field = reader.next();
  ASSERT_TRUE(field);
  EXPECT_EQ(field->value, 0x80000001U);
  field = reader.next();
  ASSERT_TRUE(field);
  EXPECT_EQ(field->type, WireType::kGroupBegin);
  EXPECT_FALSE(reader.next());
  EXPECT_TRUE(reader.ok());
}

TEST(ProtobufReader, stops_for_good_at_what_is_malformed) {
  const std::vector<std::string> cases = {
      "\x08"s,                                          // No value.
      "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"s,  // More than 64 bits.
      "\x0a\x05"
      "ab"s,            // Longer than what is left.
      "\x09\x01"s,      // Half of a fixed64.
      "\x00\x01"s,      // Field 0.
      "\x0b\x08\x01"s,  // A group without end.
      "\x0c"s,          // An end without a group.
      std::string(100, '\x0b'),
  };
  for (const std::string& bytes : cases) {
    ProtobufReader reader(bytes);
    EXPECT_FALSE(reader.next());
    EXPECT_FALSE(reader.ok());
    EXPECT_FALSE(reader.next());
  }
}

}  // namespace
}  // namespace tailrace
