// Buffers that are used again.
#include "shippers/wire_buffer_pool.h"

#include <cstring>
#include <string>
#include <utility>

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

TEST(WireBufferPool, keeps_the_content_when_a_buffer_grows) {
  WireBufferPool pool;
  WireBuffer buffer = pool.take(1);
  std::memcpy(buffer.end(), "content", 7);
  buffer.used = 7;
  EXPECT_EQ(buffer.room(), 1017U);
  pool.grow(buffer, 1018);
  EXPECT_EQ(buffer.capacity, 2048U);
  EXPECT_EQ(std::string(buffer.memory.get(), buffer.used), "content");
  EXPECT_EQ(pool.kept_bytes(), 1024U);  // The small one.
  pool.grow(buffer, 10'000);
  EXPECT_EQ(buffer.capacity, 16'384U);
  EXPECT_EQ(std::string(buffer.memory.get(), buffer.used), "content");
}

TEST(WireBufferPool, at_least_doubles) {
  WireBufferPool pool;
  WireBuffer buffer = pool.take(1024);
  pool.grow(buffer, 1);
  EXPECT_EQ(buffer.capacity, 2048U);
}

TEST(WireBufferPool, grows_from_nothing) {
  WireBufferPool pool;
  WireBuffer buffer;
  pool.grow(buffer, 10);
  EXPECT_EQ(buffer.capacity, 1024U);
  EXPECT_EQ(pool.kept_bytes(), 0U);
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
