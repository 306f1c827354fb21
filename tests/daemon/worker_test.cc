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

}  // namespace
}  // namespace tailrace::daemon
