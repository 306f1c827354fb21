// Dropping, setting aside, renaming clients, taking over another worker's outbox.
#include <cerrno>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "positions/checksum.h"
#include "positions/outbox_segment.h"
#include "positions/segment_reader.h"
#include "tests/positions/outbox_fixture.h"

namespace tailrace::positions::testing {
namespace {

using Names = std::vector<std::string>;

TEST_F(OutboxTest, drops_the_oldest_fragments_but_never_what_is_in_flight) {
  open();
  for (const char* name : {"a", "b", "c", "d"})
    cut_one(*outbox_, fragment(name, 2), 1);
  take("loki", 1);  // "a" is on its way.
  const auto dropped = outbox_->drop_oldest("loki", 200);
  ASSERT_EQ(dropped.size(), 1U);
  EXPECT_EQ(dropped[0].lane, 0U);
  EXPECT_EQ(dropped[0].entries, 4U);
  EXPECT_FALSE(dropped[0].accepted);
  EXPECT_EQ(dropped[0].reason, "outbox_full");
  restart();
  EXPECT_EQ(take("loki"), (Names{"a", "d"}));
  answer("loki", 4);
  restart();
  EXPECT_TRUE(outbox_->everything_done());
}

TEST_F(OutboxTest, drops_over_tenants_in_order_of_age) {
  open();
  cut_one(*outbox_, fragment("1", 1, "loki", "x"), 1);
  cut_one(*outbox_, fragment("2", 1, "loki", "y"), 1);
  cut_one(*outbox_, fragment("3", 1, "loki", "x"), 1);
  cut_one(*outbox_, fragment("other", 1, "other"), 1);
  EXPECT_EQ(outbox_->drop_oldest("loki", 1).size(), 1U);
  const auto request = outbox_->take_request(lane_of("loki", "x"), 10);
  ASSERT_TRUE(request);
  EXPECT_EQ(request->elements, std::vector<std::string_view>{"3"});
  EXPECT_EQ(outbox_->drop_oldest("loki", 100'000).size(), 1U);
  EXPECT_TRUE(outbox_->drop_oldest("loki", 100'000).empty());
  EXPECT_EQ(take("other"), Names{"other"});
}

TEST_F(OutboxTest, counts_only_unanswered_entries_as_dropped) {
  open();
  cut_one(*outbox_, fragment("a", 5), 1);
  take("loki");
  answer("loki", 2);
  outbox_->return_request(0);
  EXPECT_EQ(outbox_->drop_oldest("loki", 1).at(0).entries, 3U);
  EXPECT_EQ(outbox_->take_accepted().at(0).position, 1U);
}

TEST_F(OutboxTest, sets_a_client_aside_in_a_file_of_its_own) {
  open({.directory = kDirectory, .memory_bytes = 0});
  cut_one(*outbox_, fragment("a", 1, "gone"), 1);
  cut_one(*outbox_, fragment("b", 2, "gone", "tenant"), 2);
  cut_one(*outbox_, fragment("c", 1, "loki"), 3);
  ASSERT_TRUE(outbox_->take_request(lane_of("gone"), 1));
  ASSERT_TRUE(outbox_->set_client_aside("gone"));
  EXPECT_EQ(outbox_->clients(), Names{"loki"});
  const std::string path = std::string(kDirectory) + "/aside-" + hex16(hash64("gone")) + "-1.seg";
  auto file = files_.open(path, OpenMode::kRead);
  ASSERT_TRUE(file);
  SegmentReader reader(**file, (*file)->stat()->size);
  ASSERT_TRUE(reader.read_header());
  Record record;
  ASSERT_EQ(reader.next(record), SegmentReader::Step::kRecord);
  EXPECT_EQ(record.lanes.at(0).key, (LaneKey{"gone", ""}));
  ASSERT_EQ(reader.next(record), SegmentReader::Step::kRecord);
  EXPECT_EQ(record.lanes.at(0).key, (LaneKey{"gone", "tenant"}));
  EXPECT_EQ(record.fragments.at(0).entries, 2U);
  EXPECT_EQ(*read_exactly(**file, reader.offset() + record.fragments[0].offset + 1, 1), "b");
  EXPECT_EQ(reader.next(record), SegmentReader::Step::kEnd);
  restart();
  EXPECT_EQ(outbox_->clients(), Names{"loki"});
  EXPECT_EQ(outbox_->recovered().damaged_records, 0U);
  cut_one(*outbox_, fragment("d", 1, "gone"), 4);
  ASSERT_TRUE(outbox_->set_client_aside("gone"));
  EXPECT_TRUE(files_.content(path.substr(0, path.size() - 5) + "2.seg"));
  EXPECT_TRUE(outbox_->set_client_aside("gone"));  // Nothing is left: no third file.
  EXPECT_FALSE(files_.content(path.substr(0, path.size() - 5) + "3.seg"));
}

TEST_F(OutboxTest, keeps_a_client_that_cannot_be_set_aside) {
  open();
  cut_one(*outbox_, fragment("a", 1, "gone"), 1);
  files_.tear_next_write_after(10, ENOSPC);
  EXPECT_EQ(outbox_->set_client_aside("gone").error().code, ENOSPC);
  EXPECT_EQ(take("gone"), Names{"a"});
  EXPECT_EQ(files_.list(kDirectory)->size(), 2U);  // Lock and segment.
}

TEST_F(OutboxTest, sets_nothing_aside_in_memory) {
  open({});
  cut_one(*outbox_, fragment("a", 1, "gone"), 1);
  EXPECT_FALSE(outbox_->set_client_aside("gone"));
  EXPECT_EQ(outbox_->clients(), Names{"gone"});
}

TEST_F(OutboxTest, lets_a_client_take_over_anothers_fragments) {
  open({.directory = kDirectory, .memory_bytes = 0});
  cut_one(*outbox_, fragment("a", 3, "before", "t"), 1);
  cut_one(*outbox_, fragment("b", 1, "before", "t"), 2);
  ASSERT_TRUE(outbox_->take_request(0, 1));
  outbox_->record_outcome({.lane = 0, .entries = 2, .reason = ""});
  restart({.directory = kDirectory, .memory_bytes = 0});
  ASSERT_TRUE(outbox_->rename_client("before", "before"));
  ASSERT_TRUE(outbox_->rename_client("before", "after"));
  EXPECT_EQ(outbox_->clients(), Names{"after"});
  cut_one(*outbox_, fragment("c", 1, "after", "t"), 3);
  restart();
  EXPECT_EQ(outbox_->clients(), Names{"after"});
  const auto request = outbox_->take_request(lane_of("after", "t"), 100);
  ASSERT_TRUE(request);
  EXPECT_EQ(request->elements, (std::vector<std::string_view>{"a", "b", "c"}));
  EXPECT_EQ(request->skip_entries, 2U);
}

TEST_F(OutboxTest, ends_a_request_before_a_fragment_that_is_answered_in_part) {
  open();
  cut_one(*outbox_, fragment("b", 3, "before"), 1);
  cut_one(*outbox_, fragment("a", 1, "after"), 1);
  ASSERT_TRUE(outbox_->take_request(0, 10));
  outbox_->record_outcome({.lane = 0, .entries = 1, .reason = ""});
  ASSERT_TRUE(outbox_->rename_client("before", "after"));
  const auto first = outbox_->take_request(1, 100);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->elements, std::vector<std::string_view>{"a"});
  outbox_->record_outcome({.lane = 1, .entries = 1, .reason = ""});
  const auto second = outbox_->take_request(1, 100);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->skip_entries, 1U);
  EXPECT_EQ(second->entries, 2U);
}

// Two workers before, one now.
class AbsorbTest : public OutboxTest {
 protected:
  static constexpr const char* kOther = "/outbox/1";

  std::unique_ptr<Outbox> open_other() {
    auto opened = Outbox::open(files_, clock_, log_, {.directory = kOther, .memory_bytes = 0});
    EXPECT_TRUE(opened);
    return std::move(*opened);
  }
  void fill() {
    open();
    cut_one(*outbox_, fragment("ours"), 11);
    auto other = open_other();
    std::vector<Fragment> fragments;
    fragments.push_back(fragment("theirs 1", 2));
    fragments.push_back(fragment("theirs 2"));
    ResumePoint holding = point(2, 22);
    holding.held = {held(1, "text")};
    other->cut(std::move(fragments), {holding}, {}, 99);
    ASSERT_TRUE(other->take_request(0, 1));
    other->record_outcome({.lane = 0, .entries = 1, .reason = ""});
    files_.kill();
    open();
  }
};

TEST_F(AbsorbTest, moves_fragments_and_resume_points_and_empties_the_other_directory) {
  fill();
  auto other = open_other();
  files_.append(std::string(kOther) + "/aside-00-1.seg", "aside");
  files_.append(std::string(kDirectory) + "/aside-00-1.seg", "there already");
  ASSERT_TRUE(outbox_->absorb(*other));
  EXPECT_TRUE(other->everything_done());
  other.reset();
  EXPECT_TRUE(files_.remove(std::string(kOther) + "/lock"));
  EXPECT_TRUE(files_.remove_directory(kOther));  // Nothing else is in it.
  EXPECT_EQ(files_.content(std::string(kDirectory) + "/aside-00-2.seg"), "aside");
  EXPECT_EQ(outbox_->recovered().resume_points.size(), 2U);
  EXPECT_EQ(outbox_->recovered().last_time_ns, 99);
  cut_one(*outbox_, fragment("new"), 12);
  files_.crash();  // Absorbing was durable.
  open();
  EXPECT_EQ(outbox_->find(2)->position, 22U);
  EXPECT_EQ(outbox_->find(2)->held.at(0).text, "text");
  EXPECT_EQ(take("loki"), Names{"ours"});
  answer("loki", 1);
  const auto request = outbox_->take_request(0, 100);
  ASSERT_TRUE(request);
  EXPECT_EQ(request->skip_entries, 1U);
  EXPECT_EQ(request->elements.front(), "theirs 1");
  EXPECT_TRUE(outbox_->take_accepted().empty());
}

TEST_F(AbsorbTest, accepts_what_it_took_over_when_that_is_answered) {
  fill();
  auto other = open_other();
  ASSERT_TRUE(outbox_->absorb(*other));
  take("loki");
  answer("loki", 1);
  EXPECT_EQ(outbox_->take_accepted().size(), 1U);
  take("loki");
  answer("loki", 2);
  EXPECT_EQ(outbox_->take_accepted().at(0).source, 2U);
}

TEST_F(AbsorbTest, moves_nothing_twice_when_it_was_interrupted) {
  fill();
  auto other = open_other();
  files_.fail_on(Operation::kRemove, "", EIO);
  EXPECT_FALSE(outbox_->absorb(*other));
  files_.clear_failures();
  cut_one(*outbox_, fragment("new"), 12);
  other.reset();
  restart();
  other = open_other();
  EXPECT_FALSE(other->everything_done());
  ASSERT_TRUE(outbox_->absorb(*other));
  EXPECT_EQ(take("loki"), Names{"ours"});
  answer("loki", 1);
  EXPECT_EQ(take("loki"), (Names{"theirs 1", "theirs 2", "new"}));
  answer("loki", 3);
  EXPECT_TRUE(outbox_->everything_done());
}

TEST_F(AbsorbTest, remembers_over_new_segments_what_it_took_over) {
  fill();
  auto other = open_other();
  cut_one(*outbox_, fragment("before"), 12);  // So that the move is not in a first record.
  files_.fail_on(Operation::kRemove, "", EIO);
  EXPECT_FALSE(outbox_->absorb(*other));
  files_.clear_failures();
  other.reset();
  for (int i = 0; i < 3; ++i) {
    restart();
    cut_one(*outbox_, fragment("new"), 13);
  }
  other = open_other();
  ASSERT_TRUE(outbox_->absorb(*other));
  std::uint32_t entries = 0;
  while (!outbox_->everything_done()) {
    const auto request = outbox_->take_request(0, 1000);
    ASSERT_TRUE(request);
    entries += request->entries;
    answer("loki", request->entries);
  }
  EXPECT_EQ(entries, 7U);  // ours, before, one and one of theirs, three new ones.
}

TEST_F(AbsorbTest, keeps_the_newer_of_two_resume_points) {
  open();
  auto other = open_other();
  other->cut({}, {point(1, 5), point(2, 5)}, {}, 0);
  clock_.advance(std::chrono::seconds(10));
  restart();  // A later run.
  outbox_->cut({}, {point(1, 9)}, {}, 0);
  other.reset();
  other = open_other();
  ASSERT_TRUE(outbox_->absorb(*other));
  EXPECT_EQ(outbox_->find(1)->position, 9U);
  EXPECT_EQ(outbox_->find(2)->position, 5U);
}

TEST_F(AbsorbTest, leaves_the_rest_where_it_is_when_the_disk_refuses) {
  fill();
  auto other = open_other();
  files_.fail_on(Operation::kWrite, "", EIO);
  EXPECT_FALSE(outbox_->absorb(*other));
  files_.clear_failures();
  EXPECT_TRUE(files_.content(std::string(kOther) + "/0000000000000001.seg"));
  // Again, now that the disk works.
  ASSERT_TRUE(outbox_->absorb(*other));
  EXPECT_TRUE(other->everything_done());
  restart();
  EXPECT_EQ(outbox_->find(2)->position, 22U);
  EXPECT_EQ(take("loki"), Names{"ours"});
  answer("loki", 1);
  EXPECT_EQ(take("loki"), (Names{"theirs 1", "theirs 2"}));
}

TEST_F(AbsorbTest, takes_over_in_memory_without_touching_the_disk) {
  fill();
  open({});
  auto other = open_other();
  ASSERT_TRUE(outbox_->absorb(*other));
  EXPECT_EQ(take("loki"), (Names{"theirs 1", "theirs 2"}));
  EXPECT_TRUE(files_.content(std::string(kOther) + "/0000000000000001.seg"));
}

TEST_F(AbsorbTest, counts_fragments_that_are_damaged_meanwhile) {
  fill();
  auto other = open_other();
  const std::string path = std::string(kOther) + "/0000000000000001.seg";
  std::string content = *files_.content(path);
  content[content.find("theirs 2")] = '#';
  files_.overwrite(path, content);
  ASSERT_TRUE(outbox_->absorb(*other));
  EXPECT_EQ(outbox_->lost_entries(), 1U);
}

}  // namespace
}  // namespace tailrace::positions::testing
