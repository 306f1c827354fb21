// The engine where things go wrong: short room, a disk that refuses, leftovers, edited positions.
#include "daemon/engine.h"

#include <algorithm>
#include <cerrno>

#include "daemon/status.h"
#include "tests/daemon/trouble_rig.h"

namespace tailrace::daemon {
namespace {

using tailrace::testing::Operation;
constexpr std::uint64_t kMiB = 1U << 20U;

class EngineTest : public TroubleRig {
 protected:
  // The last series of a family in the order of its labels; null: there is none.
  static const MetricSample* sample(const std::vector<MetricFamily>& families,
                                    std::string_view name) {
    for (const MetricFamily& family : families) {
      if (family.name == name && !family.samples.empty()) return &family.samples.back();
    }
    return nullptr;
  }
};

TEST_F(EngineTest, an_outbox_in_memory_is_small_and_says_so) {
  files_.become_memory_backed();
  memory_limit_ = 16 * kMiB;
  loki_status_ = 503;
  files_.append("/logs/a.log", noise(6 * kMiB));
  start(text());
  EXPECT_EQ(logged("the outbox lies in memory"), 1);
  run();
  EXPECT_GT(outbox().client_bytes("http://loki/push"), kMiB);
  EXPECT_LE(outbox().client_bytes("http://loki/push"), 2 * kMiB);
  EXPECT_EQ(logged("the outbox share of a client is half full"), 1);
  EXPECT_EQ(worker().troubles().back(), "client http://loki/push: its share of the outbox is full");
  loki_status_ = 204;
  run(2000);
  EXPECT_TRUE(outbox().everything_done());
  EXPECT_EQ(engine_->files().counters().adopted, 1U);
  EXPECT_TRUE(worker().troubles().empty());
}

TEST_F(EngineTest, a_disk_that_fills_up_lowers_the_share_and_one_that_empties_raises_it) {
  files_.set_capacity(40 * kMiB);
  loki_status_ = 503;
  start(text());
  files_.append("/logs/a.log", noise(16 * kMiB));  // Of 40 MiB free, 24 are left: 12 of them ours.
  run(2000);
  const std::uint64_t used = outbox().client_bytes("http://loki/push");
  EXPECT_GT(used, 9 * kMiB);
  EXPECT_LE(used, 12 * kMiB);
  EXPECT_FALSE(outbox().disk_error().has_value());
  files_.set_capacity(400 * kMiB);
  run(2000);
  EXPECT_GT(outbox().client_bytes("http://loki/push"), 14 * kMiB);
}

TEST_F(EngineTest, while_the_disk_refuses_memory_is_bounded_and_the_disk_is_tried_again) {
  loki_status_ = 503;
  files_.append("/logs/a.log", noise(24 * kMiB));
  start(text());
  files_.become_read_only();
  run(500);
  EXPECT_TRUE(outbox().disk_error().has_value());
  EXPECT_GT(outbox().memory_bytes(), 6 * kMiB);
  EXPECT_LE(outbox().memory_bytes(), 8 * kMiB);
  EXPECT_EQ(logged("the memory for what is not sent is used up"), 1);
  // Nothing is read and nothing answered: the disk must be found by itself.
  files_.become_writable();
  run(500);
  EXPECT_FALSE(outbox().disk_error().has_value());
  EXPECT_GT(outbox().client_bytes("http://loki/push"), 16 * kMiB);
  EXPECT_LE(outbox().memory_bytes(), 9 * kMiB);
}

TEST_F(EngineTest, while_the_disk_refuses_the_oldest_goes_where_that_was_chosen) {
  loki_status_ = 503;
  files_.append("/logs/a.log", noise(24 * kMiB));
  start(text("tailrace: {outbox: {when_full: drop_oldest}}"));
  files_.become_read_only();
  run(500);
  EXPECT_LE(outbox().memory_bytes(), 10 * kMiB);
  EXPECT_GT(metric("tailrace_outbox_dropped_entries_total{client=\"http://loki/push\"}"), 1000);
}

TEST_F(EngineTest, segments_that_only_wait_for_a_sync_wake_the_disk_thread) {
  files_.become_memory_backed();  // Small segments.
  files_.append("/logs/a.log", noise(8 * kMiB));
  start(text());
  run(500);
  EXPECT_GT(disk_wakes_, 0);
  save();
  const int before = disk_wakes_;
  files_.append("/logs/a.log", "one more\n");
  run(50);
  EXPECT_EQ(disk_wakes_, before);
}

TEST_F(EngineTest, entries_of_an_earlier_run_count_as_pending_until_they_are_answered) {
  loki_status_ = 503;
  files_.append("/logs/a.log", "one\ntwo\nthree\n");
  start(text());
  run();
  EXPECT_EQ(worker().delivery().pending_entries(), 3U);
  stop();
  start(text());
  run(5);
  EXPECT_EQ(worker().delivery().pending_entries(), 3U);
  loki_status_ = 204;
  run();
  EXPECT_EQ(worker().delivery().pending_entries(), 0U);
  EXPECT_EQ(sent(), 3);
  save();
  EXPECT_NE(positions_text().find("/logs/a.log: \"14\""), std::string::npos);
}

TEST_F(EngineTest, positions_of_an_earlier_run_wait_until_all_that_it_left_is_answered) {
  loki_status_ = 503;
  files_.append("/logs/a.log", "one\n");
  start(text());
  run();
  stop();
  start(text());
  run();
  save();
  EXPECT_EQ(positions_text().find("a.log: \"4\""), std::string::npos);
  loki_status_ = 204;
  run();
  save();
  EXPECT_NE(positions_text().find("a.log: \"4\""), std::string::npos);
}

TEST_F(EngineTest, what_a_worker_left_that_is_gone_stays_when_it_cannot_be_read) {
  loki_status_ = 503;
  for (const char* name : {"a", "b", "c", "d"})
    files_.append(std::string("/logs/") + name + ".log", "one\ntwo\n");
  start(text("tailrace: {workers: 2}"));
  run();
  EXPECT_EQ(worker(1).delivery().pending_entries(), 4U);
  stop();

  loki_status_ = 204;
  files_.fail_on(Operation::kRemove, "", EIO);
  start(text("tailrace: {workers: 1}"));
  files_.clear_failures();
  EXPECT_EQ(metric("tailrace_outbox_not_absorbed_total"), 1);
  EXPECT_EQ(logged("what a worker left that no longer exists cannot be taken over"), 1);
  run();
  const double first = sent();
  stop();
  EXPECT_TRUE(files_.stat("/state/positions.yaml.outbox/1").has_value());
  start(text("tailrace: {workers: 1}"));
  run();
  EXPECT_EQ(first + std::max(sent(), 0.0), 8);  // Once each, in one run or the other.
  EXPECT_FALSE(files_.stat("/state/positions.yaml.outbox/1").has_value());
}

TEST_F(EngineTest, files_of_an_outbox_that_cannot_be_opened_are_read_by_their_positions) {
  loki_status_ = 503;
  for (const char* name : {"a", "b"})
    files_.append(std::string("/logs/") + name + ".log", "one\ntwo\n");
  start(text("tailrace: {workers: 2}"));
  run();
  stop();
  loki_status_ = 204;
  files_.fail_on(Operation::kList, "/state/positions.yaml.outbox/1", EIO);
  start(text("tailrace: {workers: 1}"));
  run();
  EXPECT_EQ(metric("tailrace_outbox_not_absorbed_total"), 1);
  EXPECT_EQ(sent(), 4);  // Nothing was answered before: from the beginning.
  EXPECT_TRUE(files_.stat("/state/positions.yaml.outbox/1").has_value());
}

TEST_F(EngineTest, a_file_whose_position_a_person_removed_is_read_anew) {
  files_.append("/logs/a.log", "one\ntwo\n");
  files_.append("/logs/b.log", "three\n");
  start(text());
  run();
  EXPECT_EQ(sent(), 3);
  save();
  stop();
  std::string edited = positions_text();
  const std::size_t begin = edited.find("  /logs/a.log");
  ASSERT_NE(begin, std::string::npos);
  edited.erase(begin, edited.find('\n', begin) + 1 - begin);
  files_.overwrite(std::string(kPositions), edited);
  start(text());
  run();
  EXPECT_EQ(sent(), 2);
  EXPECT_EQ(logged("was removed from the positions file"), 1);
  stop();
  start(text());  // Once, not at each start.
  run();
  EXPECT_EQ(std::max(sent(), 0.0), 0);
}

TEST_F(EngineTest, positions_of_files_that_were_deleted_meanwhile_leave_the_file) {
  files_.append("/logs/a.log", "one\n");
  files_.append("/logs/b.log", "two\n");
  start(text());
  run();
  save();
  stop();
  ASSERT_TRUE(files_.remove("/logs/a.log").has_value());
  start(text());
  run();
  save();
  files_.append("/logs/b.log", "more\n");
  run();
  save();
  EXPECT_EQ(positions_text().find("/logs/a.log"), std::string::npos);
  EXPECT_NE(positions_text().find("/logs/b.log: \"9\""), std::string::npos);
}

TEST_F(EngineTest, says_when_positions_are_torn_or_written_in_place) {
  files_.append("/logs/a.log", "one\n");
  files_.append("/logs/b.log", "one\n");
  start(text());
  run();
  save();
  EXPECT_EQ(logged("cannot be replaced"), 0);
  files_.fail_on(Operation::kRename, "", EBUSY);
  files_.append("/logs/a.log", "two\n");
  run();
  save();
  files_.append("/logs/a.log", "three\n");
  run();
  save();
  EXPECT_EQ(logged("cannot be replaced"), 1);
  files_.clear_failures();
  stop();
  std::string torn = positions_text();
  torn.resize(torn.find('"', torn.find("/logs/b.log")) + 1);
  files_.overwrite(std::string(kPositions), torn);
  start(text());
  EXPECT_EQ(logged("the positions file is damaged"), 1);
}

TEST_F(EngineTest, an_unknown_encoding_fails_with_its_place) {
  const Status created = create(text({}, "encoding: klingon"));
  ASSERT_FALSE(created);
  EXPECT_EQ(created.error().message.substr(0, 44), "test.yaml:7:13: scrape_configs[0].encoding: ")
      << created.error().message;
}

TEST_F(EngineTest, counts_bytes_that_were_gone_before_they_were_read) {
  files_.become_memory_backed();
  memory_limit_ = 16 * kMiB;
  loki_status_ = 503;
  files_.append("/logs/a.log", noise(6 * kMiB));
  start(text());
  run();
  files_.append("/logs/a.log", "an event, which tells how long it is\n");
  run();
  files_.overwrite("/logs/a.log", "rewritten without a copy\n");
  run();
  std::vector<MetricFamily> families;
  append_metrics({status_of(worker())}, families);
  const MetricSample* const lost = sample(families, "tailrace_lost_bytes_total");
  ASSERT_NE(lost, nullptr);
  EXPECT_EQ(lost->labels, (MetricLabels{{"path", "/logs/a.log"}, {"reason", "content is gone"}}));
  EXPECT_GT(lost->value, 0);
  EXPECT_EQ(sample(families, "tailrace_files_displaced_total")->value, 1);
  EXPECT_GT(sample(families, "tailrace_outbox_pending_entries")->value, 0);
  EXPECT_GT(sample(families, "tailrace_memory_bytes")->value, 0);
  EXPECT_EQ(metric("tailrace_copies_missing_total"), 1);
}

TEST_F(EngineTest, counts_targets_and_lines_that_were_cut) {
  files_.append("/logs/a.log", std::string(kMiB + 10, 'x') + "\nshort\n");
  start(text({},
             "relabel_configs: [{source_labels: [drop], regex: y, action: drop}]\n"
             "- job_name: b\n  static_configs: [{labels: {x: y}}, {labels: {drop: y, __path__: "
             "/x}}, {labels: {__path__: /y, __host__: other}}]\n  relabel_configs: "
             "[{source_labels: [drop], regex: y, action: drop}]"));
  run();
  EXPECT_EQ(metric("promtail_targets_active_total"), 1);
  EXPECT_EQ(metric("promtail_targets_failed_total{reason=\"no_path\"}"), 1);
  EXPECT_EQ(metric("promtail_targets_failed_total{reason=\"dropped\"}"), 1);
  EXPECT_EQ(metric("promtail_targets_failed_total{reason=\"wrong_host\"}"), 1);
  EXPECT_EQ(metric("tailrace_files_adopted_total"), 1);
  std::vector<MetricFamily> families;
  append_metrics({status_of(worker())}, families);
  EXPECT_EQ(sample(families, "tailrace_lines_cut_total")->value, 1);
}

}  // namespace
}  // namespace tailrace::daemon
