// Tests of `multiline`, with the held lines over restarts.
#include "pipeline/stages/multiline_stage.h"

#include <gtest/gtest.h>

#include "tests/pipeline/pipeline_rig.h"

namespace tailrace::pipeline::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Texts = std::vector<std::string>;

// The first word is the first line's; every later stage sees it.
std::vector<config::StageConfig> joining(std::uint64_t lines_max = 128) {
  return stages(regex("^\\[(?P<id>\\w+)\\]"), multiline("^\\[", lines_max), labels({"id"}));
}

TEST(MultilineStage, a_first_line_ends_the_block_before_it) {
  PipelineRig rig(joining());
  rig.run_all({"[1] a", " x", " y", "[2] b"});
  EXPECT_EQ(rig.sent_lines(), (Texts{"[1] a\n x\n y"}));
  EXPECT_EQ(rig.last().lines, 3U);
  EXPECT_EQ(rig.last().labels, R"({id="1", job="t"})");
  EXPECT_EQ(rig.held_texts(), (Texts{"[2] b"}));
}

TEST(MultilineStage, lines_before_the_first_first_line_pass_alone) {
  PipelineRig rig(joining());
  rig.run_all({"x", "[1] a"});
  EXPECT_EQ(rig.sent_lines(), (Texts{"x"}));
  EXPECT_EQ(rig.held_texts(), (Texts{"[1] a"}));
}

TEST(MultilineStage, time_comes_from_the_first_line) {
  PipelineRig rig(joining());
  const std::int64_t begin = unix_nanoseconds(rig.clock_.wall_now());
  rig.run("[1] a");
  rig.advance(seconds(1));
  rig.run_all({" x", "[2] b"});
  EXPECT_EQ(rig.last().time_ns, begin);
}

TEST(MultilineStage, a_full_block_is_sent_and_its_first_line_stays_as_context) {
  PipelineRig rig(joining(2));
  rig.run_all({"[1] a", "b", "c"});
  EXPECT_EQ(rig.sent_lines(), (Texts{"[1] a\nb"}));
  EXPECT_EQ(rig.held_texts(), (Texts{"[[1] a]", "c"}));
  rig.run_all({"d", "e", "[2] f"});
  EXPECT_EQ(rig.sent_lines(), (Texts{"[1] a\nb", "c\nd", "e"}));
  EXPECT_EQ(rig.last().labels, R"({id="1", job="t"})");
  EXPECT_EQ(rig.held_texts(), (Texts{"[2] f"}));
}

TEST(MultilineStage, the_wait_restarts_with_every_line) {
  PipelineRig rig(joining());
  EXPECT_EQ(rig.pipeline_->next_release(), SteadyTime::max());
  rig.run("[1] a");
  rig.advance(seconds(2));
  rig.run("b");
  EXPECT_EQ(rig.pipeline_->next_release(), rig.clock_.steady_now() + seconds(3));
  rig.advance(seconds(2));
  rig.release_due();
  EXPECT_TRUE(rig.sent_.empty());
  rig.advance(seconds(1));
  rig.release_due();
  EXPECT_EQ(rig.sent_lines(), (Texts{"[1] a\nb"}));
  EXPECT_EQ(rig.pipeline_->next_release(), SteadyTime::max());
  rig.run("late");
  EXPECT_EQ(rig.held_texts(), (Texts{"[[1] a]", "late"}));
}

TEST(MultilineStage, streams_are_told_apart_by_their_labels) {
  PipelineRig rig(stages(regex("(?P<who>\\w)$"), labels({"who"}), multiline("^\\[")));
  rig.run_all({"[1] a", "[2] b", "x a", "y b"});
  EXPECT_TRUE(rig.sent_.empty());
  rig.pipeline_->end_input(rig);
  EXPECT_EQ(rig.sent_lines(), (Texts{"[1] a\nx a", "[2] b\ny b"}));
  EXPECT_EQ(rig.sent_labels(), (Texts{R"({job="t", who="a"})", R"({job="t", who="b"})"}));
  EXPECT_TRUE(rig.held_texts().empty());
  EXPECT_EQ(rig.held_.bytes(), 0U);
}

TEST(MultilineStage, the_longest_waiting_is_released_first_and_the_others_stay) {
  PipelineRig rig(stages(regex("(?P<who>\\w)$"), labels({"who"}), multiline("^\\[")));
  rig.run("[1] a");
  rig.advance(seconds(1));
  rig.run("[2] b");
  rig.run("x a");
  rig.advance(seconds(1));
  rig.run("[3] c");
  rig.advance(seconds(2));
  rig.release_due();
  EXPECT_EQ(rig.sent_lines(), (Texts{"[2] b", "[1] a\nx a"}));
  EXPECT_EQ(rig.held_texts(), (Texts{"[[1] a]", "[[2] b]", "[3] c"}));
}

TEST(MultilineStage, an_empty_first_line_leaves_no_trace) {
  PipelineRig rig(stages(multiline("^$")));
  rig.run_all({"", "a", ""});
  EXPECT_EQ(rig.sent_lines(), (Texts{"a"}));
  EXPECT_EQ(rig.last().lines, 2U);
}

TEST(MultilineStage, a_merged_entry_is_cut_at_its_limit) {
  PipelineRig rig(stages(multiline("^\\[", 0)));
  const std::string half(kMergedBytesMax / 2 - 1, 'x');
  rig.run_all({"[" + half.substr(1), half, half});
  ASSERT_EQ(rig.sent_.size(), 1U);
  EXPECT_EQ(rig.last().line.size(), kMergedBytesMax - 1);
  rig.run_all({"yy", "[2]"});
  ASSERT_EQ(rig.sent_.size(), 2U);
  EXPECT_EQ(rig.last().line, half + "\nyy");
  EXPECT_GT(rig.pipeline_->room_needed(0), 2U);
}

TEST(MultilineStage, a_line_over_the_limit_is_an_entry_of_its_own) {
  PipelineRig rig(stages(multiline("^\\[", 0)));
  const std::string long_line(kMergedBytesMax + 1, 'x');
  rig.run_all({"[1]", long_line, long_line, "y"});
  rig.pipeline_->end_input(rig);
  EXPECT_EQ(rig.sent_lines(), (Texts{"[1]", long_line, long_line, "y"}));
}

TEST(MultilineStage, beyond_the_share_of_held_bytes_the_oldest_goes_then_its_context) {
  PipelineRig rig(stages(regex("(?P<who>\\w)$"), labels({"who"}), multiline("^\\[")), 500);
  rig.run("[1]" + std::string(80, 'x') + "a");
  EXPECT_NE(rig.pipeline_->next_release(), SteadyTime::min());
  rig.run("[2]" + std::string(80, 'x') + "b");
  EXPECT_EQ(rig.pipeline_->next_release(), SteadyTime::min());
  rig.release_due();
  ASSERT_EQ(rig.sent_.size(), 2U);  // The first lines stay as context, which takes as much.
  EXPECT_EQ(rig.sent_[0].line.substr(0, 3), "[1]");
  EXPECT_EQ(rig.held_texts().size(), 1U);
  EXPECT_NE(rig.pipeline_->next_release(), SteadyTime::min());
  rig.run("passes a");
  EXPECT_EQ(rig.last().line, "passes a");
}

TEST(MultilineStage, contexts_are_limited) {
  PipelineRig rig(stages(regex("(?P<who>\\w+)$"), labels({"who"}), multiline("^\\[", 1)));
  for (std::size_t i = 0; i <= MultilineStage::kContextsMax; ++i) {
    rig.run("[" + std::to_string(i));
  }
  EXPECT_EQ(rig.held_texts().size(), MultilineStage::kContextsMax);
  EXPECT_EQ(rig.held_texts().front(), "[[1]");
}

TEST(MultilineStage, sets_survive_a_sweep_while_they_are_held) {
  PipelineRig rig(joining());
  rig.run("[1] a");
  for (int i = 0; i < 3; ++i) {
    rig.pipeline_->forget_label_cache();
    rig.table_.sweep();
  }
  rig.run_all({"b", "[2]"});
  EXPECT_EQ(rig.sent_lines(), (Texts{"[1] a\nb"}));
}

TEST(MultilineStage, room_is_asked_for_between_lines_only) {
  PipelineRig rig(joining());
  rig.run_all({"[1] a", "[2] b"});
  EXPECT_TRUE(rig.rooms_.empty());
  rig.pipeline_->end_input(rig);
  ASSERT_EQ(rig.rooms_.size(), 1U);
  EXPECT_EQ(rig.rooms_[0], 5U + 4U);  // Text, and the label job="t".
}

// --- restarts ---

TEST(MultilineStage, held_lines_join_again_after_a_restart) {
  PipelineRig before(joining());
  before.run_all({"[1] a", "b"});
  PipelineRig after(joining());
  after.replay(before);
  EXPECT_EQ(after.held_texts(), (Texts{"[1] a", "b"}));
  after.run_all({"c", "[2] d"});
  EXPECT_EQ(after.sent_lines(), (Texts{"[1] a\nb\nc"}));
  EXPECT_EQ(after.last().labels, R"({id="1", job="t"})");
  EXPECT_EQ(after.held_texts(), (Texts{"[2] d"}));
}

TEST(MultilineStage, context_gives_labels_and_time_after_a_restart_and_is_not_sent_again) {
  PipelineRig before(joining(2));
  before.run_all({"[1] a", "b", "c"});
  PipelineRig after(joining(2));
  after.replay(before);
  EXPECT_TRUE(after.sent_.empty());
  EXPECT_EQ(after.held_texts(), (Texts{"[[1] a]", "c"}));
  after.run("d");
  EXPECT_EQ(after.sent_lines(), (Texts{"c\nd"}));
  EXPECT_EQ(after.last().labels, R"({id="1", job="t"})");
  after.run("[2] e");
  EXPECT_EQ(after.held_texts(), (Texts{"[2] e"}));
}

TEST(MultilineStage, context_that_no_stage_wants_any_more_is_forgotten) {
  PipelineRig rig(stages(regex("(?P<id>\\w)"), labels({"id"})));
  rig.run("[1] a", EntryRole::kContext);
  EXPECT_TRUE(rig.sent_.empty());
  EXPECT_TRUE(rig.held_texts().empty());
}

TEST(MultilineStage, context_replaces_older_context) {
  PipelineRig rig(joining(1));
  rig.run("[1] a");
  rig.run("[2] b", EntryRole::kContext);
  EXPECT_EQ(rig.held_texts(), (Texts{"[[2] b]"}));
  rig.run("c");
  EXPECT_EQ(rig.last().labels, R"({id="2", job="t"})");
}

// A metric before the stage saw each line before the restart; one behind it never saw the entry.
TEST(MultilineStage, metrics_before_it_count_lines_once_and_behind_it_entries_once) {
  const auto config = stages(count("lines"), multiline("^\\["), count("entries"));
  PipelineRig before(config);
  before.run_all({"[1] a", "b"});
  EXPECT_EQ(before.metric_lines("promtail_custom_"), (Texts{"promtail_custom_lines{job=\"t\"} 2"}));
  PipelineRig after(config);
  after.replay(before);
  EXPECT_TRUE(after.metric_lines("promtail_custom_").empty());
  // Released by its deadline: all its lines are replayed ones, and it is counted.
  after.advance(seconds(3));
  after.release_due();
  EXPECT_EQ(after.metric_lines("promtail_custom_"),
            (Texts{"promtail_custom_entries{job=\"t\"} 1"}));
}

TEST(MultilineStage, an_entry_that_a_fresh_line_completes_is_counted_behind_it) {
  const auto config = stages(count("lines"), multiline("^\\["), count("entries"));
  PipelineRig before(config);
  before.run_all({"[1] a", "b"});
  PipelineRig after(config);
  after.replay(before);
  after.run("[2] c");
  EXPECT_EQ(after.metric_lines("promtail_custom_"),
            (Texts{"promtail_custom_entries{job=\"t\"} 1", "promtail_custom_lines{job=\"t\"} 1"}));
}

// Two stages that hold: the first one's entry was counted in between before the restart.
TEST(MultilineStage, an_entry_that_a_replayed_line_completes_was_counted_before) {
  const auto config = stages(multiline("^\\["), count("between"), multiline("1"), count("behind"));
  PipelineRig before(config);
  before.run_all({"[1] a", "b", "[2] c"});
  EXPECT_EQ(before.held_texts(), (Texts{"[1] a", "b", "[2] c"}));
  EXPECT_EQ(before.metric_lines("promtail_custom_"),
            (Texts{"promtail_custom_between{job=\"t\"} 1"}));
  PipelineRig after(config);
  after.replay(before);
  EXPECT_TRUE(after.metric_lines("promtail_custom_").empty());
  EXPECT_EQ(after.held_texts(), (Texts{"[1] a", "b", "[2] c"}));
  after.pipeline_->end_input(after);
  EXPECT_EQ(after.sent_lines(), (Texts{"[1] a\nb\n[2] c"}));
  EXPECT_EQ(after.metric_lines("promtail_custom_"),
            (Texts{"promtail_custom_behind{job=\"t\"} 1", "promtail_custom_between{job=\"t\"} 1"}));
}

TEST(MultilineStage, a_dropped_block_is_released) {
  config::DropStageConfig drop;
  drop.expression = "secret";
  PipelineRig rig(stages(multiline("^\\["), drop));
  rig.run_all({"[1] a", "secret", "[2]"});
  EXPECT_TRUE(rig.sent_.empty());
  EXPECT_EQ(rig.held_texts(), (Texts{"[2]"}));
}

TEST(MultilineStage, a_wait_beyond_the_clock_never_ends) {
  config::MultilineStageConfig config = multiline("^\\[");
  config.max_wait = std::chrono::nanoseconds::max();
  PipelineRig rig(stages(config));
  rig.run("[1] a");
  EXPECT_EQ(rig.pipeline_->next_release(), SteadyTime::max());
}

}  // namespace
}  // namespace tailrace::pipeline::testing
