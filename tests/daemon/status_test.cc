// What workers and engine tell of themselves.
#include "daemon/status.h"

#include <chrono>
#include <future>
#include <map>
#include <string>
#include <vector>

#include "tests/daemon/trouble_rig.h"

namespace tailrace::daemon {
namespace {

class StatusTest : public TroubleRig {
 protected:
  // The series of a family made of the worker's status: labels as text, value.
  std::map<std::string, double> family(const std::string& name) {
    std::vector<MetricFamily> families;
    append_metrics({status_of(worker())}, families);
    std::map<std::string, double> result;
    for (const MetricFamily& one : families) {
      if (one.name != name) continue;
      for (const MetricSample& sample : one.samples) {
        std::string labels;
        for (const auto& [key, value] : sample.labels)
          labels += key + "=" + value + ";";
        result[labels] = sample.value;
      }
    }
    return result;
  }
  double worker_metric(const std::string& name) { return family(name).at("worker=0;"); }
};

using Series = std::map<std::string, double>;

TEST_F(StatusTest, a_file_that_was_read_does_not_lag) {
  files_.append("/logs/a.log", "one\ntwo");
  start(text());
  run();
  EXPECT_EQ(family("promtail_read_bytes_total"), (Series{{"path=/logs/a.log;", 4}}));
  EXPECT_EQ(family("promtail_file_bytes_total"), (Series{{"path=/logs/a.log;", 7}}));
  EXPECT_EQ(family("tailrace_file_lag_bytes"), Series{});
  EXPECT_EQ(worker_metric("tailrace_lag_seconds"), 0);
  EXPECT_EQ(worker_metric("tailrace_outbox_age_seconds"), 0);
  EXPECT_EQ(worker_metric("tailrace_stalls_total"), 0);
  EXPECT_EQ(worker_metric("tailrace_outbox_fill"), 0);
}

TEST_F(StatusTest, what_waits_for_room_lags_and_stalls) {
  loki_status_ = 503;
  files_.append("/logs/a.log", noise(3U << 20U));
  start(text("tailrace: {outbox: {size: 1MB}}"));
  run();
  const double read = family("promtail_read_bytes_total").at("path=/logs/a.log;");
  const double lag = family("tailrace_file_lag_bytes").at("path=/logs/a.log;");
  EXPECT_GT(read, 0);
  EXPECT_EQ(read + lag, static_cast<double>(files_.stat("/logs/a.log")->size));
  EXPECT_EQ(worker_metric("tailrace_lag_bytes"), lag);
  EXPECT_NEAR(worker_metric("tailrace_lag_seconds"), 4, 0.1);  // 200 turns of 20 ms.
  EXPECT_EQ(family("tailrace_file_lag_seconds").at("path=/logs/a.log;"),
            worker_metric("tailrace_lag_seconds"));
  EXPECT_NEAR(worker_metric("tailrace_outbox_age_seconds"), 4, 0.2);
  EXPECT_EQ(worker_metric("tailrace_stalled"), 1);
  EXPECT_EQ(worker_metric("tailrace_stalls_total"), 1);
  EXPECT_GT(worker_metric("tailrace_outbox_fill"), 0.5);
  EXPECT_LE(worker_metric("tailrace_outbox_fill"), 1);
  // What is written meanwhile counts at once.
  files_.append("/logs/a.log", "more\n");
  EXPECT_EQ(worker_metric("tailrace_lag_bytes"), lag + 5);
  loki_status_ = 204;
  run(1000);
  EXPECT_EQ(worker_metric("tailrace_lag_bytes"), 0);
  EXPECT_EQ(worker_metric("tailrace_stalled"), 0);
  EXPECT_EQ(worker_metric("tailrace_outbox_fill"), 0);
  EXPECT_EQ(worker_metric("tailrace_outbox_age_seconds"), 0);
}

TEST_F(StatusTest, of_many_files_those_that_lag_most_are_shown) {
  loki_status_ = 503;
  files_.append("/logs/first.log", noise(2U << 20U));
  start(text("tailrace: {outbox: {size: 1MB}}"));
  run();
  ASSERT_EQ(worker_metric("tailrace_stalled"), 1);
  double sum = family("tailrace_file_lag_bytes").at("path=/logs/first.log;");
  for (int i = 0; i < 120; ++i) {
    files_.append("/logs/" + std::to_string(i) + ".log",
                  std::string(static_cast<std::size_t>(i) + 2, 'x') + "\n");
    sum += i + 3;
  }
  run();
  const Series lags = family("tailrace_file_lag_bytes");
  EXPECT_EQ(lags.size(), kLagsShownMax);
  EXPECT_TRUE(lags.contains("path=/logs/119.log;"));
  EXPECT_FALSE(lags.contains("path=/logs/0.log;"));
  EXPECT_EQ(worker_metric("tailrace_lag_bytes"), sum);
}

TEST_F(StatusTest, the_engine_knows_which_file_is_whose) {
  files_.append("/logs/a.log", "one\n");
  files_.append("/other/b.log", "two\n");
  start(text("limits_config: {max_line_size: 7}",
             "relabel_configs: []\n- job_name: b\n  static_configs: [{labels: {x: y}}, {labels: "
             "{__path__: \"/other/*\"}}]"));
  run();
  const EngineStatus status = engine_->status();
  EXPECT_NE(status.config_yaml.find("max_line_size: 7"), std::string::npos);
  ASSERT_EQ(status.jobs.size(), 2U);
  EXPECT_EQ(status.jobs[0].job, "a");
  ASSERT_EQ(status.jobs[1].found.targets.size(), 1U);
  EXPECT_EQ(status.jobs[1].found.dropped.size(), 1U);
  std::map<std::string, std::size_t> targets;
  for (const FileStatus& file : status_of(worker()).files)
    targets[file.path] = status.target_of.at(file.source);
  EXPECT_EQ(targets, (std::map<std::string, std::size_t>{{"/logs/a.log", 0}, {"/other/b.log", 1}}));
}

TEST_F(StatusTest, the_state_of_a_worker_can_be_logged) {
  loki_status_ = 503;
  files_.append("/logs/a.log", noise(3U << 20U));
  start(text("tailrace: {outbox: {size: 1MB}}"));
  run();
  log_status({status_of(worker())}, log_);
  EXPECT_EQ(logged("msg=\"state of a worker\" worker=0 files=1 lag_bytes="), 1);
  EXPECT_EQ(logged("stalled=true"), 1);
  EXPECT_EQ(logged("trouble=\"client http://loki/push: its share of the outbox is full\""), 1);
}

TEST_F(StatusTest, a_worker_that_does_not_answer_is_left_out_and_named) {
  start(text());
  run(5);
  EXPECT_TRUE(ask_workers(engine_->workers(), std::chrono::milliseconds(1)).empty());
  const WorkersStatus status = ask_all_workers(engine_->workers(), std::chrono::milliseconds(1));
  EXPECT_TRUE(status.answered.empty());
  EXPECT_EQ(status.silent, (std::vector<std::uint32_t>{0}));
}

TEST_F(StatusTest, a_worker_that_has_ended_is_not_waited_for) {
  start(text());
  run(5);
  const auto asked = std::async(std::launch::async, [this] {
    return ask_all_workers(engine_->workers(), std::chrono::hours(1));
  });
  worker().end();  // Before or after it was asked.
  asked.wait();
  const WorkersStatus status = ask_all_workers(engine_->workers(), std::chrono::hours(1));
  EXPECT_TRUE(status.answered.empty());
  EXPECT_TRUE(status.silent.empty());
}

TEST_F(StatusTest, says_why_it_is_not_ready) {
  WorkerStatus idle;
  WorkerStatus busy;
  busy.worker = 2;
  busy.files.resize(1);
  WorkerStatus troubled = busy;
  troubled.troubles = {"one", "two"};
  const std::string no_files =
      "Unable to find any logs to tail. Please verify permissions, volumes, scrape_config, etc.\n";
  using Needed = FilesNeeded;
  EXPECT_EQ(why_not_ready({{idle, busy}, {}}, Needed::kYes), "");
  EXPECT_EQ(why_not_ready({{idle}, {}}, Needed::kYes), no_files);
  EXPECT_EQ(why_not_ready({{idle}, {}}, Needed::kNo), "");
  EXPECT_EQ(why_not_ready({{idle, troubled}, {}}, Needed::kYes), "one\ntwo\n");
  EXPECT_EQ(why_not_ready({{idle}, {1}}, Needed::kYes), "worker 1 does not answer\n");
  EXPECT_EQ(why_not_ready({{troubled}, {0, 1}}, Needed::kYes),
            "worker 0 does not answer\nworker 1 does not answer\none\ntwo\n");
  EXPECT_EQ(why_not_ready({}, Needed::kNo), "The program is stopping.\n");
}

TEST_F(StatusTest, counts_who_answers) {
  WorkerStatus answered;
  answered.worker = 1;
  std::vector<MetricFamily> families;
  append_worker_answers({{answered}, {0}}, families);
  ASSERT_EQ(families.size(), 1U);
  EXPECT_EQ(families[0].name, "tailrace_worker_answers");
  EXPECT_EQ(families[0].type, MetricType::kGauge);
  std::map<std::string, double> series;
  for (const MetricSample& sample : families[0].samples)
    series[sample.labels.at("worker")] = sample.value;
  EXPECT_EQ(series, (std::map<std::string, double>{{"0", 0}, {"1", 1}}));
}

}  // namespace
}  // namespace tailrace::daemon
