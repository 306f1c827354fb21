// A worker among jobs of which one has to wait.
#include "daemon/worker.h"

#include "pipeline/job_state.h"
#include "pipeline/names.h"
#include "pipeline/stage_context.h"
#include "tests/daemon/trouble_rig.h"

namespace tailrace::daemon {
namespace {

using std::chrono::seconds;

// Lets one line a second pass.
class SlowStage final : public pipeline::Stage {
 public:
  std::string_view name() const override { return "slow"; }
  pipeline::Verdict run(Entry& /*entry*/, pipeline::StageContext& context) override {
    context.pause_job_until(context.steady_now() + seconds(1));
    return pipeline::Verdict::kKeep;
  }
};

class WorkerTest : public TroubleRig {
 protected:
  std::unique_ptr<pipeline::Pipeline> make_pipeline(std::unique_ptr<pipeline::Stage> stage) {
    std::vector<std::unique_ptr<pipeline::Stage>> stages;
    if (stage != nullptr) stages.push_back(std::move(stage));
    return std::make_unique<pipeline::Pipeline>(worker().intake().world(), *job_, pipeline::Names(),
                                                std::move(stages));
  }
  // Lines of the files that were read, by the end of their names.
  std::uint64_t lines_of(const std::string& ending) {
    std::uint64_t lines = 0;
    worker().files().for_each([&](const tailer::FileTailer& file) {
      if (file.path().ends_with(ending)) lines += file.position() / 2;
    });
    return lines;
  }

  std::unique_ptr<pipeline::JobState> job_;
};

TEST_F(WorkerTest, a_job_that_waits_does_not_hold_up_the_others) {
  start(text({},
             "relabel_configs: []\n- job_name: b\n  static_configs: [{labels: {__path__: "
             "\"/other/*.log\"}}]"));
  job_ = std::make_unique<pipeline::JobState>(*metrics_, clock_);
  run(5);
  auto plan = std::make_unique<WorkerPlan>();
  plan->jobs.push_back({"a", make_pipeline(std::make_unique<SlowStage>())});
  plan->jobs.push_back({"b", make_pipeline(nullptr)});
  worker().post(std::move(plan));
  for (const char* name : {"/logs/1.log", "/logs/2.log", "/other/3.log"})
    files_.append(name, "x\nx\nx\nx\n");
  run(20);  // 0.4 s.
  EXPECT_EQ(lines_of("3.log"), 4U);
  EXPECT_EQ(lines_of("1.log") + lines_of("2.log"), 1U);
  EXPECT_GT(worker().next_deadline(), clock_.steady_now());  // It does not spin meanwhile.
  EXPECT_LE(worker().next_deadline(), clock_.steady_now() + seconds(1));
  files_.append("/other/3.log", "x\nx\n");
  run(50);  // 1 s more.
  EXPECT_EQ(lines_of("3.log"), 6U);
  EXPECT_EQ(lines_of("1.log") + lines_of("2.log"), 2U);
  run(400);
  EXPECT_EQ(worker().intake().lines_run(), 14U);
}

// Ends at its first read.
class EmptySource final : public Source {
 public:
  explicit EmptySource(const LabelSet& labels) : labels_(labels) { labels_.pin(); }
  ~EmptySource() override { labels_.unpin(); }
  SourceId id() const override { return 99; }
  std::string_view job() const override { return "a"; }
  const LabelSet& labels() const override { return labels_; }
  Result<Outcome> read(ReadBuffer& /*buffer*/, LineBlock& /*block*/) override {
    return Outcome::kEnded;
  }
  void consume(const Line& /*last*/) override {}
  void fill_resume_point(ResumePoint& point) const override { point.source = id(); }

 private:
  const LabelSet& labels_;
};

TEST_F(WorkerTest, an_input_that_ends_is_cut_at_once) {
  start(text());
  run(5);
  worker().post(WorkerTask([](Worker& self) {
    self.add_source(std::make_unique<EmptySource>(self.intake().label_sets().intern({})));
  }));
  engine_->run_main();
  worker().run_once();
  EXPECT_TRUE(worker().drained());
}

// One line, then its end.
class ShortSource final : public Source {
 public:
  explicit ShortSource(const LabelSet& labels) : labels_(labels) { labels_.pin(); }
  ~ShortSource() override { labels_.unpin(); }
  SourceId id() const override { return 98; }
  std::string_view job() const override { return "a"; }
  const LabelSet& labels() const override { return labels_; }
  Result<Outcome> read(ReadBuffer& /*buffer*/, LineBlock& block) override {
    if (read_) return Outcome::kEnded;
    read_ = true;
    Line line;
    line.text = "the only one";
    block.lines.push_back(line);
    return Outcome::kLines;
  }
  void consume(const Line& /*last*/) override {}
  void fill_resume_point(ResumePoint& point) const override {
    point.source = id();
    point.job = job();
  }

 private:
  const LabelSet& labels_;
  bool read_ = false;
};

TEST_F(WorkerTest, when_all_input_is_over_nothing_waits_for_a_full_batch) {
  start(text());
  run(5);
  worker().post(WorkerTask([](Worker& self) {
    self.add_source(std::make_unique<ShortSource>(self.intake().label_sets().intern({})));
  }));
  run(3);  // 60 ms; batchwait is 100 ms.
  EXPECT_EQ(sent(), 1);
  EXPECT_TRUE(worker().drained());
}

}  // namespace
}  // namespace tailrace::daemon
