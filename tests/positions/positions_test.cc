// Keeping positions.yaml: replacing it, writing in place, what load() makes of what it finds.
#include "positions/positions.h"

#include <cerrno>
#include <string>

#include <gtest/gtest.h>

#include "tests/positions/outbox_fixture.h"

namespace tailrace::positions::testing {
namespace {

using Corrupt = Positions::OnCorruptFile;
constexpr const char* kPath = "/var/lib/positions.yaml";
constexpr const char* kTemporary = "/var/lib/.positions.yaml.tailrace-new";

class PositionsTest : public ::testing::Test {
 protected:
  PositionsTest() { EXPECT_TRUE(files_.make_directories("/var/lib")); }

  std::string content() { return files_.content(kPath).value_or("missing"); }
  std::string expected(const std::string& key, const std::string& value) {
    return write_positions({{key, {value, PositionOrigin::kOwn}}});
  }

  FakeClock clock_;
  MemoryFileSystem files_{clock_};
  Positions positions_{files_, kPath};
};

TEST_F(PositionsTest, exists_before_anything_was_accepted) {
  ASSERT_TRUE(positions_.load(Corrupt::kFail));
  ASSERT_TRUE(positions_.save());
  EXPECT_EQ(content(), write_positions({}));
}

TEST_F(PositionsTest, saves_what_was_accepted_and_reads_it_again) {
  positions_.accept("/a", "5");
  positions_.accept("/a", "6");
  positions_.accept("/b", "1");
  positions_.erase("/b");
  positions_.erase("/never");
  ASSERT_TRUE(positions_.save());
  EXPECT_EQ(content(), expected("/a", "6"));
  EXPECT_FALSE(files_.content(kTemporary));
  EXPECT_FALSE(positions_.written_in_place());
  Positions again(files_, kPath);
  ASSERT_TRUE(again.load(Corrupt::kFail));
  EXPECT_EQ(again.find("/a"), (StoredPosition{"6", PositionOrigin::kOwn}));
  EXPECT_EQ(again.find("/b"), std::nullopt);
  EXPECT_EQ(again.table().size(), 1U);
  EXPECT_EQ(again.load_warning(), "");
}

TEST_F(PositionsTest, writes_only_what_changed) {
  positions_.accept("/a", "5");
  ASSERT_TRUE(positions_.save());
  files_.fail_on(Operation::kOpen, "", EIO);
  EXPECT_TRUE(positions_.save());
  positions_.accept("/a", "5");
  EXPECT_TRUE(positions_.save());
  positions_.accept("/a", "6");
  EXPECT_FALSE(positions_.save());
  files_.clear_failures();
  ASSERT_TRUE(positions_.save());
  EXPECT_EQ(content(), expected("/a", "6"));
}

TEST_F(PositionsTest, survives_power_loss_once_saved) {
  files_.sync_all();
  positions_.accept("/a", "5");
  ASSERT_TRUE(positions_.save());
  files_.crash();
  EXPECT_EQ(content(), expected("/a", "5"));
}

TEST_F(PositionsTest, leaves_the_old_file_whole_when_it_cannot_write) {
  positions_.accept("/a", "5");
  ASSERT_TRUE(positions_.save());
  positions_.accept("/a", "6");
  files_.tear_next_write_after(5, ENOSPC);
  EXPECT_EQ(positions_.save().error().code, ENOSPC);
  EXPECT_EQ(content(), expected("/a", "5"));
  EXPECT_FALSE(files_.content(kTemporary));
  files_.fail_on(Operation::kSync, "", EIO, 1);
  EXPECT_FALSE(positions_.save());
  EXPECT_EQ(content(), expected("/a", "5"));
  ASSERT_TRUE(positions_.save());
  EXPECT_EQ(content(), expected("/a", "6"));
}

TEST_F(PositionsTest, writes_in_place_where_the_file_cannot_be_replaced) {
  for (const int code : {EBUSY, EXDEV, EACCES, EPERM, EROFS}) {
    const std::string value = std::to_string(code);
    positions_.accept("/a", "a longer value than the next " + value);
    ASSERT_TRUE(positions_.save());
    positions_.accept("/a", value);
    files_.fail_on(Operation::kRename, kTemporary, code, 1);
    ASSERT_TRUE(positions_.save());
    EXPECT_TRUE(positions_.written_in_place());
    EXPECT_EQ(content(), expected("/a", value));
    EXPECT_FALSE(files_.content(kTemporary));
  }
  positions_.accept("/a", "9");
  ASSERT_TRUE(positions_.save());
  EXPECT_FALSE(positions_.written_in_place());
}

TEST_F(PositionsTest, writes_in_place_where_the_folder_takes_no_file) {
  positions_.accept("/a", "5");
  ASSERT_TRUE(positions_.save());
  positions_.accept("/a", "6");
  files_.fail_on(Operation::kOpen, kTemporary, EACCES);
  ASSERT_TRUE(positions_.save());
  EXPECT_EQ(content(), expected("/a", "6"));
}

TEST_F(PositionsTest, leaves_nothing_of_a_longer_text_when_writing_in_place_is_interrupted) {
  positions_.accept("/a", std::string(1000, '5'));
  ASSERT_TRUE(positions_.save());
  positions_.accept("/a", "6");
  files_.fail_on(Operation::kRename, "", EBUSY);
  files_.fail_on(Operation::kTruncate, kPath, EIO);
  EXPECT_FALSE(positions_.save());
  Positions again(files_, kPath);
  ASSERT_TRUE(again.load(Corrupt::kFail));
  EXPECT_EQ(again.find("/a")->value, "6");
}

TEST_F(PositionsTest, names_the_folder_that_must_be_writable) {
  files_.fail_on(Operation::kOpen, "", EACCES);
  const Status saved = positions_.save();
  ASSERT_FALSE(saved);
  EXPECT_EQ(saved.error().code, EACCES);
  EXPECT_NE(saved.error().message.find("/var/lib "), std::string::npos);
}

TEST_F(PositionsTest, makes_the_folder_when_it_is_missing) {
  Positions elsewhere(files_, "/new/folder/p.yaml");
  ASSERT_TRUE(elsewhere.load(Corrupt::kFail));
  ASSERT_TRUE(elsewhere.save());
  EXPECT_TRUE(files_.content("/new/folder/p.yaml"));
}

TEST_F(PositionsTest, replaces_the_file_behind_a_symbolic_link) {
  files_.append("/data/real.yaml", "");
  ASSERT_TRUE(files_.symlink("/data/real.yaml", kPath));
  positions_.accept("/a", "5");
  ASSERT_TRUE(positions_.save());
  EXPECT_EQ(files_.link_stat(kPath)->kind, FileKind::kSymlink);
  EXPECT_EQ(files_.content("/data/real.yaml"), expected("/a", "5"));
}

TEST_F(PositionsTest, never_replaces_what_is_no_regular_file) {
  ASSERT_TRUE(files_.make_directories("/var/lib/directory"));
  Positions odd(files_, "/var/lib/directory");
  EXPECT_EQ(odd.load(Corrupt::kFail).error().code, EISDIR);
  EXPECT_EQ(odd.save().error().code, Error::kInvalid);
}

TEST_F(PositionsTest, refuses_a_file_it_cannot_parse_unless_told_to_start_empty) {
  files_.append(kPath, "positions:\n  /a: [5]\n");
  const Status refused = positions_.load(Corrupt::kFail);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message.find("invalid positions file: /var/lib/positions.yaml:2:7:"),
            0U);
  ASSERT_TRUE(positions_.load(Corrupt::kStartEmpty));
  EXPECT_NE(positions_.load_warning(), "");
  EXPECT_TRUE(positions_.table().empty());
  ASSERT_TRUE(positions_.save());
  EXPECT_EQ(content(), write_positions({}));
}

TEST_F(PositionsTest, adopts_promtails_file_and_puts_its_checks_in) {
  files_.append(kPath, "positions:\n  /a: \"5\"\n");
  ASSERT_TRUE(positions_.load(Corrupt::kFail));
  EXPECT_EQ(positions_.find("/a"), (StoredPosition{"5", PositionOrigin::kAdopted}));
  ASSERT_TRUE(positions_.save());
  EXPECT_EQ(content(), expected("/a", "5"));
  positions_.accept("/a", "7");
  EXPECT_EQ(positions_.find("/a")->origin, PositionOrigin::kOwn);
}

TEST_F(PositionsTest, says_when_a_file_was_torn) {
  const std::string whole = write_positions({{"/a", {"1"}}, {"/b", {"2"}}});
  files_.append(kPath, whole.substr(0, whole.find("\"2\"") + 2));
  ASSERT_TRUE(positions_.load(Corrupt::kFail));
  EXPECT_NE(positions_.load_warning(), "");
  EXPECT_EQ(positions_.find("/a")->value, "1");
}

TEST_F(PositionsTest, knows_which_line_a_person_took_out) {
  std::string text = write_positions({{"/a", {"1"}}, {"/b", {"2"}}});
  const std::size_t at = text.find("  /b");
  text.erase(at, text.find('\n', at) - at + 1);
  files_.append(kPath, text);
  ASSERT_TRUE(positions_.load(Corrupt::kFail));
  EXPECT_TRUE(positions_.removed_by_hand("/b"));
  EXPECT_FALSE(positions_.removed_by_hand("/c"));
}

TEST_F(PositionsTest, forgets_paths_that_are_gone_but_no_cursors) {
  files_.append("/there", "x");
  for (const char* key : {"/there", "/gone", "cursor-job", "journal-old"}) {
    positions_.accept(key, "1");
  }
  files_.fail_on(Operation::kStat, "/there", EIO, 1);  // Not known to be gone.
  positions_.erase_missing_files();
  EXPECT_EQ(positions_.table().size(), 3U);
  EXPECT_EQ(positions_.find("/gone"), std::nullopt);
}

TEST_F(PositionsTest, passes_on_what_keeps_it_from_reading) {
  files_.append(kPath, "positions: {}\n");
  files_.fail_on(Operation::kStat, kPath, EIO, 1);
  EXPECT_EQ(positions_.load(Corrupt::kStartEmpty).error().code, EIO);
  files_.fail_on(Operation::kOpen, kPath, EACCES, 1);
  EXPECT_EQ(positions_.load(Corrupt::kStartEmpty).error().code, EACCES);
  files_.fail_on(Operation::kRead, kPath, EIO, 1);
  EXPECT_EQ(positions_.load(Corrupt::kStartEmpty).error().code, EIO);
}

}  // namespace
}  // namespace tailrace::positions::testing
