// Requests that are recognised, and those that are not.
#include "receivers/recent_bodies.h"

#include <gtest/gtest.h>

namespace tailrace::receivers {
namespace {

constexpr std::int64_t kNow = 1'700'000'000'000'000'000;

RecentBodies::Record record(std::uint64_t hash, std::uint64_t request) {
  return {.hash = {hash, hash + 1}, .lines = 5, .whole = true, .time_ns = kNow, .request = request};
}

TEST(RecentBodies, recognises_orphans_alone) {
  RecentBodies bodies;
  bodies.note(record(1, 10));
  EXPECT_FALSE(bodies.adopt({1, 2}, 11));
  EXPECT_EQ(bodies.owner({1, 2}), 10U);
  bodies.orphan(10);
  EXPECT_EQ(bodies.owner({1, 2}), 0U);
  EXPECT_FALSE(bodies.adopt({1, 3}, 11));
  const auto found = bodies.adopt({1, 2}, 11);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->lines, 5U);
  EXPECT_EQ(found->request, 11U);
  EXPECT_FALSE(bodies.adopt({1, 2}, 12));  // It has its sender now.
  bodies.forget(11);
  EXPECT_TRUE(bodies.empty());
}

TEST(RecentBodies, one_request_has_one_record) {
  RecentBodies bodies;
  RecentBodies::Record one = record(1, 10);
  one.whole = false;
  bodies.note(one);
  bodies.orphan(10);  // Its sender was told no in the middle of it.
  one.whole = true;
  one.lines = 9;
  bodies.note(one);
  bodies.orphan(10);
  const auto found = bodies.adopt({1, 2}, 11);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->lines, 9U);
  bodies.forget(11);
  EXPECT_TRUE(bodies.empty());
}

TEST(RecentBodies, all_are_orphans_after_a_restart) {
  RecentBodies before;
  before.note(record(1, 10));
  RecentBodies::Record part = record(0xffff'ffff'ffff'fffe, 11);
  part.whole = false;
  before.note(part);
  RecentBodies after;
  after.restore(before.text());
  EXPECT_EQ(after.text(), before.text());
  const auto whole = after.adopt({1, 2}, 1);
  ASSERT_TRUE(whole);
  EXPECT_TRUE(whole->whole);
  EXPECT_EQ(whole->time_ns, kNow);
  const auto half = after.adopt(part.hash, 2);
  ASSERT_TRUE(half);
  EXPECT_FALSE(half->whole);
}

TEST(RecentBodies, nonsense_is_nothing) {
  for (const char* text : {"", "x", "1 2 3", "1 2 3 1 5", ";", "1 2 -3 1 5;", "1 2 3 1 5 6;"}) {
    RecentBodies bodies;
    bodies.restore(text);
    EXPECT_TRUE(bodies.empty()) << text;
  }
  RecentBodies bodies;
  bodies.restore("1 2 3 1 5;garbage");
  EXPECT_FALSE(bodies.empty());
}

TEST(RecentBodies, orphans_grow_old_and_few) {
  RecentBodies bodies;
  bodies.note(record(1, 10));
  bodies.note(record(2, 11));
  bodies.orphan(10);
  bodies.forget_old(kNow + RecentBodies::kAgeNs);
  EXPECT_TRUE(RecentBodies(bodies).adopt({1, 2}, 1));
  bodies.forget_old(kNow + RecentBodies::kAgeNs + 1);
  EXPECT_FALSE(bodies.adopt({1, 2}, 1));
  EXPECT_EQ(bodies.owner({2, 3}), 11U);  // Somebody waits.

  for (std::uint64_t i = 0; i < RecentBodies::kOrphansMax + 3; ++i) {
    bodies.note(record(100 + i, 1000 + i));
    bodies.orphan(1000 + i);
  }
  bodies.forget_old(kNow);
  EXPECT_FALSE(bodies.adopt({102, 103}, 1));
  EXPECT_TRUE(bodies.adopt({103, 104}, 1));
}

}  // namespace
}  // namespace tailrace::receivers
