// The outbox as its users see it: cuts, requests, outcomes, restarts.
#include "positions/outbox.h"

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

TEST_F(OutboxTest, starts_empty) {
  open();
  EXPECT_TRUE(outbox_->recovered().resume_points.empty());
  EXPECT_EQ(outbox_->recovered().run, 0U);
  EXPECT_TRUE(outbox_->lanes().empty());
  EXPECT_TRUE(outbox_->everything_done());
  EXPECT_TRUE(outbox_->take_accepted().empty());
  EXPECT_FALSE(outbox_->disk_error());
  EXPECT_TRUE(segment_names().empty());
}

TEST_F(OutboxTest, gives_a_cut_as_one_request_with_joined_elements) {
  open();
  std::vector<Fragment> fragments;
  fragments.push_back(fragment("aaa", 2, "loki", "t", 100));
  fragments.push_back(fragment("bb", 3, "loki", "t", 50));
  outbox_->cut(std::move(fragments), {point(1, 5)}, {}, 9);
  ASSERT_EQ(outbox_->lanes().size(), 1U);
  const Outbox::LaneState lane = outbox_->lanes().front();
  EXPECT_EQ(*lane.key, (LaneKey{"loki", "t"}));
  EXPECT_EQ(lane.pending_line_bytes, 5U);
  EXPECT_EQ(lane.oldest_time_ns, 1000);
  EXPECT_FALSE(lane.recovered);
  EXPECT_FALSE(lane.in_flight);
  const auto request = outbox_->take_request(lane.lane, 1000);
  ASSERT_TRUE(request);
  EXPECT_EQ(request->header, "\x96\x01");  // 150.
  EXPECT_EQ(request->elements, (std::vector<std::string_view>{"aaa", "bb"}));
  EXPECT_EQ(request->entries, 5U);
  EXPECT_EQ(request->skip_entries, 0U);
  EXPECT_EQ(request->fragments, 2U);
  EXPECT_EQ(request->line_bytes, 5U);
  EXPECT_TRUE(outbox_->lanes().empty());
}

TEST_F(OutboxTest, ignores_fragments_without_entries) {
  open();
  cut_one(*outbox_, fragment("x", 0), 5);
  EXPECT_TRUE(outbox_->everything_done());
}

TEST_F(OutboxTest, fills_a_request_up_to_the_limit_but_takes_one_at_least) {
  open();
  for (const char* name : {"1111", "2222", "3333"})
    cut_one(*outbox_, fragment(name), 1);
  EXPECT_EQ(take("loki", 8), (Names{"1111", "2222"}));
  ASSERT_EQ(outbox_->lanes().size(), 1U);
  EXPECT_TRUE(outbox_->lanes().front().in_flight);
  EXPECT_EQ(outbox_->lanes().front().pending_line_bytes, 4U);
  answer("loki", 2);
  EXPECT_EQ(take("loki", 0), Names{"3333"});
}

TEST_F(OutboxTest, keeps_lanes_apart) {
  open();
  std::vector<Fragment> fragments;
  fragments.push_back(fragment("a", 1, "loki"));
  fragments.push_back(fragment("b", 1, "other"));
  outbox_->cut(std::move(fragments), {}, {}, 0);
  EXPECT_EQ(take("loki"), Names{"a"});
  EXPECT_EQ(take("other"), Names{"b"});
  answer("other", 1);
  EXPECT_FALSE(outbox_->everything_done());
  answer("loki", 1);
  EXPECT_TRUE(outbox_->everything_done());
}

TEST_F(OutboxTest, says_no_when_a_lane_has_nothing) {
  open();
  cut_one(*outbox_, fragment("a"), 1);
  take("loki");
  answer("loki", 1);
  EXPECT_FALSE(outbox_->take_request(0, 100));
}

TEST_F(OutboxTest, gives_positions_when_their_cut_and_all_before_are_done) {
  open();
  cut_one(*outbox_, fragment("a", 2), 10);
  outbox_->cut({}, {point(2, 7)}, {}, 0);  // Nothing to deliver, but not the first.
  cut_one(*outbox_, fragment("b"), 20);
  EXPECT_TRUE(outbox_->take_accepted().empty());
  take("loki", 1);
  answer("loki", 1);
  EXPECT_TRUE(outbox_->take_accepted().empty());
  answer("loki", 1);
  const auto accepted = outbox_->take_accepted();
  ASSERT_EQ(accepted.size(), 2U);
  EXPECT_EQ(accepted[0].position, 10U);
  EXPECT_EQ(accepted[1].position, 7U);
  take("loki");
  EXPECT_TRUE(outbox_->take_accepted().empty());
  answer("loki", 1);
  EXPECT_EQ(outbox_->take_accepted().at(0).position, 20U);
}

TEST_F(OutboxTest, counts_fragments_answered_within_an_open_request_as_done) {
  open();
  cut_one(*outbox_, fragment("a"), 10);
  cut_one(*outbox_, fragment("b"), 20);
  take("loki");
  answer("loki", 1);
  EXPECT_EQ(outbox_->take_accepted().at(0).position, 10U);
}

TEST_F(OutboxTest, accepts_a_cut_without_fragments_at_once) {
  open();
  outbox_->cut({}, {point(2, 7)}, {}, 0);
  EXPECT_EQ(outbox_->take_accepted().at(0).position, 7U);
}

TEST_F(OutboxTest, remembers_resume_points_over_a_restart) {
  open();
  ResumePoint with_lines = point(3, 30);
  with_lines.held = {held(1, "one"), held(2, "two")};
  outbox_->cut({}, {point(1, 10), point(2, 20), with_lines}, {}, 77);
  with_lines.position = 31;
  with_lines.held = {held(2, "two"), held(3, "three")};
  const std::vector<SourceId> forgotten{2};
  outbox_->cut({}, {with_lines}, forgotten, 78);
  outbox_->cut({}, {with_lines}, {}, 70);
  restart();
  const Outbox::Recovered& recovered = outbox_->recovered();
  ASSERT_EQ(recovered.resume_points.size(), 2U);
  EXPECT_EQ(recovered.resume_points[0].position, 10U);
  EXPECT_EQ(recovered.resume_points[1].position, 31U);
  ASSERT_EQ(recovered.resume_points[1].held.size(), 2U);
  EXPECT_EQ(recovered.resume_points[1].held[0].text, "two");
  EXPECT_EQ(recovered.resume_points[1].held[1].text, "three");
  EXPECT_EQ(recovered.last_time_ns, 78);
  EXPECT_GT(recovered.run, 0U);
  EXPECT_EQ(outbox_->find(1)->position, 10U);
  EXPECT_EQ(outbox_->find(2), nullptr);
  // Nothing is left to answer: all of them are accepted.
  EXPECT_EQ(outbox_->take_accepted().size(), 2U);
}

TEST_F(OutboxTest, writes_the_text_of_a_held_line_once_per_segment) {
  open({.directory = kDirectory, .segment_bytes = 1000});
  const std::string text(500, 't');
  ResumePoint one = point(1, 10);
  one.held = {held(1, text)};
  outbox_->cut({}, {one}, {}, 0);
  one.position = 11;
  outbox_->cut({}, {one}, {}, 0);
  const auto times = [&] {
    std::size_t found = 0;
    for (const std::string& name : segment_names()) {
      const std::string content = *files_.content(std::string(kDirectory) + "/" + name);
      for (std::size_t at = content.find(text); at != std::string::npos;
           at = content.find(text, at + 1)) {
        ++found;
      }
    }
    return found;
  };
  EXPECT_EQ(times(), 1U);
  for (int i = 0; i < 20; ++i)
    outbox_->cut({}, {one}, {}, 0);
  EXPECT_EQ(times(), segment_names().size());
  EXPECT_EQ(segment_names().size(), 2U);
  restart();
  EXPECT_EQ(outbox_->recovered().resume_points.at(0).held.at(0).text, text);
}

TEST_F(OutboxTest, sends_again_after_a_crash_what_has_no_answer_and_nothing_else) {
  open();
  for (const char* name : {"a", "b", "c"})
    cut_one(*outbox_, fragment(name, 2), 1);
  take("loki", 2);
  answer("loki", 3);
  restart();
  ASSERT_EQ(outbox_->lanes().size(), 1U);
  EXPECT_TRUE(outbox_->lanes().front().recovered);
  EXPECT_EQ(outbox_->lanes().front().oldest_time_ns, 1000);
  EXPECT_EQ(outbox_->lanes().front().pending_line_bytes, 2U);
  EXPECT_TRUE(outbox_->take_accepted().empty());
  const auto request = outbox_->take_request(0, 1000);
  ASSERT_TRUE(request);
  EXPECT_EQ(request->elements, (std::vector<std::string_view>{"b", "c"}));
  EXPECT_EQ(request->skip_entries, 1U);
  EXPECT_EQ(request->entries, 3U);
  answer("loki", 3);
  EXPECT_EQ(outbox_->take_accepted().size(), 1U);
  restart();
  EXPECT_TRUE(outbox_->everything_done());
}

TEST_F(OutboxTest, puts_recovered_fragments_before_new_ones) {
  open();
  cut_one(*outbox_, fragment("old"), 1);
  restart();
  cut_one(*outbox_, fragment("new"), 2);
  EXPECT_EQ(take("loki"), (Names{"old", "new"}));
  answer("loki", 1);
  EXPECT_EQ(outbox_->take_accepted().at(0).position, 1U);
}

TEST_F(OutboxTest, takes_a_returned_request_again_first) {
  open();
  cut_one(*outbox_, fragment("a", 2), 1);
  cut_one(*outbox_, fragment("b"), 2);
  take("loki", 1);
  answer("loki", 1);
  outbox_->return_request(0);
  EXPECT_EQ(outbox_->lanes().front().pending_line_bytes, 2U);
  const auto request = outbox_->take_request(0, 1000);
  ASSERT_TRUE(request);
  EXPECT_EQ(request->elements, (std::vector<std::string_view>{"a", "b"}));
  EXPECT_EQ(request->skip_entries, 1U);
  EXPECT_EQ(request->entries, 2U);
}

TEST_F(OutboxTest, keeps_views_until_everything_is_answered) {
  open({.directory = kDirectory, .segment_bytes = 300, .memory_bytes = 0});
  std::vector<Fragment> fragments;
  const std::string a(50, 'a');
  const std::string b(50, 'b');
  fragments.push_back(fragment(a));
  fragments.push_back(fragment(b));
  outbox_->cut(std::move(fragments), {}, {}, 0);
  const auto request = outbox_->take_request(0, 1000);
  ASSERT_TRUE(request);
  answer("loki", 1);
  for (int i = 0; i < 20; ++i)
    cut_one(*outbox_, fragment("more"), 1);
  EXPECT_EQ(request->elements, (std::vector<std::string_view>{a, b}));
  answer("loki", 1);
}

TEST_F(OutboxTest, reads_back_what_the_memory_does_not_hold) {
  open({.directory = kDirectory, .memory_bytes = 100});
  for (int i = 0; i < 10; ++i)
    cut_one(*outbox_, fragment(std::string(49, static_cast<char>('a' + i))), 1);
  const std::uint64_t index_bytes = outbox_->memory_bytes();
  const Names taken = take("loki");
  ASSERT_EQ(taken.size(), 10U);
  EXPECT_EQ(taken[9], std::string(49, 'j'));
  EXPECT_EQ(outbox_->memory_bytes(), index_bytes + 400);
  outbox_->return_request(0);
  EXPECT_EQ(outbox_->memory_bytes(), index_bytes);
  take("loki");
  answer("loki", 10);
  EXPECT_LT(outbox_->memory_bytes(), 1000U);
}

TEST_F(OutboxTest, counts_and_skips_what_cannot_be_read_back) {
  open({.directory = kDirectory, .memory_bytes = 0});
  cut_one(*outbox_, fragment("first one", 2), 1);
  cut_one(*outbox_, fragment("second one", 3), 2);
  cut_one(*outbox_, fragment("third one", 4), 3);
  std::string content = *files_.content(kFirstSegment);
  content[content.find("second one")] = '#';
  files_.overwrite(kFirstSegment, content);
  EXPECT_EQ(take("loki"), Names{"first one"});
  answer("loki", 2);
  const auto damaged = outbox_->take_request(0, 100);
  ASSERT_FALSE(damaged);
  EXPECT_EQ(damaged.error().code, Error::kCorrupt);
  EXPECT_EQ(outbox_->lost_entries(), 3U);
  EXPECT_EQ(take("loki"), Names{"third one"});
  answer("loki", 4);
  EXPECT_EQ(outbox_->take_accepted().at(0).position, 3U);
}

TEST_F(OutboxTest, does_not_lose_what_cannot_be_read_for_the_moment) {
  open({.directory = kDirectory, .memory_bytes = 0});
  cut_one(*outbox_, fragment("a"), 1);
  restart({.directory = kDirectory, .memory_bytes = 0});
  files_.fail_on(Operation::kOpen, kFirstSegment, EMFILE, 1);
  EXPECT_EQ(outbox_->take_request(0, 100).error().code, EMFILE);
  EXPECT_EQ(outbox_->lost_entries(), 0U);
  EXPECT_EQ(take("loki"), Names{"a"});
}

TEST_F(OutboxTest, loses_a_fragment_that_is_no_snappy_block) {
  open();
  cut_one(*outbox_, fragment(std::string(5, '\x80'), 1, "loki", "", 0x80), 1);
  EXPECT_FALSE(outbox_->take_request(0, 100));
  EXPECT_TRUE(outbox_->everything_done());
  EXPECT_EQ(outbox_->lost_entries(), 1U);
}

TEST_F(OutboxTest, works_in_memory_without_a_directory) {
  open({});
  cut_one(*outbox_, fragment("a"), 1);
  EXPECT_EQ(outbox_->disk_bytes(), 0U);
  EXPECT_FALSE(outbox_->sync_wanted());
  EXPECT_TRUE(outbox_->sync());
  EXPECT_EQ(take("loki"), Names{"a"});
  answer("loki", 1);
  EXPECT_EQ(outbox_->take_accepted().at(0).position, 1U);
  EXPECT_FALSE(outbox_->set_client_aside("nobody").has_value() && outbox_->disk_error());
  EXPECT_EQ(files_.list("/")->size(), 0U);
}

TEST_F(OutboxTest, locks_its_directory) {
  open();
  const auto second = Outbox::open(files_, clock_, log_, {.directory = kDirectory});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, EWOULDBLOCK);
}

TEST_F(OutboxTest, looks_without_lock_or_change) {
  open();
  cut_one(*outbox_, fragment("a"), 15);
  files_.append(kFirstSegment, "torn");
  const std::string before = *files_.content(kFirstSegment);
  const auto seen = Outbox::look(files_, log_, kDirectory);
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->resume_points.at(0).position, 15U);
  EXPECT_EQ(files_.content(kFirstSegment), before);
  EXPECT_TRUE(Outbox::look(files_, log_, "/nowhere")->resume_points.empty());
}

TEST_F(OutboxTest, refuses_a_version_it_does_not_know) {
  open();
  cut_one(*outbox_, fragment("a"), 15);
  outbox_.reset();
  std::string content = *files_.content(kFirstSegment);
  SegmentHeader header;
  std::string other = encode_segment_header(header);
  other[8] = 9;
  const std::uint32_t checksum = crc32c(0, std::string_view(other).substr(0, 44));
  for (std::size_t i = 0; i < 4; ++i) {
    other[44 + i] = static_cast<char>(static_cast<unsigned char>(checksum >> (8 * i)));
  }
  files_.overwrite(kFirstSegment, other + content.substr(kSegmentHeaderBytes));
  const auto opened = Outbox::open(files_, clock_, log_, {.directory = kDirectory});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Error::kInvalid);
  EXPECT_NE(opened.error().message.find(kFirstSegment), std::string::npos);
  EXPECT_NE(opened.error().message.find("version 9"), std::string::npos);
}

TEST_F(OutboxTest, counts_a_clients_live_bytes) {
  open({.directory = kDirectory, .lane_share_bytes = 500});
  EXPECT_EQ(outbox_->client_bytes("loki"), 0U);
  EXPECT_TRUE(outbox_->has_room("loki", 500));
  EXPECT_FALSE(outbox_->has_room("loki", 501));
  cut_one(*outbox_, fragment(std::string(99, 'a')), 1);
  const std::uint64_t bytes = outbox_->client_bytes("loki");
  EXPECT_GE(bytes, 100U);
  EXPECT_TRUE(outbox_->has_room("loki", 500 - bytes));
  EXPECT_FALSE(outbox_->has_room("loki", 501 - bytes));
  EXPECT_TRUE(outbox_->has_room("other", 500));
  EXPECT_EQ(outbox_->clients(), Names{"loki"});
  take("loki");
  answer("loki", 1);
  EXPECT_EQ(outbox_->client_bytes("loki"), 0U);
  EXPECT_TRUE(outbox_->clients().empty());
}

TEST_F(OutboxTest, writes_down_what_became_of_entries_and_why) {
  open();
  cut_one(*outbox_, fragment("a", 5), 1);
  take("loki");
  outbox_->record_outcome({.lane = 0, .entries = 3, .accepted = false, .reason = "ingester_error"});
  auto file = files_.open(kFirstSegment, OpenMode::kRead);
  SegmentReader reader(**file, (*file)->stat()->size);
  ASSERT_TRUE(reader.read_header());
  Record record;
  ASSERT_EQ(reader.next(record), SegmentReader::Step::kRecord);
  EXPECT_EQ(record.header.type, RecordType::kSnapshot);
  ASSERT_EQ(reader.next(record), SegmentReader::Step::kRecord);
  EXPECT_EQ(record.header.type, RecordType::kOutcome);
  EXPECT_EQ(record.lanes.at(0).done_entries, 3U);
  EXPECT_EQ(record.outcomes.at(0).entries, 3U);
  EXPECT_FALSE(record.outcomes.at(0).accepted);
  EXPECT_EQ(record.outcomes.at(0).reason, "ingester_error");
}

TEST_F(OutboxTest, run_numbers_rise_even_when_the_clock_goes_back) {
  open();
  cut_one(*outbox_, fragment("a"), 1);
  restart();
  const std::uint64_t first = outbox_->recovered().run;
  cut_one(*outbox_, fragment("a"), 1);
  clock_.step_wall(-std::chrono::hours(24));
  restart();
  cut_one(*outbox_, fragment("a"), 1);
  EXPECT_GT(outbox_->recovered().run, first);
  const std::uint64_t second = outbox_->recovered().run;
  restart();
  EXPECT_GT(outbox_->recovered().run, second);
}

TEST_F(OutboxTest, finds_the_workers_folders_in_order_of_their_numbers) {
  for (const char* name : {"10", "2", "0", "01", "x", "-1"}) {
    ASSERT_TRUE(files_.make_directories(std::string("/outbox/") + name));
  }
  files_.append("/outbox/3", "a file");
  EXPECT_EQ(worker_directories(files_, "/outbox"), (Names{"/outbox/0", "/outbox/2", "/outbox/10"}));
  EXPECT_TRUE(worker_directories(files_, "/nowhere").empty());
}

}  // namespace
}  // namespace tailrace::positions::testing
