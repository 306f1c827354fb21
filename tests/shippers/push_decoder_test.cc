// Decoding push requests, also malformed ones.
#include "shippers/push_decoder.h"

#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "shippers/push_encoder.h"

namespace tailrace::shippers {
namespace {

template <std::size_t N>
std::string bytes(const char (&literal)[N]) {
  return std::string(literal, N - 1);
}

// A field with a length.
std::string field(char tag, std::string_view content) {
  std::string out(1, tag);
  append_varint(out, content.size());
  return out.append(content);
}

// A request with one stream of one entry with this content.
std::string with_entry(std::string_view entry) {
  return field(0x0a, field(0x0a, "{}") + field(0x12, entry));
}

TEST(PushDecoder, reads_streams_entries_and_metadata) {
  const std::string request =
      field(0x0a, field(0x0a, "{a=\"b\"}") +
                      field(0x12, field(0x0a, "\x08\x05\x10\x06") + field(0x12, "one") +
                                      field(0x1a, field(0x0a, "n") + field(0x12, "v")) +
                                      field(0x1a, field(0x0a, "n") + field(0x12, "w"))) +
                      field(0x12, field(0x0a, ""))) +
      field(0x0a, field(0x0a, "{}"));
  const auto push = decode_push(request);
  ASSERT_TRUE(push.has_value());
  ASSERT_EQ(push->streams.size(), 2U);
  EXPECT_EQ(push->entries(), 2U);
  EXPECT_EQ(push->streams[0].labels, "{a=\"b\"}");
  ASSERT_EQ(push->streams[0].entries.size(), 2U);
  const DecodedEntry& entry = push->streams[0].entries[0];
  EXPECT_EQ(entry.line, "one");
  EXPECT_EQ(entry.time().ns(), 5'000'000'006);
  ASSERT_EQ(entry.metadata.size(), 2U);
  EXPECT_EQ(entry.metadata[0].first, "n");
  EXPECT_EQ(entry.metadata[0].second, "v");
  EXPECT_EQ(entry.metadata[1].second, "w");
  EXPECT_EQ(push->streams[0].entries[1].line, "");
  EXPECT_EQ(push->streams[0].entries[1].time().ns(), 0);
  EXPECT_EQ(push->streams[1].labels, "{}");
  EXPECT_TRUE(push->streams[1].entries.empty());
}

TEST(PushDecoder, takes_nothing_for_an_empty_request) {
  const auto push = decode_push("");
  ASSERT_TRUE(push.has_value());
  EXPECT_TRUE(push->streams.empty());
}

TEST(PushDecoder, skips_unknown_fields_of_every_kind) {
  const std::string unknown = bytes("\x20\x96\x01")                            // Varint.
                              + bytes("\x29\x01\x02\x03\x04\x05\x06\x07\x08")  // 64 bits.
                              + bytes("\x35\x01\x02\x03\x04")                  // 32 bits.
                              + bytes("\x3a\x02hi")                            // Bytes.
                              + bytes("\x4b\x4b\x20\x01\x4c\x4c");             // Groups.
  const std::string entry = unknown + field(0x12, "line") + unknown;
  const std::string request =
      unknown + field(0x0a, unknown + field(0x0a, "{}") + field(0x12, entry) + unknown) + unknown;
  const auto push = decode_push(request);
  ASSERT_TRUE(push.has_value());
  ASSERT_EQ(push->entries(), 1U);
  EXPECT_EQ(push->streams[0].entries[0].line, "line");
}

TEST(PushDecoder, skips_a_hash_and_what_servers_parsed) {
  const std::string request = field(
      0x0a, field(0x0a, "{}") + field(0x12, field(0x12, "l") + field(0x22, "x")) + "\x18\x07");
  const auto push = decode_push(request);
  ASSERT_TRUE(push.has_value());
  EXPECT_EQ(push->streams[0].entries.at(0).line, "l");
  EXPECT_TRUE(push->streams[0].entries.at(0).metadata.empty());
}

TEST(PushDecoder, refuses_malformed_bytes) {
  const std::vector<std::pair<const char*, std::string>> cases{
      {"a cut varint", bytes("\x80")},
      {"a varint of eleven bytes", "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"},
      {"a varint beyond 64 bits", "\x20\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"},
      {"field number zero", bytes("\x00\x01")},
      {"a length beyond the end", bytes("\x0a\x05"
                                        "ab")},
      {"a huge length", bytes("\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01")},
      {"64 bits cut", bytes("\x29\x01\x02")},
      {"32 bits cut", bytes("\x35\x01\x02")},
      {"wire type 6", bytes("\x26\x01")},
      {"a group that does not end", bytes("\x4b\x20\x01")},
      {"a group end alone", bytes("\x4c")},
      {"groups nested too deep", std::string(100, '\x4b') + std::string(100, '\x4c')},
      {"a group with a cut value", bytes("\x4b\x3a\x05")},
      {"streams as a number", bytes("\x08\x01")},
      {"labels as a number", field(0x0a, bytes("\x08\x01"))},
      {"entries as a number", field(0x0a, bytes("\x10\x01"))},
      {"a line as a number", with_entry(bytes("\x10\x01"))},
      {"a time as a number", with_entry(bytes("\x08\x01"))},
      {"metadata as a number", with_entry(bytes("\x18\x01"))},
      {"seconds as bytes", with_entry(field(0x0a, field(0x0a, "x")))},
      {"a cut time", with_entry(field(0x0a, bytes("\x08\x80")))},
      {"a metadata name as a number", with_entry(field(0x1a, bytes("\x08\x01")))},
      {"cut metadata", with_entry(field(0x1a, bytes("\x0a\x05")))},
      {"a cut entry", with_entry(bytes("\x12\x05"))},
      {"a cut stream", field(0x0a, bytes("\x12\x05"))},
  };
  for (const auto& [name, request] : cases) {
    const auto push = decode_push(request);
    ASSERT_FALSE(push.has_value()) << name;
    EXPECT_EQ(push.error().code, Error::kCorrupt) << name;
  }
}

TEST(PushDecoder, takes_the_last_of_a_repeated_field) {
  const std::string request =
      field(0x0a, field(0x0a, "{a}") + field(0x0a, "{b}") +
                      field(0x12, field(0x12, "first") + field(0x12, "second")));
  const auto push = decode_push(request);
  ASSERT_TRUE(push.has_value());
  EXPECT_EQ(push->streams[0].labels, "{b}");
  EXPECT_EQ(push->streams[0].entries.at(0).line, "second");
}

TEST(DecodedEntry, bounds_a_time_that_does_not_fit) {
  DecodedEntry entry;
  entry.seconds = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(entry.time().ns(), std::numeric_limits<std::int64_t>::max());
  entry.seconds = std::numeric_limits<std::int64_t>::min();
  EXPECT_EQ(entry.time().ns(), std::numeric_limits<std::int64_t>::min());
  entry.seconds = 9'223'372'036;
  entry.nanoseconds = 999'999'999;
  EXPECT_EQ(entry.time().ns(), std::numeric_limits<std::int64_t>::max());
  entry.seconds = -1;
  entry.nanoseconds = 999'999'999;
  EXPECT_EQ(entry.time().ns(), -1);
}

TEST(RawStreams, are_the_entries_as_they_stand) {
  const std::string entry = field(0x12, "l") + "\x22\x01x";
  const std::string request = with_entry(entry);
  const auto streams = decode_raw_streams(request);
  ASSERT_TRUE(streams.has_value());
  ASSERT_EQ(streams->size(), 1U);
  EXPECT_EQ(streams->at(0).labels, "{}");
  ASSERT_EQ(streams->at(0).entries.size(), 1U);
  EXPECT_EQ(streams->at(0).entries[0], entry);
}

}  // namespace
}  // namespace tailrace::shippers
