// Parts of a request.
#include "shippers/reject_splitter.h"

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/shippers/push_support.h"

namespace tailrace::shippers {
namespace {

// Three streams of 2, 1 and 3 entries in two fragments.
struct Fixture {
  std::string first = body_of({"a0", "a1"}, "{s=\"a\"}");
  std::string second_raw =
      raw_of(body_of({"b0"}, "{s=\"b\"}")) + raw_of(body_of({"c0", "c1", "c2"}, "{s=\"c\"}"));
  std::string second;
  PushBody body;

  Fixture() {
    const std::string_view raw = second_raw;
    second = SnappyCompressor().compress({&raw, 1});
    body = push_body(first, 6);
    body.header.clear();
    append_varint(body.header, raw_of(first).size() + second_raw.size());
    body.elements.push_back(push_body(second, 4).elements[0]);
  }
};

const std::vector<std::string> kAll{R"({s="a"}: a0)", R"({s="a"}: a1)", R"({s="b"}: b0)",
                                    R"({s="c"}: c0)", R"({s="c"}: c1)", R"({s="c"}: c2)"};

TEST(RejectSplitter, encodes_every_range_in_wire_order) {
  const Fixture fixture;
  for (std::uint32_t first = 0; first < 6; ++first) {
    for (std::uint32_t count = 1; first + count <= 6; ++count) {
      const auto part = encode_range(fixture.body, {.first = first, .count = count});
      ASSERT_TRUE(part.has_value());
      EXPECT_EQ(lines_of(*part),
                std::vector<std::string>(kAll.begin() + first, kAll.begin() + first + count));
    }
  }
}

TEST(RejectSplitter, keeps_a_stream_in_one_piece) {
  const Fixture fixture;
  const auto part = encode_range(fixture.body, {.first = 1, .count = 4});
  ASSERT_TRUE(part.has_value());
  const std::string raw = raw_of(*part);
  const auto push = decode_push(raw);
  ASSERT_TRUE(push.has_value());
  ASSERT_EQ(push->streams.size(), 3U);
  EXPECT_EQ(push->streams[2].entries.size(), 2U);
}

TEST(RejectSplitter, makes_the_whole_again) {
  const Fixture fixture;
  const auto part = encode_range(fixture.body, {.first = 0, .count = 6});
  ASSERT_TRUE(part.has_value());
  EXPECT_EQ(raw_of(*part), raw_of(fixture.first) + fixture.second_raw);
}

TEST(RejectSplitter, refuses_a_range_beyond_the_end) {
  const Fixture fixture;
  const auto part = encode_range(fixture.body, {.first = 3, .count = 4});
  ASSERT_FALSE(part.has_value());
  EXPECT_EQ(part.error().code, Error::kInvalid);
}

TEST(RejectSplitter, refuses_what_is_no_request) {
  const std::string text = "this is no push request";
  const std::string_view view = text;
  const std::string block(SnappyCompressor().compress({&view, 1}));
  EXPECT_EQ(encode_range(push_body(block, 1), {.first = 0, .count = 1}).error().code,
            Error::kCorrupt);
  EXPECT_EQ(encode_range(push_body(text, 1), {.first = 0, .count = 1}).error().code,
            Error::kCorrupt);
}

TEST(PushBody, is_header_and_elements) {
  const Fixture fixture;
  const auto parts = body_parts(fixture.body);
  ASSERT_EQ(parts.size(), 3U);
  EXPECT_EQ(parts[0], fixture.body.header);
  EXPECT_EQ(parts[2], fixture.body.elements[1]);
  EXPECT_EQ(body_bytes(fixture.body), parts[0].size() + parts[1].size() + parts[2].size());
}

}  // namespace
}  // namespace tailrace::shippers
