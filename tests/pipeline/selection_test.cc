// Which entries a selector takes, and when that is known.
#include "pipeline/selection.h"

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "pipeline/stage_observer.h"
#include "tests/pipeline/pipeline_rig.h"

namespace tailrace::pipeline {
namespace {

using Answer = Selection::Answer;
using testing::PipelineRig;
using testing::stages;

// Asks a selection about every entry that begins.
class Asker final : public StageObserver {
 public:
  explicit Asker(const std::string& selector) : selection_(Selection::create(selector).value()) {}

  Interest begin(const Entry& /*entry*/, const LabelSet& labels, std::size_t /*first*/,
                 const StageContext& context) override {
    answers_.push_back(selection_->begins(labels, context));
    return Interest::kNone;
  }
  void before(std::size_t, Stage&, const Entry&, StageContext&) override {}
  void after(std::size_t, Stage&, const Entry&, StageContext&, Verdict) override {}
  void end(const Entry&, const LabelSet*) override {}

  const std::unique_ptr<Selection> selection_;
  std::vector<Answer> answers_;
};

// What is said of a line of {job="app", env="prod"} in a pipeline that sets the label `level`.
Answer begins(const std::string& selector) {
  Asker asker(selector);
  PipelineRig rig(stages(testing::regex("(?P<level>\\w+)"), testing::labels({"level"})),
                  kHeldBytesMax, &asker);
  rig.target_ = {{"env", "prod"}, {"job", "app"}};
  rig.run("info");
  rig.run("warn");
  EXPECT_EQ(asker.answers_.at(0), asker.answers_.at(1)) << selector;
  return asker.answers_.at(0);
}

TEST(Selection, labels_of_the_target_are_compared_at_once) {
  for (const char* selector :
       {"", "{}", " ", R"({job="app"})", R"({job=~"a.*"})", R"({job!="b", env!~"d.*"})",
        R"({host=""})", R"({host!="a"})", R"({job="app", env="prod"})"}) {
    EXPECT_EQ(begins(selector), Answer::kYes) << selector;
  }
  for (const char* selector :
       {R"({job="b"})", R"({job=~"ap"})", R"({job=~"app", env="dev"})", R"({job!~"app"})",
        R"({host="a"})", R"({job="b", level="info"})", R"({job="b"} |= "x")"}) {
    EXPECT_EQ(begins(selector), Answer::kNo) << selector;
  }
}

TEST(Selection, lines_and_labels_of_stages_are_for_later) {
  for (const char* selector : {R"({level="info"})", R"({level!="info"})", R"({} |= "x")",
                               R"(|~ "x")", R"({job="app", level="a"})"}) {
    EXPECT_EQ(begins(selector), Answer::kLater) << selector;
  }
}

TEST(Selection, an_answer_holds_for_one_label_set_only) {
  Asker asker(R"({job="app"})");
  PipelineRig rig(stages(), kHeldBytesMax, &asker);
  for (const char* job : {"app", "app", "b", "b", "app"}) {
    rig.target_ = {{"job", job}};
    rig.run("line");
  }
  asker.selection_->forget();
  rig.run("line");
  EXPECT_EQ(asker.answers_, (std::vector{Answer::kYes, Answer::kYes, Answer::kNo, Answer::kNo,
                                         Answer::kYes, Answer::kYes}));
}

TEST(Selection, the_end_of_an_entry_decides_the_rest) {
  const Selection::Labels first{{"job", "app"}};
  const Selection::Labels last{{"job", "other"}, {"level", "warn"}};
  const auto ends = [&](const char* selector) {
    return Selection::create(selector).value()->ends(first, last, "a line");
  };
  for (const char* selector :
       {"", R"({job="app"})", R"({job="anything"})", R"({level="warn"})", R"({level=~"w.+"})",
        R"({level!="info", host=""})", R"({} |= "line")", R"({} |~ "^a" != "b" !~ "c$")"}) {
    EXPECT_TRUE(ends(selector)) << selector;
  }
  for (const char* selector :
       {R"({level="info"})", R"({level!~"warn"})", R"({host=~".+"})", R"({} |= "b")",
        R"({} |~ "^b")", R"({} != "line")", R"({} |= "line" !~ "a")", R"({level="warn"} |= "b")"}) {
    EXPECT_FALSE(ends(selector)) << selector;
  }
}

TEST(Selection, faults_are_named) {
  for (const auto& [selector, message] :
       {std::pair{"{job}", "selector: column 5: expected =, !=, =~ or !~, but found `}`"},
        {"job", "selector: column 1: expected `{`, but found `job`"},
        {"{} x", "selector: column 4: expected a line filter (|=, |~, !=, !~), but found `x`"}}) {
    const auto made = Selection::create(selector);
    ASSERT_FALSE(made) << selector;
    EXPECT_EQ(made.error().message, message);
    EXPECT_EQ(made.error().code, Error::kInvalid);
  }
  for (const char* selector : {R"({a=~"("})", R"({a=~"a)(b"})", R"({} |~ "[")"}) {
    EXPECT_FALSE(Selection::create(selector)) << selector;
  }
}

}  // namespace
}  // namespace tailrace::pipeline
