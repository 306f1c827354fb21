// The files of one worker: turns, order, descriptors, trouble.
#include "tailer/file_follower.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_watcher.h"
#include "tests/fakes/memory_file_system.h"

namespace tailrace::tailer {
namespace {

using testing::FakeClock;
using testing::FakeWatcher;
using testing::MemoryFileSystem;
using Lines = std::vector<std::string>;
using Kind = FileReport::Kind;
using std::chrono::milliseconds;
using std::chrono::seconds;

class FileFollowerTest : public ::testing::Test {
 protected:
  void SetUp() override { make({}); }
  void make(FileFollower::Options options) {
    follower_ = std::make_unique<FileFollower>(fs_, clock_, log_, watcher_, labels_, options);
  }
  AdoptFile adoption(SourceId id, const std::string& path, SourceId predecessor = 0) {
    AdoptFile command;
    command.point.source = id;
    command.point.job = "job";
    command.point.path = command.point.label_path = path;
    command.point.predecessor = predecessor;
    if (const auto stat = fs_.stat(path)) {
      command.point.identity.device = stat->device;
      command.point.identity.inode = stat->inode;
    }
    command.labels = {{"filename", path}};
    command.options = std::make_shared<const FileReadOptions>(options_);
    return command;
  }
  void adopt(SourceId id, const std::string& path, SourceId predecessor = 0) {
    follower_->handle(adoption(id, path, predecessor));
  }
  // A turn of the worker: every line, with the source that it came from.
  Lines turn(milliseconds after = milliseconds(0)) {
    clock_.advance(after);
    follower_->poll(clock_.steady_now());
    Lines lines;
    while (Source* const source = follower_->next_ready(clock_.steady_now())) {
      const auto outcome = source->read(buffer_, block_);
      if (!outcome) {
        follower_->read_failed(*source, outcome.error());
        continue;
      }
      for (const Line& line : block_.lines)
        lines.push_back(std::to_string(source->id()) + ":" + std::string(line.text));
      if (!block_.lines.empty()) source->consume(block_.lines.back());
      follower_->read_returned(*source, *outcome);
    }
    for (FileReport& report : follower_->take_reports()) {
      if (report.kind != Kind::kIdentified) reports_.push_back(std::move(report));
    }
    return lines;
  }
  std::vector<std::pair<Kind, SourceId>> reports() {
    std::vector<std::pair<Kind, SourceId>> result;
    for (const FileReport& report : std::exchange(reports_, {}))
      result.emplace_back(report.kind, report.source);
    return result;
  }
  using Reports = std::vector<std::pair<Kind, SourceId>>;

  FakeClock clock_;
  MemoryFileSystem fs_{clock_};
  Log log_ = Log::discard(clock_);
  FakeWatcher watcher_{fs_};
  LabelSetTable labels_;
  FileReadOptions options_;
  std::unique_ptr<FileFollower> follower_;
  ReadBuffer buffer_{4096};
  LineBlock block_;
  std::vector<FileReport> reports_;
};

TEST_F(FileFollowerTest, a_new_file_is_read_at_once_a_changed_one_after_gathering) {
  fs_.append("/x", "a\n");
  adopt(1, "/x");
  EXPECT_EQ(turn(), Lines{"1:a"});
  fs_.append("/x", "b\n");
  EXPECT_EQ(turn(), Lines{});
  EXPECT_EQ(follower_->next_deadline(), clock_.steady_now() + milliseconds(50));
  fs_.append("/x", "c\n");
  EXPECT_EQ(turn(milliseconds(49)), Lines{});
  EXPECT_EQ(turn(milliseconds(1)), (Lines{"1:b", "1:c"}));
  EXPECT_EQ(follower_->next_deadline(), SteadyTime::max());
}

TEST_F(FileFollowerTest, a_file_lags_from_its_change_until_it_is_read_to_its_end) {
  fs_.append("/x", "a\n");
  adopt(1, "/x");
  turn();
  EXPECT_TRUE(follower_->lags(clock_.steady_now()).empty());
  fs_.append("/x", "bc\n");
  follower_->poll(clock_.steady_now());
  clock_.advance(milliseconds(30));
  const auto lags = follower_->lags(clock_.steady_now());
  ASSERT_EQ(lags.size(), 1U);
  EXPECT_EQ(lags[0].file->path(), "/x");
  EXPECT_EQ(lags[0].bytes, 3U);
  EXPECT_EQ(lags[0].since, milliseconds(30));
  turn(milliseconds(50));
  EXPECT_TRUE(follower_->lags(clock_.steady_now()).empty());
}

TEST_F(FileFollowerTest, ready_files_take_turns) {
  options_.line_bytes_max = 4000;
  for (const char* const path : {"/a", "/b"}) {
    for (int i = 0; i < 3; ++i)
      fs_.append(path, std::string(3000, 'x') + "\n");
  }
  adopt(1, "/a");
  adopt(2, "/b");
  Lines order;
  for (const std::string& line : turn())
    order.push_back(line.substr(0, 1));
  EXPECT_EQ(order, (Lines{"1", "2", "1", "2", "1", "2"}));
}

TEST_F(FileFollowerTest, tells_what_changed) {
  fs_.append("/x", "a\n");
  adopt(1, "/x");
  AdoptFile known = adoption(2, "/x");
  known.recovered = true;
  follower_->handle(std::move(known));
  EXPECT_EQ(follower_->take_changed(), std::vector<SourceId>{1});
  follower_->handle(RenameFile{2, "/x.1"});
  EXPECT_EQ(follower_->take_changed(), std::vector<SourceId>{2});
  follower_->handle(RenameFile{2, "/x.1"});
  EXPECT_TRUE(follower_->take_changed().empty());
  ResumePoint point;
  follower_->find(2)->fill_resume_point(point);
  EXPECT_EQ(point.path, "/x.1");
  EXPECT_EQ(follower_->find(3), nullptr);
}

TEST_F(FileFollowerTest, a_retired_file_is_followed_for_the_rotation_wait) {
  fs_.append("/x", "a\nhalf");
  adopt(1, "/x");
  EXPECT_EQ(turn(), Lines{"1:a"});
  follower_->handle(RetireFile{1});
  fs_.append("/x", " line\nrest");
  EXPECT_EQ(turn(seconds(30)), Lines{"1:half line"});
  EXPECT_EQ(turn(milliseconds(29'999)), Lines{});
  EXPECT_EQ(reports(), Reports{});
  EXPECT_EQ(turn(milliseconds(1)), Lines{"1:rest"});
  EXPECT_EQ(reports(), (Reports{{Kind::kEnded, 1}}));
  ResumePoint point;
  follower_->find(1)->fill_resume_point(point);
  EXPECT_TRUE(point.finished);
  follower_->forget_ended(1);
  EXPECT_EQ(follower_->find(1), nullptr);
  EXPECT_EQ(watcher_.size(), 0U);
}

TEST_F(FileFollowerTest, a_file_to_be_kept_is_flushed_and_followed_on) {
  fs_.append("/x", "a\nhalf");
  adopt(1, "/x");
  turn();
  follower_->handle(RetireFile{1, AfterEnd::kKeep});
  EXPECT_EQ(turn(seconds(60)), Lines{"1:half"});
  fs_.append("/x", "more\n");
  turn();
  EXPECT_EQ(turn(milliseconds(50)), Lines{"1:more"});
  EXPECT_EQ(reports(), Reports{});
}

TEST_F(FileFollowerTest, a_successor_waits_for_the_end_of_an_unterminated_line) {
  fs_.append("/x", "a\nhalf");
  fs_.append("/y", "b\n");
  adopt(1, "/x");
  follower_->handle(RetireFile{1});
  adopt(2, "/y", 1);
  EXPECT_EQ(turn(), Lines{"1:a"});
  EXPECT_EQ(turn(seconds(59)), Lines{});
  EXPECT_EQ(turn(seconds(1)), (Lines{"1:half", "2:b"}));
}

TEST_F(FileFollowerTest, a_successor_with_content_starts_when_its_predecessor_is_settled) {
  fs_.append("/x", "a\n");
  fs_.append("/y", "");
  adopt(1, "/x");
  turn();
  follower_->handle(RetireFile{1});
  adopt(2, "/y", 1);
  turn();
  // Not settled as long as the new file is empty: this line comes before the new file's.
  fs_.append("/x", "b\n");
  fs_.append("/y", "c\n");
  turn();
  EXPECT_EQ(turn(milliseconds(50)), (Lines{"1:b", "2:c"}));
  // What comes late is read all the same.
  fs_.append("/x", "d\n");
  turn();
  EXPECT_EQ(turn(milliseconds(50)), Lines{"1:d"});
}

TEST_F(FileFollowerTest, a_successor_does_not_wait_for_a_file_that_nobody_retired) {
  fs_.append("/x", "a\n");
  fs_.append("/y", "b\n");
  adopt(1, "/x");
  adopt(2, "/y", 1);
  EXPECT_EQ(turn(), Lines{"1:a"}) << "it does, until that is retired";
  follower_->handle(RetireFile{1});
  EXPECT_EQ(turn(), Lines{"2:b"});
}

TEST_F(FileFollowerTest, unknown_predecessors_block_nobody) {
  fs_.append("/x", "a\n");
  adopt(1, "/x", 99);
  EXPECT_EQ(turn(), Lines{"1:a"});
}

TEST_F(FileFollowerTest, a_truncated_file_waits_for_an_answer) {
  fs_.append("/x", std::string(100, 'a') + "\n");
  adopt(1, "/x");
  turn();
  fs_.append("/x", "unread\n");
  fs_.overwrite("/x.1", *fs_.content("/x"));
  fs_.overwrite("/x", "new\n");
  turn();
  EXPECT_EQ(turn(milliseconds(50)), Lines{});
  ASSERT_EQ(reports_.size(), 1U);
  EXPECT_EQ(reports_[0].kind, Kind::kDisplaced);
  EXPECT_EQ(reports_[0].point.position, 101U);
  EXPECT_EQ(reports_[0].point.identity.before_bytes, 64U);
  EXPECT_EQ(turn(seconds(100)), Lines{});
  const FileStat copy = *fs_.stat("/x.1");
  follower_->handle(MoveFile{.source = 1,
                             .path = "/x.1",
                             .device = copy.device,
                             .inode = copy.inode,
                             .frozen = true,
                             .position = {}});
  follower_->poll(clock_.steady_now());
  EXPECT_EQ(turn(), Lines{"1:unread"});
  EXPECT_EQ(reports_.back().kind, Kind::kEnded);
  EXPECT_EQ(follower_->counters().displaced, 1U);
}

TEST_F(FileFollowerTest, a_truncation_is_noticed_while_nothing_is_read) {
  fs_.append("/x", "a\nb\n");
  adopt(1, "/x");
  turn();
  fs_.append("/x", "c\n");
  follower_->poll(clock_.steady_now());
  clock_.advance(milliseconds(50));
  follower_->poll(clock_.steady_now());
  fs_.overwrite("/x", "");
  follower_->poll(clock_.steady_now());
  clock_.advance(milliseconds(50));
  follower_->poll(clock_.steady_now());
  bool displaced = false;
  for (const FileReport& report : follower_->take_reports())
    displaced = displaced || report.kind == Kind::kDisplaced;
  EXPECT_TRUE(displaced);
  EXPECT_EQ(turn(), Lines{});
}

TEST_F(FileFollowerTest, what_is_nowhere_is_counted_as_lost) {
  fs_.append("/x", "a\nhalf");
  adopt(1, "/x");
  turn();
  fs_.overwrite("/x", "");
  turn();
  turn(milliseconds(50));
  follower_->handle(LoseFile{1});
  turn();
  EXPECT_EQ(follower_->counters().lost_bytes, 4U);
  EXPECT_EQ(follower_->lost().begin()->first.first, "/x");
  EXPECT_EQ(follower_->lost().begin()->second, 4U);
  EXPECT_EQ(reports_.back().kind, Kind::kEnded);
}

TEST_F(FileFollowerTest, a_lost_file_ends_after_its_predecessor_and_is_counted_once) {
  fs_.append("/a", "a1\n");
  fs_.append("/b", "lost");
  adopt(1, "/a");
  adopt(2, "/b", 1);
  turn();
  fs_.overwrite("/b", "");
  turn(milliseconds(50));
  turn(milliseconds(50));
  follower_->handle(LoseFile{2});
  follower_->handle(LoseFile{2});  // Told once by a restart and once by a displacement.
  fs_.append("/c", "c1\n");
  adopt(3, "/c", 2);
  fs_.append("/a", "a2\n");
  EXPECT_EQ(turn(), Lines{}) << "gathering";
  EXPECT_EQ(turn(milliseconds(50)), (Lines{"1:a2"})) << "/c comes after /b, and /b after /a";
  EXPECT_EQ(follower_->counters().lost_bytes, 4U);
  follower_->handle(RetireFile{1});
  Lines lines = turn(seconds(60));
  for (int i = 0; i < 3; ++i) {
    for (std::string& line : turn(milliseconds(50)))
      lines.push_back(std::move(line));
  }
  EXPECT_EQ(lines, (Lines{"3:c1"}));
}

TEST_F(FileFollowerTest, a_path_with_another_file_or_none_is_displaced) {
  fs_.append("/x", "a\n");
  AdoptFile other = adoption(1, "/x");
  ++other.point.identity.inode;
  follower_->handle(std::move(other));
  adopt(2, "/nothing");
  turn();
  EXPECT_EQ(reports(), (Reports{{Kind::kDisplaced, 1}, {Kind::kDisplaced, 2}}));
}

TEST_F(FileFollowerTest, an_unreadable_file_is_tried_again_and_told_once) {
  fs_.append("/x", "a\n");
  fs_.fail_on(testing::Operation::kOpen, "/x", EACCES);
  adopt(1, "/x");
  EXPECT_EQ(turn(), Lines{});
  EXPECT_EQ(turn(milliseconds(250)), Lines{});
  EXPECT_EQ(turn(milliseconds(499)), Lines{});
  EXPECT_EQ(follower_->counters().failures, 2U);
  EXPECT_EQ(turn(milliseconds(1)), Lines{});
  EXPECT_EQ(follower_->counters().failures, 3U);
  EXPECT_EQ(reports(), (Reports{{Kind::kFailed, 1}}));
  fs_.clear_failures();
  EXPECT_EQ(turn(seconds(1)), Lines{"1:a"});
  EXPECT_EQ(reports(), (Reports{{Kind::kRecovered, 1}}));
}

TEST_F(FileFollowerTest, a_failing_read_backs_off_that_file_only) {
  fs_.append("/x", "a\n");
  fs_.append("/y", "b\n");
  adopt(1, "/x");
  adopt(2, "/y");
  fs_.fail_on(testing::Operation::kRead, "/x", EIO);
  EXPECT_EQ(turn(), Lines{"2:b"});
  fs_.clear_failures();
  // Events do not shorten the pause.
  fs_.append("/x", "c\n");
  EXPECT_EQ(turn(milliseconds(100)), Lines{});
  EXPECT_EQ(turn(milliseconds(150)), (Lines{"1:a", "1:c"}));
}

TEST_F(FileFollowerTest, nobody_waits_for_a_retired_file_that_cannot_be_read) {
  fs_.append("/x", "a\n");
  fs_.append("/y", "b\n");
  fs_.fail_on(testing::Operation::kOpen, "/x", EACCES);
  adopt(1, "/x");
  follower_->handle(RetireFile{1});
  adopt(2, "/y", 1);
  EXPECT_EQ(turn(), Lines{});
  EXPECT_EQ(turn(seconds(60)), Lines{"2:b"});
}

TEST_F(FileFollowerTest, the_file_that_changed_least_recently_is_closed) {
  make({.open_files_max = 2});
  for (const auto& [id, path] :
       std::vector<std::pair<SourceId, std::string>>{{1, "/a"}, {2, "/b"}, {3, "/c"}}) {
    fs_.append(path, path + "\n");
    adopt(id, path);
    EXPECT_EQ(turn(seconds(1)).size(), 1U);
  }
  EXPECT_EQ(watcher_.size(), 2U);
  EXPECT_FALSE(watcher_.watches(1));
  fs_.append("/a", "more\n");
  EXPECT_EQ(turn(seconds(1)), Lines{}) << "no watch, no event";
  follower_->handle(NudgeFile{1});
  EXPECT_EQ(turn(), Lines{"1:more"});
  EXPECT_FALSE(watcher_.watches(2));
}

TEST_F(FileFollowerTest, rotated_files_without_a_name_stay_open) {
  make({.open_files_max = 1});
  fs_.append("/a", "a\n");
  adopt(1, "/a");
  turn(seconds(1));
  follower_->handle(RetireFile{1});
  follower_->handle(RenameFile{1, ""});
  fs_.append("/b", "b\n");
  adopt(2, "/b");
  turn(seconds(1));
  EXPECT_TRUE(watcher_.watches(1)) << "it has no name to be opened by";
  follower_->handle(RenameFile{1, "/a"});
  fs_.append("/c", "c\n");
  adopt(3, "/c");
  turn(seconds(1));
  EXPECT_FALSE(watcher_.watches(1)) << "with a name it may be closed, last";
}

TEST_F(FileFollowerTest, idle_files_are_closed_when_told_so) {
  options_.files.close_inactive = seconds(10);
  fs_.append("/x", "a\n");
  adopt(1, "/x");
  turn();
  EXPECT_EQ(watcher_.size(), 1U);
  turn(seconds(10));
  EXPECT_EQ(watcher_.size(), 0U);
  fs_.append("/x", "b\n");
  follower_->handle(NudgeFile{1});
  EXPECT_EQ(turn(), Lines{"1:b"});
  EXPECT_EQ(watcher_.size(), 1U);
}

TEST_F(FileFollowerTest, files_without_watches_are_looked_at) {
  watcher_.refuse_watches(ENOSPC);
  fs_.append("/x", "a\n");
  adopt(1, "/x");
  EXPECT_EQ(turn(), Lines{"1:a"});
  fs_.append("/x", "b\n");
  EXPECT_EQ(turn(milliseconds(999)), Lines{});
  EXPECT_EQ(turn(milliseconds(1)), Lines{"1:b"});
  fs_.append("/x", "c\n");
  EXPECT_EQ(turn(seconds(1)), Lines{"1:c"});
}

TEST_F(FileFollowerTest, what_the_sweep_finds_is_counted) {
  fs_.append("/x", "a\n");
  adopt(1, "/x");
  turn();
  follower_->handle(NudgeFile{1});
  EXPECT_EQ(follower_->counters().found_by_sweep, 0U) << "nothing was missed";
  fs_.append("/x", "b\n");
  watcher_.lose_events();
  follower_->handle(NudgeFile{1});
  EXPECT_EQ(turn(), Lines{"1:b"});
  EXPECT_EQ(follower_->counters().found_by_sweep, 1U);
}

TEST_F(FileFollowerTest, an_overflow_makes_it_look_at_every_file) {
  fs_.append("/x", "a\n");
  adopt(1, "/x");
  turn();
  fs_.append("/x", "b\n");
  watcher_.overflow();
  turn();
  EXPECT_EQ(turn(milliseconds(50)), Lines{"1:b"});
}

TEST_F(FileFollowerTest, a_released_file_is_gone_and_its_place_told) {
  fs_.append("/x", "a\nb");
  adopt(1, "/x");
  turn();
  follower_->handle(ReleaseFile{1});
  EXPECT_EQ(follower_->find(1), nullptr);
  turn();
  ASSERT_EQ(reports_.size(), 1U);
  EXPECT_EQ(reports_[0].kind, Kind::kReleased);
  EXPECT_EQ(reports_[0].point.position, 2U);
  EXPECT_EQ(watcher_.size(), 0U);
}

TEST_F(FileFollowerTest, adopting_a_followed_file_again_changes_its_labels) {
  fs_.append("/x", "a\n");
  adopt(1, "/x");
  turn();
  AdoptFile again = adoption(1, "/x");
  again.labels["env"] = "prod";
  again.point.job = "other";
  follower_->handle(std::move(again));
  EXPECT_EQ(follower_->find(1)->job(), "other");
  EXPECT_EQ(*follower_->find(1)->labels().find("env"), "prod");
  EXPECT_EQ(turn(), Lines{}) << "it goes on where it was";
}

TEST_F(FileFollowerTest, a_compressed_file_waits_for_its_initial_delay) {
  options_.decompression.enabled = true;
  options_.decompression.initial_delay = seconds(5);
  fs_.append("/x", "not compressed, but that shows only when it is read");
  adopt(1, "/x");
  turn(seconds(4));
  EXPECT_EQ(watcher_.size(), 0U);
  turn(seconds(1));
  EXPECT_EQ(watcher_.size(), 1U);
}

TEST_F(FileFollowerTest, tells_what_files_are_recognised_by) {
  fs_.append("/x", "a\n");
  adopt(1, "/x");
  Source* const source = follower_->next_ready(clock_.steady_now());
  ASSERT_EQ(*source->read(buffer_, block_), Source::Outcome::kLines);
  source->consume(block_.lines.back());
  follower_->read_returned(*source, Source::Outcome::kLines);
  const auto reports = follower_->take_reports();
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_EQ(reports[0].kind, Kind::kIdentified);
  EXPECT_EQ(reports[0].point.identity.head_bytes, 2U);
}

TEST_F(FileFollowerTest, counts_nul_bytes_and_visits_every_file) {
  fs_.append("/x", "a\n" + std::string(1000, '\0') + "b\n");
  adopt(1, "/x");
  turn();
  EXPECT_EQ(follower_->counters().nul_bytes_skipped, 1000U);
  std::uint64_t lines = 0;
  follower_->for_each([&](const FileTailer& file) { lines += file.lines_read(); });
  EXPECT_EQ(lines, 2U);
  follower_->handle(RetireFile{1});
  turn(seconds(60));
  follower_->for_each([&](const FileTailer&) { FAIL() << "it ended"; });
}

TEST_F(FileFollowerTest, commands_for_unknown_sources_do_nothing) {
  follower_->handle(RenameFile{1, "/x"});
  follower_->handle(RetireFile{1});
  follower_->handle(LoseFile{1});
  follower_->handle(ReleaseFile{1});
  follower_->handle(NudgeFile{1});
  follower_->handle(MoveFile{.source = 1, .path = "/x", .position = {}});
  follower_->forget_ended(1);
  EXPECT_EQ(turn(), Lines{});
  EXPECT_EQ(reports(), Reports{});
}

}  // namespace
}  // namespace tailrace::tailer
