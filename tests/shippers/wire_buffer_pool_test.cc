// Buffers that are used again.
#include "shippers/wire_buffer_pool.h"

#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace tailrace::shippers {
namespace {

TEST(WireBufferPool, gives_powers_of_two_from_one_kibibyte) {
  WireBufferPool pool;
  EXPECT_EQ(pool.take(0).capacity, 1024U);
  EXPECT_EQ(pool.take(1024).capacity, 1024U);
  EXPECT_EQ(pool.take(1025).capacity, 2048U);
  EXPECT_EQ(pool.take(5000).capacity, 8192U);
}

TEST(WireBufferPool, gives_a_returned_buffer_again_empty) {
  WireBufferPool pool;
  WireBuffer buffer = pool.take(3000);
  const char* const memory = buffer.memory.get();
  buffer.used = 17;
  pool.give_back(std::move(buffer));
  EXPECT_EQ(pool.kept_bytes(), 4096U);
  EXPECT_NE(pool.take(100).memory.get(), memory);
  const WireBuffer again = pool.take(2049);
  EXPECT_EQ(again.memory.get(), memory);
  EXPECT_EQ(again.used, 0U);
  EXPECT_EQ(pool.kept_bytes(), 0U);
}

TEST(WireBufferPool, extends_without_moving_what_was_written) {
  WireBufferPool pool;
  WireParts parts;
  EXPECT_TRUE(parts.empty());
  pool.extend(parts, 1);
  EXPECT_FALSE(parts.empty());
  const char* const first = parts.open.memory.get();
  std::memcpy(parts.open.end(), "content", 7);
  parts.open.used = 7;
  EXPECT_EQ(parts.open.room(), 1017U);
  pool.extend(parts, 1018);
  ASSERT_EQ(parts.full.size(), 1U);
  EXPECT_EQ(parts.full[0].memory.get(), first);
  EXPECT_EQ(std::string(parts.full[0].memory.get(), parts.full[0].used), "content");
  EXPECT_EQ(parts.open.used, 0U);
}

TEST(WireBufferPool, parts_grow_fourfold_up_to_a_limit_and_to_what_is_asked) {
  WireBufferPool pool;
  WireParts parts;
  std::vector<std::size_t> capacities;
  for (int i = 0; i < 7; ++i) {
    pool.extend(parts, 1);
    capacities.push_back(parts.open.capacity);
  }
  EXPECT_EQ(capacities,
            (std::vector<std::size_t>{1024, 4096, 16'384, 65'536, 262'144, 262'144, 262'144}));
  pool.extend(parts, 1'000'000);
  EXPECT_EQ(parts.open.capacity, 1'048'576U);
  pool.extend(parts, 1);
  EXPECT_EQ(parts.open.capacity, 262'144U);
}

TEST(WireBufferPool, takes_back_all_parts) {
  WireBufferPool pool;
  WireParts parts;
  for (int i = 0; i < 3; ++i)
    pool.extend(parts, 1);
  parts.bytes = 10;
  pool.give_back(parts);
  EXPECT_TRUE(parts.empty());
  EXPECT_TRUE(parts.full.empty());
  EXPECT_EQ(parts.bytes, 0U);
  EXPECT_EQ(pool.kept_bytes(), 1024U + 4096U + 16'384U);
}

TEST(WireBufferPool, frees_the_largest_first) {
  WireBufferPool pool;
  for (const std::size_t bytes : {1024U, 4096U, 65'536U, 4096U}) {
    WireBuffer buffer = pool.take(bytes);
    WireBuffer other = pool.take(bytes);
    pool.give_back(std::move(buffer));
    if (bytes == 4096U) pool.give_back(std::move(other));
  }
  pool.trim(10'000);
  EXPECT_LE(pool.kept_bytes(), 10'000U);
  EXPECT_GE(pool.kept_bytes(), 5'000U);
  pool.trim(0);
  EXPECT_EQ(pool.kept_bytes(), 0U);
}

}  // namespace
}  // namespace tailrace::shippers
