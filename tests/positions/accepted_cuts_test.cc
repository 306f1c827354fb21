// Positions wait for their cut and all before it.
#include "positions/accepted_cuts.h"

#include <cstdint>

#include <gtest/gtest.h>

#include "tests/positions/outbox_fixture.h"

namespace tailrace::positions::testing {
namespace {

TEST(AcceptedCuts, gives_the_last_position_per_source_of_cuts_that_are_done) {
  AcceptedCuts cuts;
  cuts.add(1, {point(1, 10), point(2, 20)});
  cuts.add(2, {point(1, 11)});
  cuts.add(3, {point(1, 12)});
  const auto done = cuts.take(3);
  ASSERT_EQ(done.size(), 2U);
  EXPECT_EQ(done[0].source, 1U);
  EXPECT_EQ(done[0].position, 11U);
  EXPECT_EQ(done[1].position, 20U);
  EXPECT_TRUE(cuts.take(3).empty());
  EXPECT_EQ(cuts.take(UINT64_MAX).at(0).position, 12U);
}

TEST(AcceptedCuts, shows_the_earliest_held_line_that_is_not_mere_context) {
  AcceptedCuts cuts;
  ResumePoint one = point(1, 900);
  one.held = {held(3, "context"), held(5, "held")};
  one.held[0].context = true;
  one.cursor = "c";
  one.finished = true;
  cuts.add(1, {one});
  const auto done = cuts.take(2);
  ASSERT_EQ(done.size(), 1U);
  EXPECT_EQ(done[0].position, 500U);
  EXPECT_EQ(done[0].job, "job");
  EXPECT_EQ(done[0].kind, SourceKind::kFile);
  EXPECT_EQ(done[0].path, "/var/log/1");
  EXPECT_EQ(done[0].cursor, "");  // A cursor is not for in between.
  EXPECT_TRUE(done[0].finished);
}

TEST(AcceptedCuts, tells_kafka_how_far_it_is_and_which_lines_are_held) {
  AcceptedCuts cuts;
  ResumePoint one = point(1, 500);
  one.kind = SourceKind::kKafka;
  one.held = {held(3, "context"), held(5, "held"), held(6, "held, too")};
  one.held[0].context = true;
  one.cursor_details = "d";
  cuts.add(1, {one});
  const auto done = cuts.take(2);
  ASSERT_EQ(done.size(), 1U);
  EXPECT_EQ(done[0].cursor_details, "d");
  EXPECT_EQ(done[0].held, (std::vector<SourcePosition>{500, 600}));
}

TEST(AcceptedCuts, shows_a_cursor_when_nothing_is_held) {
  AcceptedCuts cuts;
  ResumePoint one = point(1, 900);
  one.held = {held(3, "context")};
  one.held[0].context = true;
  one.cursor = "c";
  one.cursor_details = "d";
  cuts.add(1, {one});
  const auto done = cuts.take(2);
  ASSERT_EQ(done.size(), 1U);
  EXPECT_EQ(done[0].cursor, "c");
  EXPECT_EQ(done[0].cursor_details, "d");
}

TEST(AcceptedCuts, joins_waiting_cuts_to_the_later_one_when_there_are_many) {
  AcceptedCuts cuts;
  constexpr std::uint64_t kCuts = 10'000;
  for (std::uint64_t cut = 1; cut <= kCuts; ++cut) {
    cuts.add(cut, {point(1, cut), point(1000 + cut % 3, cut)});
  }
  std::uint64_t last = 0;
  std::uint64_t steps = 0;
  for (std::uint64_t undone = 1; undone <= kCuts + 1; ++undone) {
    for (const auto& position : cuts.take(undone)) {
      EXPECT_LT(position.position, undone);  // Never ahead.
      if (position.source != 1) continue;
      EXPECT_GT(position.position, last);  // Never back.
      last = position.position;
      ++steps;
    }
  }
  EXPECT_EQ(last, kCuts);
  EXPECT_GE(steps, 16U);
  EXPECT_LE(steps, AcceptedCuts::kGroupsMax);
}

TEST(AcceptedCuts, takes_several_additions_of_one_cut_together) {
  AcceptedCuts cuts;
  cuts.add(1, {});
  cuts.add(1, {point(1, 10)});
  cuts.add(1, {point(1, 11), point(2, 5)});
  EXPECT_TRUE(cuts.take(1).empty());
  EXPECT_EQ(cuts.take(2).size(), 2U);
}

}  // namespace
}  // namespace tailrace::positions::testing
