// Where a member of a group stands, over restarts, redeliveries and resets.
#include "tailer/kafka_offsets.h"

#include <string>

#include <gtest/gtest.h>

namespace tailrace::tailer {
namespace {

using Verdict = KafkaOffsets::Verdict;

const TopicPartition kAt{"logs", 3};

KafkaPartition& assigned(KafkaOffsets& offsets, const TopicPartition& at = kAt) {
  offsets.assign({at});
  return *offsets.find(at);
}

// Takes and runs messages [begin, end).
void run(KafkaOffsets& offsets, KafkaPartition& partition, std::int64_t begin, std::int64_t end) {
  for (std::int64_t offset = begin; offset < end; ++offset) {
    ASSERT_EQ(offsets.judge(partition, offset), Verdict::kRun) << offset;
    KafkaOffsets::advance(partition, {offset + 1, 0});
  }
}

ResumePoint point_of(const KafkaOffsets& offsets) {
  ResumePoint point;
  point.cursor_details = offsets.details();
  return point;
}

std::int64_t acceptable(const KafkaOffsets& offsets) {
  const auto list = offsets.acceptable();
  return list.size() == 1 ? list[0].offset : -1;
}

TEST(KafkaOffsets, are_written_and_read_back) {
  KafkaOffsets offsets("a group");
  run(offsets, assigned(offsets), 100, 200);
  offsets.committed({kAt, 150});
  EXPECT_EQ(offsets.details(), "a%20group logs/3=0,200,0,150");
  KafkaOffsets again("a group");
  again.restore(offsets.details());
  EXPECT_EQ(again.details(), offsets.details());
  KafkaOffsets other("another group");
  other.restore(offsets.details());
  EXPECT_EQ(other.details(), "another%20group");
}

TEST(KafkaOffsets, unreadable_words_are_left_out) {
  for (const char* const word : {"", "logs", "logs/", "logs/3", "logs/3=", "logs/3=0,1,0",
                                 "logs/3=0,1,0,x", "logs/x=0,1,0,1", "logs/3=0,1,0,1,"}) {
    KafkaOffsets offsets("g");
    offsets.restore(std::string("g ") + word + " t/1=4,5,0,5");
    EXPECT_EQ(offsets.details(), "g t/1=4,5,0,5") << word;
  }
}

TEST(KafkaOffsets, a_redelivery_is_skipped_up_to_what_is_stored) {
  KafkaOffsets offsets("g");
  offsets.restore("g logs/3=0,200,0,150");
  KafkaPartition& partition = assigned(offsets);
  for (std::int64_t offset = 150; offset < 200; ++offset)
    EXPECT_EQ(offsets.judge(partition, offset), Verdict::kRepeated);
  EXPECT_EQ(offsets.judge(partition, 200), Verdict::kRun);
  EXPECT_EQ(offsets.judge(partition, 200), Verdict::kRepeated);
}

TEST(KafkaOffsets, the_group_is_right_when_it_was_set_back_or_went_on) {
  for (const std::int64_t first : {0, 149, 201, 1000}) {
    KafkaOffsets offsets("g");
    offsets.restore("g logs/3=0,200,0,150");
    KafkaPartition& partition = assigned(offsets);
    EXPECT_EQ(offsets.judge(partition, first), Verdict::kRun) << first;
  }
}

TEST(KafkaOffsets, a_log_that_begins_anew_is_followed) {
  KafkaOffsets offsets("g");
  KafkaPartition& partition = assigned(offsets);
  run(offsets, partition, 100, 200);
  offsets.store();
  offsets.committed({kAt, 200});
  run(offsets, partition, 0, 10);
  EXPECT_EQ(offsets.details(), "g logs/3=0,10,0,-1");
}

TEST(KafkaOffsets, a_message_that_had_run_in_part_goes_on_behind_that_part) {
  KafkaOffsets offsets("g");
  offsets.restore("g logs/3=0,200,4,150");
  KafkaPartition& partition = assigned(offsets);
  EXPECT_EQ(offsets.judge(partition, 200), Verdict::kRun);
  EXPECT_EQ(partition.next, (KafkaPlace{200, 4}));
}

TEST(KafkaOffsets, what_is_accepted_is_committed_but_for_held_lines) {
  KafkaOffsets offsets("g");
  KafkaPartition& partition = assigned(offsets);
  run(offsets, partition, 100, 110);
  ResumePoint point = point_of(offsets);
  offsets.store();
  EXPECT_EQ(acceptable(offsets), -1);
  point.held.emplace_back().begin = KafkaOffsets::position(partition, 104);
  point.held.emplace_back().begin = KafkaOffsets::position(partition, 102);
  point.held.back().context = true;
  offsets.accept(point);
  EXPECT_EQ(acceptable(offsets), 104);
  offsets.committed({kAt, 104});
  EXPECT_EQ(acceptable(offsets), -1);
  point.held.clear();
  offsets.accept(point);
  EXPECT_EQ(acceptable(offsets), 110);
}

TEST(KafkaOffsets, never_goes_back_behind_another_member) {
  KafkaOffsets offsets("g");
  KafkaPartition* partition = &assigned(offsets);
  run(offsets, *partition, 100, 110);
  const ResumePoint point = point_of(offsets);
  offsets.store();
  offsets.revoke({kAt});
  EXPECT_EQ(acceptable(offsets), -1);
  partition = &assigned(offsets);
  offsets.accept(point);
  EXPECT_EQ(acceptable(offsets), -1);  // Before the first message nobody knows.
  run(offsets, *partition, 500, 501);
  EXPECT_EQ(acceptable(offsets), -1);
  offsets.store();
  EXPECT_EQ(offsets.stored_of({kAt}).at(0).offset, 501);
}

TEST(KafkaOffsets, leaving_takes_along_what_is_stored) {
  KafkaOffsets offsets("g");
  KafkaPartition& partition = assigned(offsets);
  run(offsets, partition, 100, 110);
  EXPECT_TRUE(offsets.has_unstored());
  EXPECT_TRUE(offsets.stored_of({kAt}).empty());
  offsets.store();
  EXPECT_FALSE(offsets.has_unstored());
  EXPECT_EQ(offsets.stored_of({kAt}).at(0).offset, 110);
  offsets.revoke({kAt});
  offsets.forget_finished();
  EXPECT_NE(offsets.find(kAt), nullptr);
  offsets.committed({kAt, 110});
  offsets.forget_finished();
  EXPECT_EQ(offsets.find(kAt), nullptr);
}

TEST(KafkaOffsets, messages_without_a_line_count_as_what_is_before_them) {
  KafkaOffsets offsets("g");
  KafkaPartition& partition = assigned(offsets);
  ASSERT_EQ(offsets.judge(partition, 100), Verdict::kRun);
  KafkaOffsets::pass(partition, 100);
  EXPECT_EQ(acceptable(offsets), 101);  // Nothing was open.
  run(offsets, partition, 101, 102);
  const ResumePoint point = point_of(offsets);
  offsets.store();
  KafkaOffsets::pass(partition, 102);
  EXPECT_FALSE(offsets.has_unstored());
  EXPECT_EQ(acceptable(offsets), 101);
  offsets.accept(point);
  EXPECT_EQ(acceptable(offsets), 103);
}

}  // namespace
}  // namespace tailrace::tailer
