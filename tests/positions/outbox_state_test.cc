// Disk trouble, rolling, carrying forward, expiry: how an outbox changes its segments.
#include "positions/outbox_state.h"

#include <algorithm>
#include <cerrno>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/positions/outbox_fixture.h"

namespace tailrace::positions::testing {
namespace {

using Names = std::vector<std::string>;

TEST_F(OutboxTest, goes_on_in_memory_when_the_disk_refuses) {
  open();
  cut_one(*outbox_, fragment("a"), 1);
  files_.fail_on(Operation::kWrite, "", EIO);
  cut_one(*outbox_, fragment("b"), 2);
  ASSERT_TRUE(outbox_->disk_error());
  EXPECT_EQ(outbox_->disk_error()->code, EIO);
  EXPECT_EQ(take("loki"), (Names{"a", "b"}));
  EXPECT_EQ(outbox_->find(1)->position, 2U);
  answer("loki", 2);
  EXPECT_EQ(outbox_->take_accepted().at(0).position, 2U);
}

TEST_F(OutboxTest, makes_the_disk_whole_when_it_works_again) {
  open({.directory = kDirectory, .memory_bytes = 0});
  ResumePoint holding = point(2, 9);
  holding.held = {held(1, "text")};
  outbox_->cut({}, {holding}, {}, 0);
  files_.fail_on(Operation::kWrite, "", EIO);
  std::vector<Fragment> fragments;
  fragments.push_back(fragment("b", 3));
  outbox_->cut(std::move(fragments), {point(1, 2), point(3, 5)}, {}, 55);
  cut_one(*outbox_, fragment("c"), 3);
  files_.clear_failures();
  cut_nothing(*outbox_);  // Even with nothing to write.
  EXPECT_FALSE(outbox_->disk_error());
  restart();
  EXPECT_EQ(outbox_->find(1)->position, 3U);
  EXPECT_EQ(outbox_->find(3)->position, 5U);
  EXPECT_EQ(outbox_->find(2)->held.at(0).text, "text");
  EXPECT_EQ(outbox_->recovered().last_time_ns, 55);
  EXPECT_EQ(take("loki"), (Names{"b", "c"}));
}

TEST_F(OutboxTest, does_not_write_again_what_was_answered_meanwhile) {
  open();
  cut_one(*outbox_, fragment("a"), 1);
  files_.fail_on(Operation::kWrite, "", EIO);
  cut_one(*outbox_, fragment("b"), 2);
  cut_one(*outbox_, fragment("c"), 3);
  take("loki", 2);
  answer("loki", 2);
  take("loki");  // In flight when the disk comes back.
  files_.clear_failures();
  cut_one(*outbox_, fragment("d"), 4);
  restart();
  EXPECT_EQ(take("loki"), (Names{"c", "d"}));
}

TEST_F(OutboxTest, writes_fragments_of_an_open_request_without_the_answered_ones) {
  open();
  files_.fail_on(Operation::kWrite, "", EIO);
  cut_one(*outbox_, fragment("a", 1), 1);
  cut_one(*outbox_, fragment("b", 3), 2);
  take("loki");
  answer("loki", 2);
  files_.clear_failures();
  cut_nothing(*outbox_);
  answer("loki", 1);
  restart();
  EXPECT_EQ(outbox_->recovered().damaged_records, 0U);
  const auto request = outbox_->take_request(0, 100);
  ASSERT_TRUE(request);
  EXPECT_EQ(request->elements, std::vector<std::string_view>{"b"});
  EXPECT_EQ(request->skip_entries, 2U);
}

TEST_F(OutboxTest, starts_without_a_disk_and_uses_it_when_it_comes) {
  files_.become_read_only();
  open();
  EXPECT_EQ(outbox_->disk_error()->code, EROFS);
  cut_one(*outbox_, fragment("a"), 1);
  EXPECT_TRUE(outbox_->disk_error());
  files_.become_writable();
  cut_one(*outbox_, fragment("b"), 2);
  EXPECT_FALSE(outbox_->disk_error());
  restart();
  EXPECT_EQ(take("loki"), (Names{"a", "b"}));
}

TEST_F(OutboxTest, sends_what_a_read_only_disk_holds) {
  open();
  cut_one(*outbox_, fragment("a"), 1);
  files_.become_read_only();
  restart();
  EXPECT_TRUE(outbox_->disk_error());
  EXPECT_EQ(take("loki"), Names{"a"});
  answer("loki", 1);
  files_.become_writable();
  cut_nothing(*outbox_);
  restart();
  EXPECT_TRUE(outbox_->everything_done());
}

TEST_F(OutboxTest, records_outcomes_on_a_full_disk) {
  open();
  cut_one(*outbox_, fragment("a"), 1);
  cut_one(*outbox_, fragment("b"), 2);
  files_.set_capacity(0);
  cut_one(*outbox_, fragment(std::string(2'000'000, 'c')), 3);  // More than was reserved.
  EXPECT_EQ(outbox_->disk_error()->code, ENOSPC);
  take("loki", 1);
  answer("loki", 1);
  restart();
  EXPECT_EQ(take("loki"), Names{"b"});
  EXPECT_EQ(outbox_->find(1)->position, 2U);
}

TEST_F(OutboxTest, never_takes_a_new_fragment_for_one_that_was_answered_in_memory) {
  open();
  cut_one(*outbox_, fragment("a"), 1);
  files_.set_capacity(0);
  cut_one(*outbox_, fragment(std::string(2'000'000, 'b')), 2);  // In memory only.
  take("loki");
  answer("loki", 2);  // About both.
  files_.set_capacity(1U << 30U);
  restart();
  EXPECT_TRUE(outbox_->everything_done());
  EXPECT_EQ(outbox_->find(1)->position, 1U);  // The line of b is read again,
  cut_one(*outbox_, fragment("b again"), 2);  // and must not be lost.
  restart();
  EXPECT_EQ(take("loki"), Names{"b again"});
}

TEST_F(OutboxTest, begins_a_new_segment_when_a_torn_write_cannot_be_undone) {
  open();
  cut_one(*outbox_, fragment("a"), 1);
  files_.tear_next_write_after(10, EIO);
  files_.fail_on(Operation::kTruncate, "", EIO, 1);
  cut_one(*outbox_, fragment("b"), 2);
  EXPECT_TRUE(outbox_->disk_error());
  take("loki", 1);
  answer("loki", 1);  // Needs a new segment, and that one holds everything.
  EXPECT_FALSE(outbox_->disk_error());
  EXPECT_EQ(segment_names().size(), 2U);
  restart();
  EXPECT_EQ(outbox_->recovered().damaged_records, 0U);
  EXPECT_EQ(outbox_->find(1)->position, 2U);
  EXPECT_EQ(take("loki"), Names{"b"});
}

TEST_F(OutboxTest, frees_condemned_segments_when_the_disk_is_full) {
  open({.directory = kDirectory, .segment_bytes = 100'000});
  for (int i = 0; i < 3; ++i) {
    cut_one(*outbox_, fragment(std::string(120'000, 'x')), 1);
    take("loki");
    answer("loki", 1);
  }
  EXPECT_GE(segment_names().size(), 3U);
  files_.set_capacity(500'000);
  cut_one(*outbox_, fragment(std::string(150'000, 'y')), 2);
  EXPECT_FALSE(outbox_->disk_error());
  EXPECT_LE(segment_names().size(), 2U);
  restart();
  EXPECT_EQ(outbox_->find(1)->position, 2U);
}

TEST_F(OutboxTest, what_an_outcome_brings_back_to_the_disk_is_synced_too) {
  open({.directory = kDirectory, .sync_every_cut = true});
  cut_one(*outbox_, fragment("a"), 1);
  restart({.directory = kDirectory, .sync_every_cut = true});
  files_.set_capacity(0);
  cut_one(*outbox_, fragment("b"), 5);
  EXPECT_TRUE(outbox_->disk_error());
  EXPECT_EQ(take("loki", 0), Names{"a"});
  files_.set_capacity(UINT64_MAX);
  answer("loki", 1);
  EXPECT_FALSE(outbox_->disk_error());
  outbox_.reset();
  files_.crash();
  open();
  EXPECT_EQ(outbox_->find(1)->position, 5U);
  EXPECT_EQ(take("loki"), Names{"b"});
}

TEST_F(OutboxTest, what_was_recovered_is_synced_before_it_is_sent) {
  open({.directory = kDirectory});
  cut_one(*outbox_, fragment("a"), 5);
  outbox_.reset();
  files_.kill();  // Written and not synced.
  open({.directory = kDirectory, .sync_every_cut = true});
  EXPECT_EQ(take("loki"), Names{"a"});
  outbox_.reset();
  files_.crash();
  open({.directory = kDirectory, .sync_every_cut = true});
  EXPECT_EQ(take("loki"), Names{"a"});
}

TEST_F(OutboxTest, syncs_every_cut_when_told) {
  open({.directory = kDirectory, .sync_every_cut = true});
  cut_one(*outbox_, fragment("a"), 1);
  cut_one(*outbox_, fragment("b"), 2);
  files_.crash();
  open();
  EXPECT_EQ(outbox_->find(1)->position, 2U);
  EXPECT_EQ(take("loki"), (Names{"a", "b"}));
}

TEST_F(OutboxTest, says_when_a_cut_could_not_be_synced) {
  open({.directory = kDirectory, .sync_every_cut = true});
  files_.fail_on(Operation::kSync, "", EIO, 1);
  cut_one(*outbox_, fragment("a"), 1);
  EXPECT_EQ(outbox_->disk_error()->code, EIO);
  cut_one(*outbox_, fragment("b"), 2);
  EXPECT_FALSE(outbox_->disk_error());
  files_.crash();
  open();
  EXPECT_EQ(outbox_->find(1)->position, 2U);
}

TEST_F(OutboxTest, begins_a_new_segment_after_a_sync_that_failed) {
  open();
  cut_one(*outbox_, fragment("a"), 1);
  files_.fail_on(Operation::kSync, "", EIO, 1);
  EXPECT_FALSE(outbox_->sync());
  cut_nothing(*outbox_);  // Takes the news.
  cut_one(*outbox_, fragment("b"), 2);
  EXPECT_EQ(segment_names().size(), 2U);
}

TEST_F(OutboxTest, survives_power_loss_as_of_the_last_sync) {
  open();
  cut_one(*outbox_, fragment("a"), 1);
  cut_one(*outbox_, fragment("b"), 2);
  ASSERT_TRUE(outbox_->sync());
  take("loki", 1);
  answer("loki", 1);
  cut_one(*outbox_, fragment("c"), 3);
  files_.crash();
  open();
  EXPECT_EQ(outbox_->find(1)->position, 2U);
  EXPECT_EQ(take("loki"), (Names{"a", "b"}));
}

TEST_F(OutboxTest, removes_a_segment_only_with_a_sync_and_when_all_is_durable) {
  open({.directory = kDirectory, .segment_bytes = 200});
  for (int i = 1; i <= 8; ++i) {
    cut_one(*outbox_, fragment(std::string(150, 'x')), static_cast<SourcePosition>(i));
    take("loki");
    answer("loki", 1);
  }
  EXPECT_GE(segment_names().size(), 3U);
  EXPECT_TRUE(outbox_->sync_wanted());
  ASSERT_TRUE(outbox_->sync());
  cut_nothing(*outbox_);
  EXPECT_EQ(segment_names().size(), 1U);
  EXPECT_FALSE(outbox_->sync_wanted());
  files_.crash();
  open();
  EXPECT_EQ(outbox_->find(1)->position, 8U);
  EXPECT_TRUE(outbox_->everything_done());
}

TEST_F(OutboxTest, keeps_the_disk_bounded_when_nobody_syncs) {
  open({.directory = kDirectory, .segment_bytes = 1000});
  for (int i = 0; i < 500; ++i) {
    cut_one(*outbox_, fragment(std::string(150, 'x')), 1);
    take("loki");
    answer("loki", 1);
    ASSERT_LE(outbox_->disk_bytes(), 10'000U);
  }
}

// A day in the life: one lane gets a line now and then whose answers come much later, beside a busy
// one. Its fragments are in every segment.
TEST_F(OutboxTest, keeps_the_disk_bounded_beside_a_lane_that_lags) {
  open({.directory = kDirectory, .segment_bytes = 4000, .memory_bytes = 1000});
  const std::string padding(500, 'y');
  std::uint64_t greatest = 0;
  int waiting = 0;
  for (int minute = 0; minute < 24 * 60; ++minute) {
    clock_.advance(std::chrono::minutes(1));
    cut_one(*outbox_, fragment("busy" + std::string(300, 'x'), 1, "loki"), 1);
    take("loki");
    answer("loki", 1);
    if (minute % 10 == 0) {
      cut_one(*outbox_, fragment("calm " + std::to_string(minute) + padding, 1, "other"), 2);
      ++waiting;
    }
    if (minute % 5 == 0) {
      ASSERT_TRUE(outbox_->sync());
    }
    if (minute % 600 == 599) {
      // In order, however often they were carried.
      const Names taken = take("other");
      ASSERT_EQ(taken.size(), static_cast<std::size_t>(waiting));
      for (int i = 0; i < waiting; ++i) {
        EXPECT_EQ(taken[static_cast<std::size_t>(i)],
                  "calm " + std::to_string(minute - 599 + i * 10) + padding);
      }
      answer("other", static_cast<std::uint32_t>(waiting));
      waiting = 0;
    }
    greatest = std::max(greatest, outbox_->disk_bytes());
    // Neither does copying forward fill the memory.
    ASSERT_LE(outbox_->memory_bytes(), 1000U + 200U * static_cast<unsigned>(waiting + 5));
  }
  EXPECT_LE(greatest, 120'000U);  // 1440 minutes wrote half a megabyte.
  restart();
  EXPECT_EQ(outbox_->client_bytes("loki"), 0U);
  EXPECT_EQ(take("other").size(), static_cast<std::size_t>(waiting));
}

// Segments are a sixteenth of the share, and what is done in a quarter of each leaves in good time.
TEST_F(OutboxTest, fits_into_what_its_clients_may_take) {
  constexpr std::uint64_t kShare = 2U << 20U;
  open();
  outbox_->fit_into(kShare, kShare);
  std::uint64_t greatest = 0;
  for (int i = 0; i < 2000; ++i) {
    cut_one(*outbox_, fragment(std::string(5000, 'y'), 1, "loki"), 1);
    take("loki");
    answer("loki", 1);
    for (int j = 0; j < 3; ++j) {
      if (outbox_->client_bytes("other") < kShare / 16 * 13) {
        cut_one(*outbox_, fragment(std::string(5000, 'x'), 1, "other"), 1);
      }
    }
    greatest = std::max(greatest, outbox_->disk_bytes());
  }
  EXPECT_GT(greatest, kShare / 16 * 13);
  EXPECT_LE(greatest, kShare);
}

TEST_F(OutboxTest, keeps_the_disk_bounded_over_many_restarts_without_answers) {
  for (int i = 0; i < 200; ++i) {
    restart({.directory = kDirectory, .segment_bytes = 100'000});
    cut_one(*outbox_, fragment("f" + std::to_string(i)), static_cast<SourcePosition>(i + 1));
    ASSERT_TRUE(outbox_->sync());
  }
  EXPECT_LE(segment_names().size(), 30U);
  const Names taken = take("loki");
  ASSERT_EQ(taken.size(), 200U);
  for (std::size_t i = 0; i < taken.size(); ++i)
    EXPECT_EQ(taken[i], "f" + std::to_string(i));
}

TEST_F(OutboxTest, drops_a_damaged_fragment_when_it_is_to_be_carried) {
  open({.directory = kDirectory, .segment_bytes = 500, .memory_bytes = 0});
  cut_one(*outbox_, fragment("to be damaged", 5, "other"), 1);
  cut_one(*outbox_, fragment("to be carried", 5, "other"), 1);
  std::string content = *files_.content(kFirstSegment);
  content[content.find("to be damaged")] = '#';
  files_.overwrite(kFirstSegment, content);
  for (int i = 0; i < 8; ++i) {
    cut_one(*outbox_, fragment(std::string(400, 'x')), 1);
    outbox_->record_outcome(
        {.lane = 1, .entries = outbox_->take_request(1, 10'000)->entries, .reason = ""});
  }
  EXPECT_EQ(outbox_->lost_entries(), 5U);
  EXPECT_EQ(take("other"), Names{"to be carried"});
}

TEST_F(OutboxTest, carries_again_after_the_disk_could_not_be_read) {
  open({.directory = kDirectory, .segment_bytes = 500, .memory_bytes = 0});
  cut_one(*outbox_, fragment("to be carried", 5, "other"), 1);
  files_.fail_on(Operation::kOpen, kFirstSegment, EMFILE, 1);
  for (int i = 0; i < 8; ++i) {
    cut_one(*outbox_, fragment(std::string(400, 'x')), 1);
    outbox_->record_outcome(
        {.lane = 1, .entries = outbox_->take_request(1, 10'000)->entries, .reason = ""});
  }
  EXPECT_EQ(outbox_->lost_entries(), 0U);
  ASSERT_TRUE(outbox_->sync());
  EXPECT_FALSE(files_.content(kFirstSegment));
  EXPECT_EQ(take("other"), Names{"to be carried"});
}

TEST_F(OutboxTest, forgets_finished_sources_after_a_day_unless_lines_are_held) {
  open();
  ResumePoint finished = point(1, 5);
  finished.finished = true;
  finished.finished_ns = unix_nanoseconds(clock_.wall_now());
  ResumePoint holding = finished;
  holding.source = 2;
  holding.held = {held(1, "text")};
  ResumePoint undated = finished;
  undated.source = 3;
  undated.finished_ns = 0;
  outbox_->cut({}, {finished, holding, undated, point(4, 1)}, {}, 0);
  clock_.advance(std::chrono::hours(1));
  cut_nothing(*outbox_);  // From here on 3 has a date.
  clock_.advance(std::chrono::hours(22) + std::chrono::minutes(59));
  cut_nothing(*outbox_);
  EXPECT_NE(outbox_->find(1), nullptr);
  clock_.advance(std::chrono::minutes(2));
  cut_nothing(*outbox_);
  EXPECT_EQ(outbox_->find(1), nullptr);
  EXPECT_NE(outbox_->find(2), nullptr);
  EXPECT_NE(outbox_->find(3), nullptr);
  EXPECT_NE(outbox_->find(4), nullptr);
  restart();
  EXPECT_EQ(outbox_->find(1), nullptr);
  EXPECT_NE(outbox_->find(2), nullptr);
}

TEST_F(OutboxTest, keeps_a_source_that_goes_on_in_the_cut_that_would_forget_it) {
  open();
  ResumePoint finished = point(1, 5);
  finished.finished = true;
  finished.finished_ns = 1;
  outbox_->cut({}, {finished}, {}, 0);
  clock_.advance(std::chrono::hours(25));
  outbox_->cut({}, {point(1, 6)}, {}, 0);
  ASSERT_NE(outbox_->find(1), nullptr);
  EXPECT_EQ(outbox_->find(1)->position, 6U);
}

TEST_F(OutboxTest, leaves_idle_lanes_out_of_new_segments) {
  open({.directory = kDirectory, .segment_bytes = 300});
  cut_one(*outbox_, fragment("x", 1, "idle client"), 1);
  outbox_->record_outcome(
      {.lane = 0, .entries = outbox_->take_request(0, 100)->entries, .reason = ""});
  for (int i = 0; i < 6; ++i) {
    cut_one(*outbox_, fragment(std::string(300, 'x')), 1);
    outbox_->record_outcome(
        {.lane = 1, .entries = outbox_->take_request(1, 10'000)->entries, .reason = ""});
    ASSERT_TRUE(outbox_->sync());
  }
  for (const std::string& name : segment_names()) {
    const std::string content = *files_.content(std::string(kDirectory) + "/" + name);
    EXPECT_EQ(content.find("idle client"), std::string::npos);
  }
  // It goes on with its numbers all the same.
  cut_one(*outbox_, fragment("y", 1, "idle client"), 1);
  restart();
  EXPECT_EQ(take("idle client"), Names{"y"});
}

}  // namespace
}  // namespace tailrace::positions::testing
