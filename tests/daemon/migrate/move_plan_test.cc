// The record of a move is read back as it was written.
#include "daemon/migrate/move_plan.h"

#include <gtest/gtest.h>

#include "tests/fakes/fake_clock.h"
#include "tests/fakes/memory_file_system.h"

namespace tailrace::daemon::migrate {
namespace {

MoveJournal some_journal() {
  MoveJournal journal;
  journal.state = MoveJournal::State::kUndoing;
  journal.done = {"drop-in", "stop-promtail"};
  journal.undone = {"drain"};
  journal.plan.promtail_unit = "promtail.service";
  journal.plan.promtail_positions = "/tmp/positions.yaml";
  journal.plan.promtail_owner = {1, 2, 0640};
  journal.plan.drop_in_text = "[Service]\nExecStart=\n";
  journal.plan.positions_vanish = true;
  journal.plan.had_outbox = true;
  return journal;
}

TEST(MovePlan, is_read_back_as_it_was_written) {
  const auto read = parse_journal(journal_json(some_journal()));
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, some_journal());
}

TEST(MovePlan, what_is_not_whole_is_refused) {
  const std::string whole = journal_json(some_journal());
  for (const char* part : {"\"version\": 1", "\"undoing\"", "\"promtail_unit\"", "\"done\"",
                           "\"had_outbox\"", "\"promtail_owner\"", "\"mode\""}) {
    std::string text = whole;
    const std::size_t at = text.find(part);
    ASSERT_NE(at, std::string::npos) << part;
    text.replace(at, std::string(part).size(), "\"other\": 2, \"x\"");
    EXPECT_FALSE(parse_journal(text)) << part;
  }
  EXPECT_FALSE(parse_journal(""));
  EXPECT_FALSE(parse_journal("[]"));
  EXPECT_FALSE(parse_journal(whole.substr(0, whole.size() / 2)));
}

TEST(MovePlan, a_text_replaces_the_old_one_in_a_folder_that_is_made) {
  tailrace::testing::FakeClock clock;
  tailrace::testing::MemoryFileSystem files(clock);
  ASSERT_TRUE(save_text(files, "/a/b/c", "one"));
  ASSERT_TRUE(save_text(files, "/a/b/c", "two"));
  EXPECT_EQ(files.content("/a/b/c"), "two");
  EXPECT_EQ(files.list("/a/b")->size(), 1U);
}

}  // namespace
}  // namespace tailrace::daemon::migrate
