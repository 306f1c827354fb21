// What a start makes of segments that are torn, damaged or missing.
#include "positions/outbox_recovery.h"

#include <cerrno>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"
#include "tests/positions/outbox_fixture.h"

namespace tailrace::positions::testing {
namespace {

using Names = std::vector<std::string>;

TEST_F(OutboxTest, cuts_a_torn_end_off_without_counting_it) {
  open();
  cut_one(*outbox_, fragment("a"), 1);
  const std::string whole = *files_.content(kFirstSegment);
  cut_one(*outbox_, fragment("b"), 2);
  const std::string both = *files_.content(kFirstSegment);
  for (std::size_t size = whole.size(); size < both.size(); ++size) {
    files_.kill();
    files_.overwrite(kFirstSegment, both.substr(0, size));
    open();
    EXPECT_EQ(outbox_->recovered().damaged_records, 0U);
    EXPECT_EQ(outbox_->find(1)->position, 1U);
    EXPECT_EQ(take("loki"), Names{"a"});
    EXPECT_EQ(files_.content(kFirstSegment), whole);
  }
}

TEST_F(OutboxTest, goes_on_behind_a_segment_without_a_whole_header) {
  open();
  cut_one(*outbox_, fragment("a"), 1);
  for (const std::string& torn : {std::string(), std::string("tailr"), std::string(100, '\0')}) {
    files_.kill();
    files_.overwrite("/outbox/0/0000000000000002.seg", torn);
    open();
    EXPECT_EQ(outbox_->recovered().damaged_records, 0U);
    EXPECT_EQ(outbox_->find(1)->position, 1U);
  }
  cut_one(*outbox_, fragment("b"), 2);
  EXPECT_EQ(segment_names().back(), "0000000000000003.seg");
  restart();
  EXPECT_EQ(take("loki"), (Names{"a", "b"}));
}

TEST_F(OutboxTest, counts_damage_and_ends_the_segment_there) {
  open();
  for (const char* name : {"first", "second", "third"})
    cut_one(*outbox_, fragment(name), 1);
  restart();
  cut_one(*outbox_, fragment("fourth"), 4);  // A segment of its own, with all resume points.
  files_.kill();
  std::string content = *files_.content(kFirstSegment);
  content[content.find("second")] = '#';
  files_.overwrite(kFirstSegment, content);
  open();
  EXPECT_EQ(outbox_->recovered().damaged_records, 1U);
  EXPECT_EQ(outbox_->find(1)->position, 4U);
  EXPECT_EQ(take("loki"), (Names{"first", "fourth"}));
  EXPECT_EQ(files_.content(kFirstSegment), content);  // Left as it is.
}

TEST_F(OutboxTest, counts_a_file_of_something_else_as_damage) {
  files_.append(kFirstSegment, std::string(100, 'x'));
  open();
  EXPECT_EQ(outbox_->recovered().damaged_records, 1U);
  cut_one(*outbox_, fragment("a"), 1);
  ASSERT_TRUE(outbox_->sync());
  EXPECT_FALSE(files_.content(kFirstSegment));
}

TEST_F(OutboxTest, does_not_believe_a_segment_that_does_not_begin_with_everything) {
  RecordEncoder encoder(RecordType::kCut, 1, 1);
  encoder.add_point(point(1, 5), 1, 1, nullptr);
  std::string bytes = encode_segment_header({.number = 1, .run = 1, .origin = 1});
  for (const std::string_view part : encoder.finish())
    bytes += part;
  files_.append(kFirstSegment, bytes);
  open();
  EXPECT_EQ(outbox_->recovered().damaged_records, 1U);
  EXPECT_EQ(outbox_->find(1), nullptr);
}

TEST_F(OutboxTest, takes_a_reference_to_an_unknown_text_for_damage) {
  ResumePoint known = point(1, 4);
  known.held = {held(7, "text")};
  RecordEncoder snapshot(RecordType::kSnapshot, 1, 1);
  snapshot.add_point(point(1, 3), 1, 1, nullptr);
  RecordEncoder cut(RecordType::kCut, 1, 2);
  cut.add_point(known, 1, 2, &known);
  std::string bytes = encode_segment_header({.number = 1, .run = 1, .origin = 1});
  for (const std::string_view part : snapshot.finish())
    bytes += part;
  for (const std::string_view part : cut.finish())
    bytes += part;
  files_.append(kFirstSegment, bytes);
  open();
  EXPECT_EQ(outbox_->recovered().damaged_records, 1U);
  EXPECT_EQ(outbox_->find(1)->position, 3U);
}

TEST_F(OutboxTest, fails_to_open_what_it_cannot_read) {
  open();
  cut_one(*outbox_, fragment("a"), 1);
  outbox_.reset();
  files_.fail_on(Operation::kOpen, kFirstSegment, EACCES, 1);
  EXPECT_EQ(Outbox::open(files_, clock_, log_, {.directory = kDirectory}).error().code, EACCES);
  files_.fail_on(Operation::kStat, kFirstSegment, EIO, 1);
  EXPECT_EQ(Outbox::open(files_, clock_, log_, {.directory = kDirectory}).error().code, EIO);
  files_.fail_on(Operation::kList, kDirectory, EIO);
  EXPECT_EQ(Outbox::open(files_, clock_, log_, {.directory = kDirectory}).error().code, EIO);
}

TEST_F(OutboxTest, works_in_memory_below_something_that_is_no_directory) {
  files_.append("/dev/null", "");
  open({.directory = "/dev/null/0"});
  EXPECT_EQ(outbox_->disk_error()->code, ENOTDIR);
  cut_one(*outbox_, fragment("a"), 1);
  EXPECT_EQ(take("loki"), Names{"a"});
}

// Whatever is in the segments: the outbox opens, keeps each lane's order, invents nothing, and
// works on.
TEST_F(OutboxTest, survives_random_damage) {
  Random random(7);
  for (int round = 0; round < 150; ++round) {
    restart({.directory = kDirectory, .segment_bytes = 600});
    int last = -1;
    for (const Outbox::LaneState& lane : std::vector(outbox_->lanes())) {
      auto request = outbox_->take_request(lane.lane, UINT64_MAX);
      ASSERT_TRUE(request);
      for (const std::string_view name : request->elements) {
        const int number = std::stoi(std::string(name));
        EXPECT_GT(number, last);
        last = number;
      }
      outbox_->record_outcome({.lane = lane.lane, .entries = request->entries, .reason = ""});
    }
    EXPECT_LT(last, round * 10);
    for (int i = 0; i < 10; ++i) {
      const int number = round * 10 + i;
      cut_one(*outbox_, fragment(std::to_string(number)), static_cast<SourcePosition>(number));
    }
    ASSERT_TRUE(outbox_->sync());
    for (const std::string& name : segment_names()) {
      const std::string path = std::string(kDirectory) + "/" + name;
      std::string content = *files_.content(path);
      if (content.empty()) continue;
      if (random.below(3) == 0) content.resize(random.below(content.size()));
      for (std::uint64_t i = random.below(4); i > 0 && !content.empty(); --i) {
        content[random.below(content.size())] = static_cast<char>(random.below(256));
      }
      files_.overwrite(path, content);
    }
  }
}

}  // namespace
}  // namespace tailrace::positions::testing
