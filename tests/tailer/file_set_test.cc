// Which files are followed, from where: targets, positions, reloads, links, watches.
// What becomes of lines under rotation is in rotation_cases_test.cc.
#include "tailer/file_set.h"

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/pack.h"
#include "tests/tailer/rotation_world.h"

namespace tailrace::testing {
namespace {

using Lines = std::vector<std::string>;
using std::chrono::seconds;
using Author = tailer::KnownPosition::Author;

class FileSetTest : public ::testing::Test {
 protected:
  RotationWorld& make(RotationWorld::Options options = {}) {
    world_ = std::make_unique<RotationWorld>(disk_, clock_, std::move(options));
    return *world_;
  }
  void append(const std::string& name, std::string_view text) {
    disk_.append("/logs/" + name, text);
  }
  std::size_t followed() {
    std::size_t count = 0;
    world_->set().for_each([&](const tailer::KnownFile&) { ++count; });
    return count;
  }

  FakeClock clock_;
  MemoryDisk disk_{clock_};
  std::unique_ptr<RotationWorld> world_;
};

TEST_F(FileSetTest, reads_what_the_pattern_matches_from_the_beginning) {
  append("a.log", "a1\n");
  append("a.log.1", "older\n");
  append("b.txt", "no\n");
  RotationWorld& world = make();
  world.add_target("job", "*.log");
  world.start();
  world.step();
  append("b.log", "b1\n");
  world.step();
  EXPECT_EQ(world.lines("a.log"), Lines{"a1"});
  EXPECT_EQ(world.lines("b.log"), Lines{"b1"});
  EXPECT_EQ(world.all_lines().size(), 2U);
  EXPECT_EQ(world.set().counters().adopted, 2U);
}

TEST_F(FileSetTest, a_rotation_between_any_two_looks_at_a_start_loses_nothing) {
  for (int at = 0; at < 80; ++at) {
    SCOPED_TRACE("before look " + std::to_string(at));
    MemoryDisk disk{clock_};
    RotationWorld world(disk, clock_, {});
    disk.append("/logs/a.log", "a1\n");
    world.add_target("job", "*.log");
    world.start();
    world.steps(3);
    clock_.advance(std::chrono::seconds(1));
    disk.rename("/logs/a.log", "/logs/a.log.1");
    disk.append("/logs/a.log", "b1\n");
    clock_.advance(std::chrono::seconds(1));
    int looks = 0;
    bool rotated = false;
    disk.fs.set_before_look([&](Operation, const std::string&) {
      if (rotated || looks++ < at) return;
      rotated = true;
      disk.rename("/logs/a.log", "/logs/a.log.2");
      disk.append("/logs/a.log", "c1\n");
    });
    world.restart();
    world.settle();
    disk.fs.set_before_look({});
    ASSERT_TRUE(rotated);
    std::vector<std::string> lines = world.lines("a.log");
    std::sort(lines.begin(), lines.end());
    ASSERT_EQ(lines, (Lines{"a1", "b1", "c1"}));
  }
}

TEST_F(FileSetTest, excluded_files_are_left_out) {
  append("a.log", "a1\n");
  append("secret.log", "s1\n");
  RotationWorld& world = make();
  world.add_target("job", "*.log", "secret*");
  world.start();
  world.step();
  append("secret2.log", "s2\n");
  world.steps(5);
  EXPECT_EQ(world.all_lines().size(), 1U);
}

TEST_F(FileSetTest, the_matched_path_is_the_filename_whatever_is_configured) {
  append("a.log", "a1\n");
  RotationWorld& world = make();
  world.add_target("job", "*.log", {}, {{"filename", "mine"}, {"env", "prod"}});
  world.start();
  world.step();
  EXPECT_EQ(world.lines("a.log"), Lines{"a1"});
}

TEST_F(FileSetTest, files_in_new_folders_are_found) {
  RotationWorld& world = make();
  world.add_target("job", "**/*.log");
  world.start();
  world.step();
  append("new/deep/a.log", "a1\n");
  world.steps(3);
  EXPECT_EQ(world.lines("new/deep/a.log"), Lines{"a1"});
}

TEST_F(FileSetTest, two_jobs_that_match_a_path_are_two_sources) {
  append("a.log", "a1\n");
  RotationWorld& world = make();
  world.add_target("one", "*.log");
  world.add_target("two", "a*");
  world.start();
  world.step();
  EXPECT_EQ(world.lines("a.log"), (Lines{"a1", "a1"}));
  append("a.log", "a2\n");
  world.restart();
  world.steps(2);
  EXPECT_EQ(world.lines("a.log"), (Lines{"a1", "a1", "a2", "a2"}));
  disk_.rename("/logs/a.log", "/logs/a.log.1");
  append("a.log", "b1\n");
  world.settle();
  EXPECT_EQ(world.lines("a.log").size(), 6U);
}

TEST_F(FileSetTest, two_targets_of_one_job_keep_their_places_apart) {
  append("a.log", "a1\n");
  RotationWorld& world = make();
  world.add_target("job", "*.log", {}, {{"t", "1"}});
  world.add_target("job", "*.log", {}, {{"t", "2"}});
  world.start();
  world.step();
  append("a.log", "a2\n");
  world.restart();
  world.steps(3);
  EXPECT_EQ(world.lines("a.log"), (Lines{"a1", "a1", "a2", "a2"}));
}

TEST_F(FileSetTest, one_file_under_several_names_is_read_once) {
  append("a.log", "a1\n");
  disk_.hard_link("/logs/a.log", "/logs/b.log");
  disk_.symlink("a.log", "/logs/c.log");
  RotationWorld& world = make();
  world.add_target("job", "*.log");
  world.start();
  world.step();
  append("a.log", "a2\n");
  world.steps(2);
  EXPECT_EQ(world.lines("a.log"), (Lines{"a1", "a2"}));
  EXPECT_EQ(world.all_lines().size(), 1U);
  // The name that it was found under goes; the file is still there.
  disk_.remove("/logs/a.log");
  append("b.log", "a3\n");
  world.settle();
  append("b.log", "a4\n");
  world.settle();
  EXPECT_EQ(world.lines("a.log"), (Lines{"a1", "a2", "a3", "a4"}));
}

TEST_F(FileSetTest, rotation_behind_a_link_is_followed) {
  disk_.append("/pods/0.log", "a1\n");
  disk_.symlink("/pods/0.log", "/logs/pod.log");
  RotationWorld& world = make();
  world.add_target("job", "*.log");
  world.start();
  world.steps(2);
  disk_.append("/pods/0.log", "a2\n");
  disk_.rename("/pods/0.log", "/pods/0.log.20260101-000000");
  disk_.append("/pods/0.log", "b1\n");
  world.steps(5);
  EXPECT_EQ(world.lines("pod.log"), (Lines{"a1", "a2", "b1"}));
  // Twice while stopped.
  world.stop();
  clock_.advance(seconds(1));
  disk_.rename("/pods/0.log", "/pods/0.log.20260101-000001");
  disk_.append("/pods/0.log", "c1\n");
  clock_.advance(seconds(1));
  disk_.rename("/pods/0.log", "/pods/0.log.20260101-000002");
  disk_.append("/pods/0.log", "d1\n");
  world.start();
  world.settle();
  EXPECT_EQ(world.lines("pod.log"), (Lines{"a1", "a2", "b1", "c1", "d1"}));
}

// ---- Where to begin ----

TEST_F(FileSetTest, start_at_end_is_for_files_that_are_there_at_the_start) {
  append("a.log", "old\n");
  append("half.log", "old\nbegin");
  append("empty.log", "");
  RotationWorld::Options options;
  options.read.files.start_at = config::FileOptionsConfig::StartAt::kEnd;
  RotationWorld& world = make(options);
  world.add_target("job", "*.log");
  world.start();
  world.step();
  append("a.log", "new\n");
  append("half.log", "ning\nnew\n");
  append("empty.log", "new\n");
  append("later.log", "new\n");
  world.steps(3);
  for (const char* const name : {"a.log", "half.log", "empty.log", "later.log"})
    EXPECT_EQ(world.lines(name), Lines{"new"}) << name;
  world.restart();
  world.steps(3);
  EXPECT_EQ(world.lines("a.log"), Lines{"new"});
}

TEST_F(FileSetTest, files_not_written_to_for_long_are_ignored_until_they_are) {
  append("old.log", "old\n");
  clock_.advance(std::chrono::hours(48));
  append("new.log", "new\n");
  RotationWorld::Options options;
  options.read.files.ignore_older = std::chrono::hours(24);
  RotationWorld& world = make(options);
  world.add_target("job", "*.log");
  world.start();
  world.step();
  EXPECT_EQ(world.all_lines().size(), 1U);
  append("old.log", "again\n");
  world.settle();
  EXPECT_EQ(world.lines("old.log"), (Lines{"old", "again"}));
}

TEST_F(FileSetTest, positions_of_promtail_are_taken_over) {
  append("a.log", "a1\na2\n");
  append("shorter.log", "s1\n");
  append("other.log", "o1\n");
  RotationWorld& world = make();
  world.add_target("job", "*.log");
  world.positions = {{world.path("a.log"), 3, Author::kEdited},
                     {world.path("shorter.log"), 100, Author::kEdited}};
  world.start();
  world.step();
  EXPECT_EQ(world.lines("a.log"), Lines{"a2"});
  EXPECT_EQ(world.lines("shorter.log"), Lines{"s1"}) << "it is another file";
  EXPECT_EQ(world.lines("other.log"), Lines{"o1"});
  // They are about the files of then.
  disk_.rename("/logs/a.log", "/logs/a.log.1");
  append("a.log", "b1\nb2\n");
  world.settle();
  EXPECT_EQ(world.lines("a.log"), (Lines{"a2", "b1", "b2"}));
}

TEST_F(FileSetTest, an_edited_position_wins_over_the_outbox) {
  append("a.log", "a1\na2\na3\n");
  RotationWorld& world = make();
  world.add_target("job", "*.log");
  world.start();
  world.step();
  world.stop();
  world.positions = {{world.path("a.log"), 3, Author::kEdited}};
  world.start();
  world.step();
  EXPECT_EQ(world.lines("a.log"), (Lines{"a1", "a2", "a3", "a2", "a3"}));
  world.stop();
  world.positions = {{world.path("a.log"), 3, Author::kSaved}};
  world.start();
  world.step();
  EXPECT_EQ(world.lines("a.log").size(), 5U) << "our own does not";
  world.stop();
  world.positions = {{world.path("a.log"), 9, Author::kEdited}};
  world.start();
  world.step();
  EXPECT_EQ(world.lines("a.log").size(), 5U) << "it says the same";
}

TEST_F(FileSetTest, a_device_number_may_change_over_a_reboot) {
  append("a.log", std::string(100, 'a') + "\n");
  append("small.log", "s1\n");
  RotationWorld& world = make();
  world.add_target("job", "*.log");
  world.start();
  world.step();
  world.stop();
  disk_.fs.set_device(99);
  append("a.log", "a2\n");
  append("small.log", "s2\n");
  world.start();
  world.settle();
  EXPECT_EQ(world.lines("a.log"), (Lines{std::string(100, 'a'), "a2"}));
  EXPECT_EQ(world.lines("small.log"), (Lines{"s1", "s2"}));
}

TEST_F(FileSetTest, a_restored_file_with_another_inode_is_the_same) {
  append("a.log", std::string(100, 'a') + "\n");
  RotationWorld& world = make();
  world.add_target("job", "*.log");
  world.start();
  world.step();
  world.stop();
  const std::string text = disk_.content("/logs/a.log");
  disk_.remove("/logs/a.log");
  append("a.log", text + "a2\n");
  world.start();
  world.settle();
  EXPECT_EQ(world.lines("a.log"), (Lines{std::string(100, 'a'), "a2"}));
}

TEST_F(FileSetTest, a_used_inode_number_is_another_file) {
  append("a.log", std::string(100, 'a') + "\n");
  const std::uint64_t inode = disk_.fs.stat("/logs/a.log")->inode;
  RotationWorld& world = make();
  world.add_target("job", "*.log");
  world.start();
  world.step();
  world.stop();
  disk_.remove("/logs/a.log");
  disk_.fs.reuse_inode(inode);
  append("a.log", std::string(200, 'b') + "\n");
  world.start();
  world.settle();
  EXPECT_EQ(world.lines("a.log"), (Lines{std::string(100, 'a'), std::string(200, 'b')}));
  // Also while it runs.
  disk_.remove("/logs/a.log");
  world.settle();
  disk_.fs.reuse_inode(inode);
  append("a.log", std::string(300, 'c') + "\n");
  world.settle();
  EXPECT_EQ(world.lines("a.log").size(), 3U);
  EXPECT_EQ(world.lines("a.log").back(), std::string(300, 'c'));
}

// ---- Reload ----

TEST_F(FileSetTest, a_reload_keeps_files_of_equal_targets) {
  append("a.log", "a1\n");
  RotationWorld& world = make();
  world.add_target("job", "*.log");
  world.start();
  world.step();
  world.apply_targets();
  append("a.log", "a2\n");
  world.steps(3);
  EXPECT_EQ(world.lines("a.log"), (Lines{"a1", "a2"}));
  EXPECT_EQ(world.set().counters().adopted, 1U);
}

TEST_F(FileSetTest, changed_labels_keep_the_place) {
  append("a.log", "a1\n");
  RotationWorld& world = make();
  world.add_target("job", "*.log", {}, {{"env", "dev"}});
  world.start();
  world.step();
  world.clear_targets();
  world.add_target("job", "*.log", {}, {{"env", "prod"}});
  world.apply_targets();
  append("a.log", "a2\n");
  world.steps(3);
  EXPECT_EQ(world.lines("a.log"), (Lines{"a1", "a2"}));
  bool prod = false;
  for (std::size_t worker = 0; worker < 2; ++worker) {
    world.follower(worker).for_each(
        [&](const tailer::FileTailer& file) { prod = *file.labels().find("env") == "prod"; });
  }
  EXPECT_TRUE(prod);
}

TEST_F(FileSetTest, a_renamed_job_inherits) {
  append("a.log", "a1\n");
  RotationWorld& world = make();
  world.add_target("old", "*.log");
  world.start();
  world.step();
  world.clear_targets();
  world.add_target("new", "a.*");
  world.apply_targets();
  append("a.log", "a2\n");
  world.steps(3);
  EXPECT_EQ(world.lines("a.log"), (Lines{"a1", "a2"}));
  // Over a restart as well.
  world.stop();
  world.clear_targets();
  world.add_target("newer", "a.*");
  append("a.log", "a3\n");
  world.start();
  world.steps(3);
  EXPECT_EQ(world.lines("a.log"), (Lines{"a1", "a2", "a3"}));
}

TEST_F(FileSetTest, a_job_that_comes_back_goes_on_where_it_was) {
  append("a.log", "a1\n");
  append("b.log", "b1\n");
  RotationWorld& world = make();
  world.add_target("a", "a.log");
  world.add_target("b", "b.log");
  world.start();
  world.step();
  world.clear_targets();
  world.add_target("b", "b.log");
  world.apply_targets();
  world.steps(2);
  EXPECT_EQ(followed(), 1U);
  append("a.log", "a2\n");
  append("b.log", "b2\n");
  world.settle();
  EXPECT_EQ(world.lines("a.log"), Lines{"a1"});
  world.add_target("a", "a.log");
  world.apply_targets();
  world.steps(3);
  EXPECT_EQ(world.lines("a.log"), (Lines{"a1", "a2"}));
  EXPECT_EQ(world.lines("b.log"), (Lines{"b1", "b2"}));
}

TEST_F(FileSetTest, a_job_that_is_gone_at_a_restart_keeps_its_points) {
  append("a.log", "a1\n");
  RotationWorld& world = make();
  world.add_target("a", "a.log");
  world.start();
  world.step();
  world.stop();
  world.clear_targets();
  world.start();
  world.settle();
  EXPECT_EQ(followed(), 0U);
  append("a.log", "a2\n");
  world.add_target("a", "a.log");
  world.apply_targets();
  world.steps(3);
  EXPECT_EQ(world.lines("a.log"), (Lines{"a1", "a2"}));
}

// ---- Workers, watches, trouble ----

TEST_F(FileSetTest, files_are_spread_over_workers_and_names_stay_on_one) {
  RotationWorld& world = make();
  for (int i = 0; i < 6; ++i)
    append(std::to_string(i) + ".log", "a\n");
  world.add_target("job", "*.log");
  world.start();
  world.step();
  std::size_t first = 0;
  world.follower(0).for_each([&](const tailer::FileTailer&) { ++first; });
  EXPECT_EQ(first, 3U);
  std::map<std::string, std::uint32_t> workers;
  world.set().for_each(
      [&](const tailer::KnownFile& file) { workers[file.point.label_path] = file.worker; });
  disk_.rename("/logs/0.log", "/logs/0.log.1");
  append("0.log", "b\n");
  world.steps(3);
  world.set().for_each([&](const tailer::KnownFile& file) {
    EXPECT_EQ(file.worker, workers[file.point.label_path]);
  });
  EXPECT_EQ(followed(), 7U);
}

TEST_F(FileSetTest, without_watches_everything_is_found_later) {
  RotationWorld& world = make();
  world.refuse_watches = true;
  append("a.log", "a1\n");
  world.add_target("job", "*.log");
  world.start();
  world.step();
  append("a.log", "a2\n");
  append("b.log", "b1\n");
  for (int i = 0; i < 12; ++i)
    world.step(seconds(1));
  EXPECT_EQ(world.lines("a.log"), (Lines{"a1", "a2"}));
  EXPECT_EQ(world.lines("b.log"), Lines{"b1"});
}

TEST_F(FileSetTest, lost_events_are_found_by_the_sweep) {
  RotationWorld& world = make();
  append("a.log", "a1\n");
  world.add_target("job", "*.log");
  world.start();
  world.step();
  world.lose_events = true;
  append("a.log", "a2\n");
  append("b.log", "b1\n");
  world.step(seconds(30));
  EXPECT_EQ(world.all_lines().size(), 1U);
  world.step(seconds(30));
  world.step(seconds(1));
  EXPECT_EQ(world.lines("a.log"), (Lines{"a1", "a2"}));
  EXPECT_EQ(world.lines("b.log"), Lines{"b1"});
}

TEST_F(FileSetTest, an_unreadable_file_holds_up_nobody) {
  append("a.log", "a1\n");
  append("b.log", "b1\n");
  disk_.fs.fail_on(Operation::kOpen, "/logs/a.log", EACCES);
  RotationWorld& world = make();
  world.add_target("job", "*.log");
  world.start();
  world.steps(3);
  EXPECT_EQ(world.lines("b.log"), Lines{"b1"});
  EXPECT_EQ(world.set().counters().failures, 1U);
  disk_.fs.clear_failures();
  world.settle();
  EXPECT_EQ(world.lines("a.log"), Lines{"a1"});
}

TEST_F(FileSetTest, a_folder_that_is_replaced_is_watched_again) {
  append("d/a.log", "a1\n");
  RotationWorld& world = make();
  world.add_target("job", "d/*.log");
  world.start();
  world.step();
  disk_.rename("/logs/d", "/logs/e");
  append("d/a.log", "b1\n");
  world.settle();
  append("d/c.log", "c1\n");
  world.steps(3);
  EXPECT_EQ(world.lines("d/a.log"), (Lines{"a1", "b1"}));
  EXPECT_EQ(world.lines("d/c.log"), Lines{"c1"});
}

TEST_F(FileSetTest, compressed_files_are_left_out_unless_the_job_decompresses) {
  const std::string stored = pack(config::DecompressionConfig::Format::kGzip, "a1\na2\n");
  append("a.log.gz", stored);
  append("plain.gz", "plain\n");
  RotationWorld& world = make();
  world.add_target("job", "*");
  world.start();
  world.step();
  EXPECT_EQ(world.all_lines().size(), 1U);
  EXPECT_EQ(world.lines("plain.gz"), Lines{"plain"});
}

TEST_F(FileSetTest, a_job_with_decompression_reads_them_by_lines) {
  const auto format = config::DecompressionConfig::Format::kGzip;
  append("a.gz", pack(format, "a1\na2\n"));
  RotationWorld::Options options;
  options.read.decompression.enabled = true;
  options.read.decompression.format = format;
  RotationWorld& world = make(options);
  world.add_target("job", "*.gz");
  world.positions = {{world.path("a.gz"), 1, Author::kEdited}};
  world.start();
  world.step();
  EXPECT_EQ(world.lines("a.gz"), Lines{"a2"});
  append("a.gz", pack(format, "a3\n"));
  world.restart();
  world.steps(3);
  EXPECT_EQ(world.lines("a.gz"), (Lines{"a2", "a3"}));
  disk_.remove("/logs/a.gz");
  append("a.gz", pack(format, "b1\nb2\nb3\nb4\n"));
  world.settle();
  EXPECT_EQ(world.lines("a.gz"), (Lines{"a2", "a3", "b1", "b2", "b3", "b4"}));
}

TEST_F(FileSetTest, the_next_deadline_is_the_sweep_or_a_suspect) {
  RotationWorld& world = make();
  append("x.log", std::string(100, 'a') + "\n");
  world.add_target("job", "x.log*");
  world.start();
  world.step();
  EXPECT_EQ(world.set().next_deadline(), clock_.steady_now() + seconds(60));
  disk_.copy("/logs/x.log", "/logs/x.log.1");
  world.step();
  EXPECT_EQ(world.set().next_deadline(), clock_.steady_now() + std::chrono::milliseconds(250));
}

}  // namespace
}  // namespace tailrace::testing
