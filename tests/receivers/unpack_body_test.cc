// Bodies of each encoding, damaged ones, and bombs.
#include "receivers/unpack_body.h"

#include <string>

#include <gtest/gtest.h>

#include "shippers/snappy_block.h"
#include "tests/support/deflate_text.h"

namespace tailrace::receivers {
namespace {

constexpr std::uint64_t kMax = 1'000'000;

TEST(UnpackBody, unpacks_each_encoding) {
  std::string text;
  for (int i = 0; i < 20'000; ++i)
    text += std::to_string(i);
  const std::string_view part = text;
  const struct {
    const char* encoding;
    std::string body;
  } cases[] = {
      {"gzip", testing::deflate_text(text, 31)},
      {"deflate", testing::deflate_text(text, 15)},
      {"deflate", testing::deflate_text(text, -15)},
      {"snappy", std::string(shippers::SnappyCompressor().compress({&part, 1}))},
  };
  for (const auto& one : cases) {
    std::string out = "before";
    const Status done = unpack_body(one.encoding, one.body, kMax, out);
    EXPECT_TRUE(done) << one.encoding << ": " << done.error().message;
    EXPECT_EQ(out, text) << one.encoding;
    EXPECT_TRUE(unpack_body(one.encoding, one.body, text.size(), out));
    const Status too_large = unpack_body(one.encoding, one.body, text.size() - 1, out);
    ASSERT_FALSE(too_large) << one.encoding;
    EXPECT_EQ(too_large.error().code, Error::kExhausted);
    const Status damaged =
        unpack_body(one.encoding, one.body.substr(0, one.body.size() / 2), kMax, out);
    ASSERT_FALSE(damaged) << one.encoding;
    EXPECT_EQ(damaged.error().code, Error::kInvalid);
  }
}

TEST(UnpackBody, joins_gzip_members) {
  std::string out;
  EXPECT_TRUE(unpack_body(
      "gzip", testing::deflate_text("one", 31) + testing::deflate_text("two", 31), kMax, out));
  EXPECT_EQ(out, "onetwo");
}

TEST(UnpackBody, joins_many_gzip_members_and_refuses_too_many) {
  const std::string one = testing::deflate_text("ab", 31);
  std::string many;
  std::string text;
  for (int i = 0; i < 10'000; ++i) {
    many += one;
    text += "ab";
  }
  std::string out;
  out.reserve(4U << 20U);
  EXPECT_TRUE(unpack_body("gzip", many, kMax, out));
  EXPECT_EQ(out, text);
  const Status too_many = unpack_body("gzip", many + one, kMax, out);
  ASSERT_FALSE(too_many);
  EXPECT_EQ(too_many.error().code, Error::kExhausted);
}

TEST(UnpackBody, a_bomb_costs_no_more_than_the_limit) {
  const std::string bomb = testing::deflate_text(std::string(50'000'000, '\0'), 31);
  std::string out;
  const Status done = unpack_body("gzip", bomb, kMax, out);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Error::kExhausted);
  EXPECT_LT(out.capacity(), 3 * kMax);
}

TEST(UnpackBody, a_claim_alone_costs_nothing) {
  std::string out;
  const Status done = unpack_body("snappy", "\x80\x80\x80\x01\x00", 64U << 20U, out);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Error::kInvalid);
  EXPECT_LT(out.capacity(), 1000U);
}

TEST(UnpackBody, knows_no_other_encoding) {
  std::string out;
  const Status done = unpack_body("zstd", "x", kMax, out);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().message, "Content-Encoding zstd is not supported");
}

TEST(UnpackBody, gives_large_memory_back) {
  std::string out(8U << 20U, 'x');
  shrink(out);
  EXPECT_LT(out.capacity(), 1000U);
  out.reserve(1U << 20U);
  shrink(out);
  EXPECT_GE(out.capacity(), 1U << 20U);
}

TEST(UnpackBody, knows_media_types) {
  EXPECT_EQ(media_type("Application/JSON ; charset=utf-8"), "application/json");
  EXPECT_EQ(media_type(""), "");
}

}  // namespace
}  // namespace tailrace::receivers
