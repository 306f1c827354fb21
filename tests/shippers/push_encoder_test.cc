// Push requests byte by byte.
#include "shippers/push_encoder.h"

#include <limits>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/shippers/push_support.h"

namespace tailrace::shippers {
namespace {

std::string encoded(std::int64_t time_ns, std::string_view line,
                    std::vector<LabelPair> metadata = {}) {
  const EntryEncoder encoder(Timestamp::of_ns(time_ns), line, metadata);
  std::string out(encoder.bytes(), '?');
  EXPECT_EQ(encoder.write(out.data()), out.data() + out.size());
  return out;
}

// The bytes of a string literal that may hold zeros.
template <std::size_t N>
std::string wire(const char (&literal)[N]) {
  return std::string(literal, N - 1);
}

TEST(Varint, takes_seven_bits_a_byte) {
  const std::vector<std::pair<std::uint64_t, std::string>> cases{
      {0, wire("\0")},
      {127, "\x7f"},
      {128, wire("\x80\x01")},
      {300, wire("\xac\x02")},
      {std::numeric_limits<std::uint64_t>::max(), "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"}};
  for (const auto& [value, want] : cases) {
    std::string out;
    append_varint(out, value);
    EXPECT_EQ(out, want) << value;
    EXPECT_EQ(varint_bytes(value), want.size()) << value;
  }
}

TEST(Varint, is_measured_right_at_every_boundary) {
  for (unsigned bit = 0; bit < 64; ++bit) {
    for (const std::uint64_t value : {(std::uint64_t{1} << bit) - 1, std::uint64_t{1} << bit}) {
      std::string out;
      append_varint(out, value);
      EXPECT_EQ(varint_bytes(value), out.size()) << value;
    }
  }
}

TEST(EntryEncoder, writes_time_and_line) {
  EXPECT_EQ(encoded(1'000'000'002, "ab"), wire("\x12\x0a\x0a\x04\x08\x01\x10\x02\x12\x02"
                                               "ab"));
}

TEST(EntryEncoder, leaves_an_empty_line_out) {
  EXPECT_EQ(encoded(1'000'000'002, ""), wire("\x12\x06\x0a\x04\x08\x01\x10\x02"));
}

TEST(EntryEncoder, always_writes_the_timestamp) {
  EXPECT_EQ(encoded(0, "a"), wire("\x12\x05\x0a\x00\x12\x01"
                                  "a"));
}

TEST(EntryEncoder, leaves_out_zero_nanoseconds_and_zero_seconds) {
  EXPECT_EQ(encoded(2'000'000'000, ""), wire("\x12\x04\x0a\x02\x08\x02"));
  EXPECT_EQ(encoded(7, ""), wire("\x12\x04\x0a\x02\x10\x07"));
}

TEST(EntryEncoder, counts_nanoseconds_forward_before_1970) {
  // -1 ns is second -1 and 999,999,999 ns.
  EXPECT_EQ(encoded(-1, ""), wire("\x12\x13\x0a\x11\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"
                                  "\x10\xff\x93\xeb\xdc\x03"));
  EXPECT_EQ(encoded(-1'000'000'000, ""),
            wire("\x12\x0d\x0a\x0b\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"));
}

TEST(EntryEncoder, writes_metadata_in_order_and_empty_parts_not_at_all) {
  EXPECT_EQ(encoded(0, "", {{"n", "v"}, {"", "w"}, {"m", ""}}), wire("\x12\x14\x0a\x00"
                                                                     "\x1a\x06\x0a\x01n\x12\x01v"
                                                                     "\x1a\x03\x12\x01w"
                                                                     "\x1a\x03\x0a\x01m"));
}

TEST(EntryEncoder, keeps_bytes_that_are_not_utf8) {
  EXPECT_EQ(encoded(0, wire("\xff\x00\xfe")), wire("\x12\x07\x0a\x00\x12\x03\xff\x00\xfe"));
}

TEST(EntryEncoder, measures_long_fields) {
  const std::string line(20'000, 'x');
  const std::string name(300, 'n');
  const std::string out = encoded(5, line, {{name, line}});
  const auto push = [&] {
    std::string raw;
    append_stream_header(raw, "{}", out.size());
    return raw + out;
  }();
  const auto decoded = decode_push(push);
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(decoded->streams.at(0).entries.at(0).line, line);
  EXPECT_EQ(decoded->streams.at(0).entries.at(0).metadata.at(0).first, name);
  EXPECT_EQ(decoded->streams.at(0).entries.at(0).metadata.at(0).second, line);
}

TEST(StreamHeader, holds_the_length_of_what_follows) {
  std::string out;
  append_stream_header(out, "{}", 10);
  EXPECT_EQ(out, wire("\x0a\x0e\x0a\x02{}"));
}

TEST(StreamHeader, of_long_labels_and_entries) {
  std::string out;
  append_stream_header(out, std::string(200, 'l'), 100'000);
  // 1 + 2 + 200 + 100,000 = 100,203.
  EXPECT_EQ(out, "\x0a\xeb\x8e\x06\x0a\xc8\x01" + std::string(200, 'l'));
}

TEST(MetadataBytes, counts_the_pairs_as_messages) {
  EXPECT_EQ(metadata_bytes({}), 0U);
  const std::vector<LabelPair> pairs{{"ab", "cde"}, {"", "x"}};
  EXPECT_EQ(metadata_bytes(pairs), (2U + 2U) + (2U + 3U) + (2U + 1U));
}

}  // namespace
}  // namespace tailrace::shippers
