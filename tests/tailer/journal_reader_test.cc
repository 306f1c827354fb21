// The journal as an input, on a journal in memory: places, skips, failures.
#include "tailer/journal_reader.h"

#include <unistd.h>

#include <array>
#include <chrono>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/tailer/fake_journal.h"
#include "tests/tailer/journal_rig.h"

namespace tailrace::tailer {
namespace {

using Texts = std::vector<std::string>;

class JournalReaderTest : public ::testing::Test {
 protected:
  JournalReaderTest() {
    EXPECT_EQ(pipe(ends_.data()), 0);
    files_.descriptor = ends_[0];
    rig_.options.labels = {{"job", "j"}};
    rig_.open = [this](const Journal::Options&) -> Result<std::unique_ptr<Journal>> {
      ++files_.opened;
      if (files_.open_error != 0) return fail(files_.open_error, "open");
      return std::make_unique<FakeJournal>(files_);
    };
  }
  ~JournalReaderTest() override {
    rig_.reader.reset();
    close(ends_[0]);
    close(ends_[1]);
  }

  void announce() {
    ASSERT_EQ(write(ends_[1], "x", 1), 1);
    ASSERT_TRUE(rig_.loop->wait(rig_.clock, rig_.clock.steady_now()));
  }
  void quiet() {
    char byte = 0;
    ASSERT_EQ(::read(ends_[0], &byte, 1), 1);
  }

  FakeJournalFiles files_;
  std::array<int, 2> ends_{};
  JournalRig rig_;
};

TEST_F(JournalReaderTest, lines_have_text_time_labels_and_places) {
  files_.add_message("one");
  files_.add_message("two");
  rig_.start();
  const auto lines = rig_.read();
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0].text, "one");
  EXPECT_EQ(lines[0].time_ns, static_cast<std::int64_t>(files_.entries[0].realtime_us) * 1000);
  EXPECT_EQ(lines[0].labels->text(), R"({job="j"})");
  EXPECT_EQ(lines[0].next, lines[1].begin);
  EXPECT_LT(lines[1].begin, lines[1].next);
  EXPECT_EQ(rig_.reader->labels().text(), R"({job="j"})");
}

TEST_F(JournalReaderTest, the_entry_at_the_cursor_is_not_given_again) {
  for (const char* text : {"one", "two", "three"})
    files_.add_message(text);
  rig_.start();
  const auto lines = rig_.read();
  ASSERT_EQ(lines.size(), 3U);
  rig_.reader->consume(lines[1]);
  EXPECT_EQ(rig_.point().cursor, files_.entries[1].cursor);
  EXPECT_EQ(rig_.point().path, "cursor-j");
  EXPECT_EQ(rig_.point().kind, SourceKind::kJournal);
  rig_.stop();
  rig_.start();
  EXPECT_EQ(rig_.take_all(), Texts{"three"});
  rig_.stop();
  files_.add_message("four");
  rig_.start();
  EXPECT_EQ(rig_.take_all(), Texts{"four"});
  EXPECT_EQ(rig_.point().position, 4U);
}

TEST_F(JournalReaderTest, what_was_not_consumed_is_given_again) {
  for (const char* text : {"one", "two", "three"})
    files_.add_message(text);
  rig_.start();
  rig_.reader->consume(rig_.read()[0]);
  files_.add_message("four");
  EXPECT_TRUE(rig_.reader->ready());
  const auto lines = rig_.read();
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0].text, "two");
  EXPECT_EQ(rig_.metric("promtail_journal_target_lines_total"), 1);
}

TEST_F(JournalReaderTest, labels_of_lines_live_while_they_are_not_consumed) {
  rig_.rules.resize(1);
  rig_.rules[0].source_labels = {"__journal_unit"};
  rig_.rules[0].target_label = "unit";
  const std::size_t kinds = discovery::LineRelabeler::kCachedMax + 2;
  for (std::size_t i = 0; i < kinds; ++i)
    files_.add({"MESSAGE=m", "UNIT=" + std::to_string(i)});
  rig_.start();
  ASSERT_EQ(rig_.read().size(), JournalReader::kLookedAtMax);
  for (int i = 0; i < 4; ++i)
    rig_.label_sets.sweep();
  EXPECT_EQ(rig_.read()[0].labels->text(), R"({job="j", unit="0"})");
  rig_.take_all();
  rig_.reader.reset();
  for (int i = 0; i < 4; ++i)
    rig_.label_sets.sweep();
  EXPECT_EQ(rig_.label_sets.size(), 0U);
}

TEST_F(JournalReaderTest, the_first_start_begins_max_age_ago) {
  files_.now_us -= std::uint64_t{8} * 3600 * 1'000'000;
  files_.add_message("old");
  files_.now_us += std::uint64_t{2} * 3600 * 1'000'000;
  files_.add_message("young");
  rig_.start();
  EXPECT_EQ(rig_.take_all(), Texts{"young"});
}

TEST_F(JournalReaderTest, a_cursor_older_than_max_age_is_left) {
  files_.now_us -= std::uint64_t{9} * 3600 * 1'000'000;
  files_.add_message("read");
  files_.entries[0].cursor = files_.cursor_of(1);
  files_.add_message("too old");
  files_.now_us += std::uint64_t{3} * 3600 * 1'000'000;
  files_.add_message("young");
  rig_.start(files_.entries[0].cursor);
  EXPECT_EQ(rig_.point().cursor, files_.entries[0].cursor);
  EXPECT_EQ(rig_.take_all(), Texts{"young"});
}

TEST_F(JournalReaderTest, the_stored_cursor_wins_and_nonsense_begins_at_max_age) {
  for (const char* text : {"one", "two", "three"})
    files_.add_message(text);
  rig_.start();
  rig_.reader->consume(rig_.read()[1]);
  rig_.stop();
  rig_.start(files_.entries[0].cursor);
  EXPECT_EQ(rig_.take_all(), (Texts{"two", "three"}));
  rig_.start("nonsense");
  EXPECT_EQ(rig_.take_all(), (Texts{"one", "two", "three"}));
}

TEST_F(JournalReaderTest, entries_without_message_or_labels_are_counted_and_passed) {
  rig_.options.labels.clear();
  rig_.rules.resize(2);
  rig_.rules[0].source_labels = {"__journal_unit"};
  rig_.rules[0].target_label = "unit";
  rig_.rules[1].source_labels = {"__journal_unit"};
  rig_.rules[1].regex = "debug";
  rig_.rules[1].action = config::RelabelConfig::Action::kDrop;
  files_.add({"MESSAGE=dropped", "UNIT=debug"});
  files_.add({"MESSAGE=no label is left"});
  files_.add({"UNIT=a"});
  rig_.start();
  EXPECT_TRUE(rig_.read().empty());
  EXPECT_EQ(rig_.point().cursor, files_.entries[2].cursor);
  files_.add({"MESSAGE=kept", "UNIT=a"});
  files_.add({"UNIT=a"});
  announce();
  EXPECT_EQ(rig_.take_all(), Texts{"kept"});
  EXPECT_EQ(rig_.point().cursor, files_.entries[4].cursor);
  const std::string errors = "promtail_journal_target_parsing_errors_total";
  EXPECT_EQ(rig_.metric(errors, {{"error", "empty_labels"}}), 2);
  EXPECT_EQ(rig_.metric(errors, {{"error", "no_message"}}), 2);
  EXPECT_EQ(rig_.metric("promtail_journal_target_lines_total"), 1);
}

TEST_F(JournalReaderTest, labels_of_the_job_win_over_fields) {
  rig_.options.labels = {{"job", "j"}, {"__journal_unit", "mine"}, {"q", "x"}};
  rig_.rules.resize(1);
  rig_.rules[0].source_labels = {"__journal_unit"};
  rig_.rules[0].target_label = "unit";
  files_.add({"MESSAGE=m", "UNIT=its own"});
  rig_.start();
  const auto lines = rig_.read();
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0].labels->text(), R"({job="j", q="x", unit="mine"})");
}

TEST_F(JournalReaderTest, changes_are_taken_only_when_all_is_read) {
  for (int i = 0; i < 3; ++i)
    files_.add_message(std::string(ReadBuffer::kDefaultBytes / 2 + 1, 'x'));
  rig_.start();
  announce();
  for (int i = 0; i < 3; ++i) {
    rig_.reader->poll(rig_.clock.steady_now());
    EXPECT_EQ(files_.changes_taken, 0);
    const auto lines = rig_.read();
    ASSERT_EQ(lines.size(), 1U);
    rig_.reader->consume(lines[0]);
    // The event that waits does not keep the worker awake.
    announce();
  }
  EXPECT_TRUE(rig_.read().empty());
  EXPECT_FALSE(rig_.reader->ready());
  announce();
  rig_.reader->poll(rig_.clock.steady_now());
  EXPECT_EQ(files_.changes_taken, 1);
}

TEST_F(JournalReaderTest, new_entries_are_read_when_they_are_told_of_or_a_minute_later) {
  rig_.start();
  EXPECT_TRUE(rig_.take_all().empty());
  EXPECT_FALSE(rig_.reader->ready());
  files_.add_message("told of");
  announce();
  EXPECT_EQ(rig_.take_all(), Texts{"told of"});
  quiet();
  EXPECT_TRUE(rig_.take_all().empty());
  files_.add_message("not told of");
  EXPECT_TRUE(rig_.take_all().empty());
  EXPECT_EQ(rig_.reader->next_deadline(), rig_.clock.steady_now() + JournalReader::kSweepPeriod);
  rig_.clock.advance(JournalReader::kSweepPeriod);
  EXPECT_EQ(rig_.take_all(), Texts{"not told of"});
}

TEST_F(JournalReaderTest, a_journal_that_fails_is_opened_anew_behind_the_last_entry) {
  files_.add_message("one");
  rig_.start();
  EXPECT_EQ(rig_.take_all(), Texts{"one"});
  files_.add_message("two");
  files_.next_error = EBADMSG;
  announce();
  EXPECT_TRUE(rig_.take_all().empty());
  EXPECT_FALSE(rig_.reader->status().ready);
  EXPECT_EQ(rig_.reader->status().trouble, "next");
  EXPECT_GT(rig_.reader->next_deadline(), rig_.clock.steady_now());
  files_.next_error = 0;
  rig_.clock.advance(std::chrono::minutes(1));
  EXPECT_EQ(rig_.take_all(), Texts{"two"});
  EXPECT_TRUE(rig_.reader->status().ready);
  EXPECT_EQ(rig_.reader->status().trouble, "");
  EXPECT_EQ(rig_.metric("tailrace_journal_failures_total"), 1);
}

TEST_F(JournalReaderTest, a_journal_that_is_not_there_is_tried_again_without_end) {
  files_.open_error = ENOENT;
  files_.add_message("one");
  rig_.start();
  for (int i = 0; i < 20; ++i) {
    EXPECT_FALSE(rig_.reader->ready());
    rig_.clock.advance(std::chrono::minutes(1));
    rig_.reader->poll(rig_.clock.steady_now());
  }
  EXPECT_EQ(files_.opened, 21);
  files_.open_error = 0;
  rig_.clock.advance(std::chrono::minutes(1));
  EXPECT_EQ(rig_.take_all(), Texts{"one"});
}

TEST_F(JournalReaderTest, a_damaged_entry_is_tried_twice_and_skipped) {
  for (const char* text : {"one", "damaged", "three"})
    files_.add_message(text);
  files_.broken_entry = 1;
  rig_.start();
  EXPECT_EQ(rig_.take_all(), Texts{"one"});
  rig_.clock.advance(std::chrono::minutes(1));
  EXPECT_EQ(rig_.take_all(), Texts{"three"});
  EXPECT_EQ(rig_.metric("tailrace_journal_unreadable_entries_total"), 1);
  EXPECT_EQ(files_.opened, 2);
}

TEST_F(JournalReaderTest, changes_that_cannot_be_taken_open_it_anew) {
  files_.add_message("one");
  rig_.start();
  EXPECT_EQ(rig_.take_all(), Texts{"one"});
  files_.change_error = EIO;
  files_.add_message("two");
  announce();
  EXPECT_TRUE(rig_.take_all().empty());
  rig_.clock.advance(std::chrono::minutes(1));
  EXPECT_EQ(rig_.take_all(), Texts{"two"});
}

TEST_F(JournalReaderTest, too_many_changes_at_once_open_it_anew) {
  rig_.start();
  EXPECT_TRUE(rig_.take_all().empty());
  files_.waiting_bytes = 200'000;
  files_.add_message("one");
  announce();
  EXPECT_EQ(rig_.take_all(), Texts{"one"});
  EXPECT_EQ(files_.opened, 2);
  EXPECT_EQ(files_.changes_taken, 0);
}

TEST_F(JournalReaderTest, what_cannot_be_watched_is_opened_again_and_again) {
  files_.descriptor = -1;
  rig_.start();
  EXPECT_TRUE(rig_.take_all().empty());
  EXPECT_NE(rig_.reader->status().trouble, "");
  files_.add_message("one");
  rig_.clock.advance(std::chrono::seconds(5));
  EXPECT_EQ(rig_.take_all(), Texts{"one"});
  EXPECT_EQ(files_.opened, 2);
}

TEST_F(JournalReaderTest, a_journal_without_files_is_said_and_looked_for) {
  files_.bytes = 0;
  rig_.start();
  EXPECT_TRUE(rig_.take_all().empty());
  EXPECT_NE(rig_.reader->status().trouble, "");
  files_.bytes = 1;
  files_.add_message("one");
  rig_.clock.advance(std::chrono::minutes(1));
  EXPECT_EQ(rig_.take_all(), Texts{"one"});
  EXPECT_EQ(rig_.reader->status().trouble, "");
  files_.bytes = 0;
  files_.change = Journal::Change::kFiles;
  files_.entries.clear();
  announce();
  EXPECT_TRUE(rig_.take_all().empty());
  EXPECT_NE(rig_.reader->status().trouble, "");
}

TEST_F(JournalReaderTest, a_cursor_whose_entry_is_gone_goes_on_behind_it) {
  for (const char* text : {"one", "two", "three"})
    files_.add_message(text);
  rig_.start(files_.entries[1].cursor);
  rig_.stop();
  files_.entries.erase(files_.entries.begin(), files_.entries.begin() + 2);
  rig_.start();
  EXPECT_EQ(rig_.take_all(), Texts{"three"});
}

// Several entries of one moment, which journald moved to another file: they have other numbers, and
// another order is possible.
TEST_F(JournalReaderTest, entries_that_were_moved_do_not_come_again) {
  for (const char* text : {"one", "two", "three"})
    files_.add_message(text);
  const std::string tail = ";b=b;m=5;t=" + fmt::format("{:x}", files_.now_us) + ";x=";
  for (std::size_t i = 0; i < 3; ++i)
    files_.entries[i].cursor = "s=a;i=" + std::to_string(i + 1) + tail + std::to_string(i);
  rig_.start();
  rig_.reader->consume(rig_.read()[1]);
  rig_.stop();
  for (std::size_t i = 0; i < 3; ++i)
    files_.entries[i].cursor = "s=z;i=" + std::to_string(i + 7) + tail + std::to_string(i);
  rig_.start();
  EXPECT_EQ(rig_.take_all(), Texts{"three"});
}

TEST_F(JournalReaderTest, a_line_beyond_the_buffer_comes_alone_and_one_beyond_the_limit_is_cut) {
  rig_.options.line_bytes_max = ReadBuffer::kDefaultBytes + 10;
  const std::string large(ReadBuffer::kDefaultBytes + 10, 'x');
  files_.add_message("one");
  files_.add_message(large);
  files_.add_message(large + "y");
  files_.add_message("four");
  rig_.start();
  EXPECT_EQ(rig_.take_all(), (Texts{"one", large, large, "four"}));
}

TEST_F(JournalReaderTest, a_read_looks_at_a_bounded_number_of_entries) {
  for (std::size_t i = 0; i <= JournalReader::kLookedAtMax; ++i)
    files_.add({"NO=message"});
  rig_.start();
  EXPECT_TRUE(rig_.read().empty());
  EXPECT_TRUE(rig_.reader->ready());
  EXPECT_EQ(rig_.point().position, JournalReader::kLookedAtMax);
  EXPECT_TRUE(rig_.read().empty());
  EXPECT_FALSE(rig_.reader->ready());
}

TEST_F(JournalReaderTest, a_stop_ends_it_and_keeps_its_place) {
  files_.add_message("one");
  files_.add_message("two");
  rig_.start();
  const auto lines = rig_.read();
  rig_.reader->begin_stop();
  rig_.reader->consume(lines[0]);
  EXPECT_TRUE(rig_.reader->ready());
  EXPECT_TRUE(rig_.read().empty());
  EXPECT_TRUE(rig_.ended);
  EXPECT_FALSE(rig_.reader->ready());
  EXPECT_EQ(rig_.point().cursor, files_.entries[0].cursor);
}

}  // namespace
}  // namespace tailrace::tailer
