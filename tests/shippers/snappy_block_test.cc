// Snappy blocks of gathered parts.
#include "shippers/snappy_block.h"

#include <snappy.h>

#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/shippers/push_support.h"

namespace tailrace::shippers {
namespace {

TEST(SnappyCompressor, makes_one_block_of_many_parts) {
  std::mt19937 random(7);
  SnappyCompressor compressor;
  for (int round = 0; round < 50; ++round) {
    std::vector<std::string> texts;
    std::string joined;
    const std::size_t count = random() % 20;
    for (std::size_t i = 0; i < count; ++i) {
      // Some parts are empty, some longer than snappy's own blocks of 64 KiB.
      const std::size_t size = random() % 4 == 0 ? 0 : random() % (1U << (random() % 18));
      std::string text;
      while (text.size() < size)
        text += "word" + std::to_string(random() % 50);
      text.resize(size);
      joined += text;
      texts.push_back(std::move(text));
    }
    const std::vector<std::string_view> parts(texts.begin(), texts.end());
    const std::string_view block = compressor.compress(parts);
    std::string back;
    ASSERT_TRUE(snappy::Uncompress(block.data(), block.size(), &back));
    EXPECT_EQ(back, joined);
    const auto ours = uncompress({&block, 1}, joined.size());
    ASSERT_TRUE(ours.has_value());
    EXPECT_EQ(*ours, joined);
  }
}

TEST(SnappyCompressor, makes_the_same_block_as_of_joined_bytes) {
  const std::string text = "one two three one two three one two three";
  const std::vector<std::string_view> parts{std::string_view(text).substr(0, 9), "",
                                            std::string_view(text).substr(9)};
  std::string want;
  snappy::Compress(text.data(), text.size(), &want);
  EXPECT_EQ(SnappyCompressor().compress(parts), want);
}

TEST(Uncompress, takes_a_block_in_pieces) {
  const std::string block = body_of({"one", "two"});
  const std::vector<std::string_view> parts{std::string_view(block).substr(0, 1),
                                            std::string_view(block).substr(1, 3),
                                            std::string_view(block).substr(4)};
  EXPECT_EQ(uncompress(parts, 1000).value_or(""), raw_of(block));
}

TEST(Uncompress, refuses_what_is_larger_than_asked_for) {
  const std::string text(101, 'x');
  const std::string_view part = text;
  SnappyCompressor compressor;
  const std::string_view block = compressor.compress({&part, 1});
  EXPECT_TRUE(uncompress({&block, 1}, 101).has_value());
  const auto refused = uncompress({&block, 1}, 100);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, Error::kExhausted);
}

TEST(Uncompress, refuses_what_is_no_block) {
  for (const std::string& block :
       {std::string(), std::string("\xff\xff\xff\xff\xff"), std::string("\x05\x00", 2),
        std::string("\xff\xff\xff\x7f\x00z", 6)}) {
    const std::string_view part = block;
    const auto refused = uncompress({&part, 1}, 1U << 31U);
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, Error::kCorrupt);
  }
}

TEST(Uncompress, takes_the_best_compressed_block_there_is) {
  const std::string text(1U << 20U, 'x');
  const std::string_view part = text;
  SnappyCompressor compressor;
  const std::string_view block = compressor.compress({&part, 1});
  EXPECT_EQ(uncompress({&block, 1}, 1U << 20U).value_or(""), text);
}

// What house rule the outbox relies on: elements of two blocks under one length are one block, and
// two push requests one behind the other are one.
TEST(Uncompress, takes_the_elements_of_two_blocks_under_one_length) {
  const std::string first = body_of({"one", "two"}, "{a=\"1\"}");
  const std::string second = body_of({"three"}, "{a=\"2\"}");
  const PushBody a = push_body(first, 2);
  const PushBody b = push_body(second, 1);
  std::string header;
  append_varint(header, raw_of(first).size() + raw_of(second).size());
  const std::vector<std::string_view> gathered{header, a.elements[0], b.elements[0]};
  const auto raw = uncompress(gathered, 1000);
  ASSERT_TRUE(raw.has_value());
  const auto push = decode_push(*raw);
  ASSERT_TRUE(push.has_value());
  ASSERT_EQ(push->streams.size(), 2U);
  EXPECT_EQ(push->streams[0].entries.size(), 2U);
  EXPECT_EQ(push->streams[1].labels, "{a=\"2\"}");
  EXPECT_EQ(push->streams[1].entries.at(0).line, "three");
}

}  // namespace
}  // namespace tailrace::shippers
