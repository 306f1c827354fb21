// Tests of the engine: order, extracted values, label sets, inspection, room.
#include "pipeline/pipeline.h"

#include <gtest/gtest.h>

#include "pipeline/stage_context.h"
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
  Interest begin(const Entry& entry, const LabelSet& /*labels*/, std::size_t first,
                 const StageContext& /*context*/) override {
    text_ += "begin " + std::to_string(first) + ":" + std::string(entry.line) + "\n";
    return entry.line == "silent" ? Interest::kNone : Interest::kWatch;
  }
  void before(std::size_t number, Stage& stage, const Entry& entry,
              StageContext& /*context*/) override {
    text_ += std::to_string(number) + " " + std::string(stage.name()) + ":" +
             std::string(entry.line) + ">";
  }
  void after(std::size_t /*number*/, Stage& /*stage*/, const Entry& entry, StageContext& context,
             Verdict verdict) override {
    text_ += std::string(entry.line) + (verdict == Verdict::kDrop ? " dropped" : "");
    if (verdict == Verdict::kHold) text_ += " held";
    for (std::size_t i = 0; i < entry.extracted.size(); ++i) {
      if (!entry.extracted[i].present()) continue;
      text_ +=
          " " + context.names().extracted_names()[i] + "=" + std::string(entry.extracted[i].text);
    }
    text_ += "\n";
  }
  void end(const Entry& entry, const LabelSet* labels) override {
    text_ += "end " + std::string(entry.line) + (labels == nullptr ? "" : " left") + "\n";
  }
  std::string text_;
};

TEST(Pipeline, an_observer_sees_every_stage_and_every_name) {
  Recorder recorder;
  config::DropStageConfig drop;
  drop.expression = "b";
  PipelineRig rig(stages(regex("(?P<unused>\\w+)"), drop, multiline("a")), kHeldBytesMax,
                  &recorder);
  rig.run_all({"b", "a", "silent"});
  EXPECT_EQ(recorder.text_,
            "begin 0:b\n"
            "0 regex:b>b unused=b\n"
            "1 drop:b>b dropped unused=b\n"
            "end b\n"
            "begin 0:a\n"
            "0 regex:a>a unused=a\n"
            "1 drop:a>a unused=a\n"
            "2 multiline:a>a held unused=a\n"
            "end a\n"
            "begin 0:silent\n");
  EXPECT_TRUE(rig.diagnostics_.empty());
}

TEST(Pipeline, an_observer_may_come_and_go_between_lines) {
  Recorder recorder;
  PipelineRig rig(stages(multiline("a")));
  PipelineRig plain(stages());
  rig.run("a1");
  rig.pipeline_->observe(&recorder);
  rig.run("a2");  // Lets go of a1, too.
  rig.pipeline_->observe(nullptr);
  rig.run("a3");
  plain.pipeline_->observe(&recorder);
  plain.run("p");
  plain.pipeline_->observe(nullptr);
  plain.run("q");
  EXPECT_EQ(recorder.text_,
            "begin 0:a2\n"
            "0 multiline:a2>begin 1:a1\n"
            "end a1 left\n"
            "a2 held\n"
            "end a2\n"
            "begin 0:p\n"
            "end p left\n");
}

}  // namespace
}  // namespace tailrace::pipeline::testing
