// Tests of `cri`: taking lines apart, joining partial ones, restarts.
#include "pipeline/stages/cri_stage.h"

#include <gtest/gtest.h>

#include "tests/pipeline/pipeline_rig.h"

namespace tailrace::pipeline::testing {
namespace {

using Texts = std::vector<std::string>;

std::string piece(char flag, const std::string& text, const std::string& stream = "stdout") {
  return "2019-01-01T01:00:00.5Z " + stream + " " + flag + " " + text;
}
constexpr std::int64_t kPieceTime = 1'546'304'400'500'000'000;

TEST(CriStage, takes_a_line_apart) {
  PipelineRig rig(stages(config::CriStageConfig{}));
  rig.run(piece('F', "my message", "stderr"));
  EXPECT_EQ(rig.last().line, "my message");
  EXPECT_EQ(rig.last().labels, R"({job="t", stream="stderr"})");
  EXPECT_EQ(rig.last().time_ns, kPieceTime);
}

TEST(CriStage, leaves_other_lines_as_they_are_with_a_fudged_time_per_label_set) {
  PipelineRig rig(stages(config::CriStageConfig{}));
  const std::int64_t now = unix_nanoseconds(rig.clock_.wall_now());
  for (const std::string line :
       {"plain", "2019-01-01T01:00:00.5Z stdin F x", "2019-01-01T01:00:00.5Z stdout F",
        "2019-01-01T01:00:00.5Z stdout  F x", "2019-01-01T01:00:00.5Z\tstdout F x", " stdout F x",
        "2019-01-01T01:00:00.5Z stdout"}) {
    rig.run(line);
    EXPECT_EQ(rig.last().line, line);
    EXPECT_EQ(rig.last().labels, R"({job="t"})");
    EXPECT_EQ(rig.last().time_ns, now);
  }
  rig.run(piece('F', "x"));
  rig.run("2019-01-01 stdout F bad time");
  EXPECT_EQ(rig.last().time_ns, kPieceTime + 1);
  EXPECT_EQ(rig.last().line, "bad time");
}

TEST(CriStage, joins_partial_lines_into_the_full_one) {
  PipelineRig rig(stages(config::CriStageConfig{}));
  rig.run_all({piece('P', "one "), piece('P', "two ")});
  EXPECT_TRUE(rig.sent_.empty());
  EXPECT_EQ(rig.held().size(), 2U);
  rig.run(piece('F', "three"));
  EXPECT_EQ(rig.sent_lines(), (Texts{"one two three"}));
  EXPECT_EQ(rig.last().lines, 3U);
  EXPECT_TRUE(rig.held().empty());
  EXPECT_EQ(rig.pipeline_->next_release(), SteadyTime::max());
}

TEST(CriStage, only_the_flag_p_alone_is_partial) {
  PipelineRig rig(stages(config::CriStageConfig{}));
  rig.run("2019-01-01T01:00:00.5Z stdout P:x tagged");
  rig.run("2019-01-01T01:00:00.5Z stdout X other");
  EXPECT_EQ(rig.sent_lines(), (Texts{"tagged", "other"}));
}

TEST(CriStage, values_of_labels_stand_in_for_what_the_line_lacks) {
  PipelineRig rig(stages(config::CriStageConfig{}));
  rig.target_ = {{"flags", "P"}, {"job", "t"}};
  rig.run("plain");
  EXPECT_TRUE(rig.sent_.empty());
  rig.target_ = {{"job", "t"}, {"tags", "tagged"}, {"time", "2019-01-01T01:00:00.5Z"}};
  rig.run("plain");
  EXPECT_EQ(rig.last().line, "tagged");
  EXPECT_EQ(rig.last().time_ns, kPieceTime);
}

TEST(CriStage, labels_as_stages_left_them_are_copied_to_extracted) {
  config::LabelDropStageConfig drop;
  drop.names = {"tags"};
  PipelineRig rig(stages(drop, config::CriStageConfig{}));
  rig.target_ = {{"job", "t"}, {"tags", "tagged"}};
  rig.run("plain");
  // The copy that was made at the beginning of the pipeline is still there.
  EXPECT_EQ(rig.last().line, "tagged");
  PipelineRig set(stages(regex("(?P<x>.+)"), config::LabelsStageConfig{.labels = {{"tags", "x"}}},
                         config::CriStageConfig{}));
  set.run("plain");
  EXPECT_EQ(set.last().line, "plain");
  EXPECT_EQ(set.last().labels, R"({job="t", tags="plain"})");
  set.run(piece('F', "x"));
  EXPECT_EQ(set.last().line, piece('F', "x"));
}

TEST(CriStage, streams_are_joined_apart) {
  PipelineRig rig(stages(config::CriStageConfig{}));
  rig.run_all(
      {piece('P', "a"), piece('P', "b", "stderr"), piece('F', "c", "stderr"), piece('F', "d")});
  EXPECT_EQ(rig.sent_lines(), (Texts{"bc", "ad"}));
}

TEST(CriStage, too_many_pending_streams_are_all_released_first) {
  config::CriStageConfig config;
  config.partial_streams_max = 2;
  PipelineRig rig(stages(regex("id=(?P<id>\\w)"), labels({"id"}), config));
  rig.run_all({piece('P', "id=a 1"), piece('P', "id=b 1")});
  const std::uint64_t room = rig.pipeline_->room_needed(0);
  rig.run(piece('P', "id=c 1"));
  EXPECT_EQ(rig.sent_lines(), (Texts{"id=a 1", "id=b 1"}));
  EXPECT_GT(room, rig.pipeline_->room_needed(0));
  rig.run_all({piece('F', "id=a 2"), piece('F', "id=c 2")});
  EXPECT_EQ(rig.sent_lines(), (Texts{"id=a 1", "id=b 1", "id=a 2", "id=c 1id=c 2"}));
}

TEST(CriStage, a_bound_below_one_releases_at_every_partial) {
  config::CriStageConfig config;
  config.partial_streams_max = -1;
  PipelineRig rig(stages(config));
  rig.run_all({piece('P', "a"), piece('P', "b"), piece('F', "c")});
  EXPECT_EQ(rig.sent_lines(), (Texts{"a", "bc"}));
}

TEST(CriStage, cuts_joined_lines_only) {
  config::CriStageConfig config;
  config.partial_line_bytes_max = 5;
  config.truncate = true;
  PipelineRig rig(stages(config));
  rig.run_all({piece('P', "abc"), piece('P', "defgh"), piece('F', "ijk"), piece('F', "not cut")});
  EXPECT_EQ(rig.sent_lines(), (Texts{"abcde", "not cut"}));
}

TEST(CriStage, a_wait_ends_a_partial) {
  PipelineRig rig(stages(config::CriStageConfig{}));
  rig.run(piece('P', "one"));
  EXPECT_EQ(rig.pipeline_->next_release(), rig.clock_.steady_now() + CriStage::kPartialWait);
  rig.advance(CriStage::kPartialWait - std::chrono::nanoseconds(1));
  rig.release_due();
  EXPECT_TRUE(rig.sent_.empty());
  rig.advance(std::chrono::nanoseconds(1));
  rig.release_due();
  EXPECT_EQ(rig.sent_lines(), (Texts{"one"}));
  rig.run(piece('F', "two"));
  EXPECT_EQ(rig.last().line, "two");
}

TEST(CriStage, an_endless_partial_line_is_released_in_parts) {
  PipelineRig rig(stages(config::CriStageConfig{}));
  const std::string half(kMergedBytesMax / 2, 'x');
  rig.run_all({piece('P', half), piece('P', half), piece('P', half)});
  ASSERT_EQ(rig.sent_.size(), 1U);
  EXPECT_EQ(rig.last().line.size(), kMergedBytesMax);
  rig.run(piece('F', half + "y"));
  EXPECT_EQ(rig.sent_lines(), (Texts{half + half, half, half + "y"}));
}

TEST(CriStage, memory_pressure_releases_partials) {
  PipelineRig rig(stages(config::CriStageConfig{}), 100);
  rig.run(piece('P', "one"));
  EXPECT_EQ(rig.pipeline_->next_release(), SteadyTime::min());
  rig.release_due();
  EXPECT_EQ(rig.sent_lines(), (Texts{"one"}));
  EXPECT_TRUE(rig.held().empty());
}

TEST(CriStage, pieces_stay_held_through_a_following_multiline) {
  const auto config = stages(config::CriStageConfig{}, count("between"), multiline("^\\["));
  PipelineRig before(config);
  before.run_all({piece('P', "[1] "), piece('F', "a"), piece('F', "b"), piece('P', "c")});
  EXPECT_EQ(before.held().size(), 4U);
  EXPECT_EQ(before.metric_lines("promtail_custom_"),
            (Texts{"promtail_custom_between{job=\"t\",stream=\"stdout\"} 2"}));
  PipelineRig after(config);
  after.replay(before);
  EXPECT_EQ(after.held().size(), 4U);
  EXPECT_TRUE(after.metric_lines("promtail_custom_").empty());
  after.run_all({piece('F', "d"), piece('F', "[2]")});
  EXPECT_EQ(after.sent_lines(), (Texts{"[1] a\nb\ncd"}));
  EXPECT_EQ(after.last().lines, 5U);
  EXPECT_EQ(after.held_texts(), (Texts{piece('F', "[2]")}));
  EXPECT_EQ(after.metric_lines("promtail_custom_"),
            (Texts{"promtail_custom_between{job=\"t\",stream=\"stdout\"} 2"}));
}

TEST(CriStage, context_made_of_pieces_is_joined_again_and_not_sent) {
  const auto config = stages(config::CriStageConfig{}, multiline("^\\[", 1));
  PipelineRig before(config);
  before.run_all({piece('P', "[1] "), piece('F', "a")});
  EXPECT_EQ(before.sent_lines(), (Texts{"[1] a"}));
  ASSERT_EQ(before.held().size(), 2U);
  EXPECT_TRUE(before.held()[0].context);
  EXPECT_TRUE(before.held()[1].context);
  PipelineRig after(config);
  after.replay(before);
  EXPECT_TRUE(after.sent_.empty());
  ASSERT_EQ(after.held().size(), 2U);
  EXPECT_TRUE(after.held()[0].context);
  after.run(piece('F', "[2] b"));
  EXPECT_EQ(after.held().size(), 1U + 0U);
}

TEST(CriStage, a_line_without_its_end_is_dropped_and_counted_when_the_input_ends) {
  PipelineRig rig(stages(config::CriStageConfig{}));
  rig.run(piece('P', "a"));
  rig.run(piece('P', "b"));
  rig.pipeline_->end_input(rig);
  EXPECT_TRUE(rig.sent_.empty());
  EXPECT_TRUE(rig.held().empty());
  EXPECT_EQ(rig.metric_lines("logentry_dropped_lines_total{"),
            (Texts{R"(logentry_dropped_lines_total{reason="cri_unfinished"} 2)"}));
}

TEST(CriStage, pieces_of_context_never_join_a_fresh_line) {
  PipelineRig rig(stages(config::CriStageConfig{}));
  rig.run(piece('P', "sent "), EntryRole::kContext);
  EXPECT_TRUE(rig.held()[0].context);
  rig.run(piece('P', "a"));
  rig.run(piece('F', "b"));
  EXPECT_EQ(rig.sent_lines(), (Texts{"ab"}));
  rig.run(piece('P', "sent "), EntryRole::kContext);
  rig.run(piece('F', "c"));
  EXPECT_EQ(rig.last().line, "c");
  rig.run(piece('P', "sent "), EntryRole::kContext);
  rig.pipeline_->end_input(rig);
  EXPECT_EQ(rig.sent_.size(), 2U);
  EXPECT_TRUE(rig.held().empty());
}

}  // namespace
}  // namespace tailrace::pipeline::testing
