// The arena: views, reset, and what goes beyond its block.
#include "base/arena.h"

#include <cstring>
#include <string>

#include <gtest/gtest.h>

namespace tailrace {
namespace {

TEST(Arena, copies_live_side_by_side) {
  Arena arena(16);
  const std::string_view first = arena.copy("first");
  const std::string_view second = arena.copy("second");
  EXPECT_EQ(first, "first");
  EXPECT_EQ(second, "second");
  EXPECT_EQ(arena.overflow_bytes(), 0U);
}

TEST(Arena, a_copy_is_not_the_original) {
  Arena arena(16);
  std::string original = "abc";
  const std::string_view copy = arena.copy(original);
  original = "xyz";
  EXPECT_EQ(copy, "abc");
}

TEST(Arena, nothing_copied_takes_nothing) {
  Arena arena(1);
  EXPECT_EQ(arena.copy(""), "");
  EXPECT_EQ(arena.copy("a"), "a");
  EXPECT_EQ(arena.overflow_bytes(), 0U);
}

TEST(Arena, reset_gives_the_same_memory_again) {
  Arena arena(8);
  char* const before = arena.allocate(8);
  arena.reset();
  EXPECT_EQ(arena.allocate(8), before);
}

TEST(Arena, what_does_not_fit_comes_from_elsewhere_and_is_counted) {
  Arena arena(8);
  const std::string_view inside = arena.copy("12345678");
  const std::string_view outside = arena.copy("abc");
  const std::string_view more = arena.copy("de");
  EXPECT_EQ(inside, "12345678");
  EXPECT_EQ(outside, "abc");
  EXPECT_EQ(more, "de");
  EXPECT_EQ(arena.overflow_bytes(), 5U);
  arena.reset();
  EXPECT_EQ(arena.copy("12345678"), "12345678");
  EXPECT_EQ(arena.overflow_bytes(), 5U);
}

TEST(Arena, a_request_that_does_not_fit_leaves_the_rest_of_the_block_usable) {
  Arena arena(8);
  char* const begin = arena.allocate(4);
  std::memset(arena.allocate(100), 'x', 100);
  EXPECT_EQ(arena.allocate(4), begin + 4);
  EXPECT_EQ(arena.overflow_bytes(), 100U);
}

}  // namespace
}  // namespace tailrace
