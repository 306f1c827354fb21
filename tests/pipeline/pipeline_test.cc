// Tests of the engine: order, extracted values, label sets, inspection, room.
#include "pipeline/pipeline.h"

#include <gtest/gtest.h>

#include "pipeline/stage_observer.h"
#include "tests/pipeline/pipeline_rig.h"

namespace tailrace::pipeline::testing {
namespace {

using Texts = std::vector<std::string>;

TEST(Pipeline, without_stages_passes_lines_as_they_are) {
  PipelineRig rig(stages());
  rig.run("a\xFF");
  EXPECT_EQ(rig.last().line, "a\xFF");
  EXPECT_EQ(rig.last().labels, R"({job="t"})");
  EXPECT_EQ(rig.last().time_ns, unix_nanoseconds(rig.clock_.wall_now()));
}

TEST(Pipeline, stages_run_in_order) {
  PipelineRig rig(stages(regex("^(?P<a>\\w+) (?P<b>\\w+)$"), config::OutputStageConfig{"b"},
                         regex("^(?P<c>\\w+)$"), labels({"a", "c"})));
  rig.run("one two");
  EXPECT_EQ(rig.last().line, "two");
  EXPECT_EQ(rig.last().labels, R"({a="one", c="two", job="t"})");
}

TEST(Pipeline, labels_of_the_target_are_extracted_at_the_beginning) {
  PipelineRig rig(stages(config::OutputStageConfig{"job"}));
  rig.run("x");
  EXPECT_EQ(rig.last().line, "t");
  rig.target_ = {{"job", "u"}};
  rig.run("x");
  EXPECT_EQ(rig.last().line, "u");
}

TEST(Pipeline, nothing_leaks_to_the_next_line) {
  PipelineRig rig(stages(regex("a=(?P<a>\\w+)"), labels({"a"})));
  rig.run_all({"a=1", "b=1", "a=2"});
  EXPECT_EQ(rig.sent_labels(),
            (Texts{R"({a="1", job="t"})", R"({job="t"})", R"({a="2", job="t"})"}));
}

TEST(Pipeline, an_index_that_a_sweep_gave_to_another_set_is_not_mistaken_for_it) {
  PipelineRig rig(stages(config::OutputStageConfig{"job"}, regex("(?P<l>\\w+)"), labels({"l"})));
  rig.run("x");
  rig.pipeline_->forget_label_cache();
  for (int i = 0; i < 3; ++i)
    rig.table_.sweep();
  ASSERT_EQ(rig.table_.size(), 0U);
  rig.target_ = {{"job", "u"}};
  rig.run("x");
  EXPECT_EQ(rig.last().line, "u");
  EXPECT_EQ(rig.last().labels, R"({job="u", l="u"})");
}

TEST(Pipeline, forgets_the_templates_of_targets_that_are_gone) {
  PipelineRig rig(stages(config::OutputStageConfig{"job"}));
  rig.run("x");
  rig.pipeline_->forget_label_cache();
  rig.pipeline_->forget_label_cache();
  rig.run("x");
  EXPECT_EQ(rig.last().line, "t");
}

TEST(Pipeline, room_grows_with_the_line_its_labels_and_what_is_held) {
  PipelineRig plain(stages());
  PipelineRig labelled(stages(regex("(?P<a>x)"), labels({"a"})));
  EXPECT_GT(plain.pipeline_->room_needed(1000), 1000U);
  EXPECT_GE(labelled.pipeline_->room_needed(1000), plain.pipeline_->room_needed(1000) + 1000);
  PipelineRig holding(stages(multiline("^\\[")));
  const std::uint64_t before = holding.pipeline_->room_needed(10);
  holding.run("[" + std::string(999, 'x'));
  EXPECT_GE(holding.pipeline_->room_needed(10), before + 1000);
  holding.pipeline_->end_input(holding);
  EXPECT_EQ(holding.pipeline_->room_needed(10), before);
}

TEST(Pipeline, is_not_paused) {
  PipelineRig rig(stages());
  EXPECT_EQ(rig.pipeline_->paused_until(), SteadyTime::min());
}

// Writes "stage:line>line verdict name=value..." per stage.
class Recorder : public StageObserver {
 public:
  void before(const Stage& stage, const Entry& entry, const Names& /*names*/) override {
    text_ += std::string(stage.name()) + ":" + std::string(entry.line) + ">";
  }
  void after(const Stage& /*stage*/, const Entry& entry, const Names& names,
             Verdict verdict) override {
    text_ += std::string(entry.line) + (verdict == Verdict::kDrop ? " dropped" : "");
    if (verdict == Verdict::kHold) text_ += " held";
    for (std::size_t i = 0; i < entry.extracted.size(); ++i) {
      if (!entry.extracted[i].present()) continue;
      text_ += " " + names.extracted_names()[i] + "=" + std::string(entry.extracted[i].text);
    }
    text_ += "\n";
  }
  std::string text_;
};

TEST(Pipeline, an_observer_sees_every_stage_and_every_name) {
  Recorder recorder;
  config::DropStageConfig drop;
  drop.expression = "b";
  PipelineRig rig(stages(regex("(?P<unused>\\w+)"), drop, multiline("a")), kHeldBytesMax,
                  &recorder);
  rig.run_all({"b", "a"});
  EXPECT_EQ(recorder.text_,
            "regex:b>b unused=b\n"
            "drop:b>b dropped unused=b\n"
            "regex:a>a unused=a\n"
            "drop:a>a unused=a\n"
            "multiline:a>a held unused=a\n");
  EXPECT_TRUE(rig.diagnostics_.empty());
}

}  // namespace
}  // namespace tailrace::pipeline::testing
