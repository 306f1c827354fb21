// From a configuration to plans and targets, or to everything that is wrong with it.
#include "daemon/topology.h"

#include <array>

#include <gtest/gtest.h>

#include "base/arena.h"
#include "tests/config/loading.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/memory_file_system.h"

namespace tailrace::daemon {
namespace {

using config::valid;

config::ClientConfig client(const std::string& url, const std::string& name = {},
                            const std::string& tenant = {}, const std::string& user = {}) {
  config::ClientConfig result;
  result.url = url;
  result.name = name;
  result.tenant_id = tenant;
  if (!user.empty()) {
    result.http.basic_auth.emplace();
    result.http.basic_auth->username = user;
  }
  return result;
}

using Keys = std::vector<std::string>;

TEST(ClientKeys, are_names_or_where_and_as_whom_is_sent) {
  EXPECT_EQ(client_keys({client("http://a", "one"), client("http://a"), client("http://a", "", "t"),
                         client("http://a", "", "", "u"), client("http://a", "", "t", "u")}),
            (Keys{"one", "http://a", "http://a tenant=t", "http://a user=u",
                  "http://a user=u tenant=t"}));
}

TEST(ClientKeys, number_equals) {
  EXPECT_EQ(
      client_keys({client("http://a"), client("http://b"), client("http://a"), client("http://a")}),
      (Keys{"http://a", "http://b", "http://a#2", "http://a#3"}));
}

TEST(ClientKeys, are_different_whatever_the_urls_are) {
  EXPECT_EQ(client_keys({client("http://a#2"), client("http://a"), client("http://a")}),
            (Keys{"http://a#2", "http://a", "http://a#3"}));
  EXPECT_EQ(client_keys({client("http://a"), client("http://a#fragment")}),
            (Keys{"http://a", "http://a#fragment"}));
}

class TopologyTest : public ::testing::Test {
 protected:
  static constexpr std::size_t kWorkers = 2;

  struct WorkerParts {
    Arena arena{1U << 20U};
    LabelSetTable label_sets;
    HeldLines held_lines;
  };

  Topology::World world() {
    Topology::World result{clock_, files_, log_, metrics_, "host", "/work", {}, print_};
    for (WorkerParts& parts : workers_)
      result.workers.push_back({.arena = parts.arena,
                                .label_sets = parts.label_sets,
                                .held_lines = parts.held_lines,
                                .clock = clock_});
    return result;
  }
  Topology::Built build(const std::string& text, const Topology* before = nullptr) {
    return Topology::build(std::make_shared<const config::Config>(valid(text)), world(), before);
  }
  static std::string job(const std::string& name, const std::string& path,
                         const std::string& more = {}) {
    return "  - job_name: " + name + "\n    static_configs: [{labels: {__path__: \"" + path +
           "\"}}]\n" + more;
  }
  static std::string with_jobs(const std::string& jobs) {
    return "clients: [{url: \"http://loki:3100/push\"}]\nscrape_configs:\n" + jobs;
  }

  tailrace::testing::FakeClock clock_;
  tailrace::testing::MemoryFileSystem files_{clock_};
  Log log_{clock_, Log::Options{}, [](std::string_view) {}};
  Metrics metrics_;
  std::array<WorkerParts, kWorkers> workers_;
  std::function<void(std::string_view)> print_;
};

TEST_F(TopologyTest, every_worker_gets_every_client_and_job) {
  const Topology::Built built = build(
      "clients:\n  - {url: \"http://loki:3100/push\", batchwait: 3s, batchsize: 77, tenant_id: t, "
      "external_labels: {a: b}}\n  - {url: \"http://other\", name: second}\n"
      "positions: {sync_period: 5s}\nlimits_config: {max_line_size: 1kb, max_line_size_truncate: "
      "true, max_streams: 9}\nscrape_configs:\n" +
      job("one", "/var/a") + job("two", "/var/b"));
  ASSERT_TRUE(built.ok);
  ASSERT_EQ(built.topology.plans.size(), kWorkers);
  for (const auto& plan : built.topology.plans) {
    EXPECT_EQ(plan->worker_count, kWorkers);
    EXPECT_EQ(plan->sync_period, std::chrono::seconds(5));
    ASSERT_EQ(plan->jobs.size(), 2U);
    EXPECT_EQ(plan->jobs[0].name, "one");
    EXPECT_NE(plan->jobs[0].pipeline, nullptr);
    EXPECT_EQ(plan->jobs[1].name, "two");
    ASSERT_EQ(plan->clients.size(), 2U);
    const ClientPlan& first = plan->clients[0];
    EXPECT_EQ(first.key, "http://loki:3100/push tenant=t");
    EXPECT_EQ(first.batch.client_key, first.key);
    EXPECT_EQ(first.host, "loki:3100");
    EXPECT_EQ(first.config, built.topology.config->clients[0]);
    EXPECT_EQ(first.share_bytes, built.topology.config->tailrace.outbox_bytes / kWorkers);
    EXPECT_EQ(first.batch.batch_wait, std::chrono::seconds(3));
    EXPECT_EQ(first.batch.batch_bytes, 77U);
    EXPECT_EQ(first.batch.tenant, "t");
    EXPECT_EQ(first.batch.line_bytes_max, 1024U);
    EXPECT_TRUE(first.batch.truncate_lines);
    EXPECT_EQ(first.batch.streams_max, 9U);
    EXPECT_EQ(first.batch.external_labels, (config::TextPairs{{"a", "b"}}));
    EXPECT_EQ(plan->clients[1].key, "second");
    EXPECT_TRUE(plan->clients[1].make_shipper);
  }
  EXPECT_EQ(built.topology.jobs.size(), 2U);
}

TEST_F(TopologyTest, targets_are_the_files_of_the_jobs) {
  const Topology::Built built = build(with_jobs(
      "  - job_name: one\n    static_configs:\n      - labels: {__path__: \"/var/*.log\", "
      "__path_exclude__: \"/var/x.log\", app: web}\n" +
      job("two", "relative.log", "    encoding: utf-16le\n")));
  ASSERT_TRUE(built.ok);
  ASSERT_EQ(built.topology.targets().size(), 2U);
  EXPECT_EQ(built.topology.targets()[0].job, "one");
  EXPECT_TRUE(built.topology.targets()[0].exclude.has_value());
  EXPECT_EQ(built.topology.targets()[0].options->line_bytes_max, 1U << 20U);
  EXPECT_FALSE(built.topology.targets()[1].exclude.has_value());
  EXPECT_EQ(built.topology.targets()[1].options->encoding, "utf-16le");
}

TEST_F(TopologyTest, all_that_is_wrong_is_told_once) {
  const Topology::Built built =
      build(with_jobs(job("one", "/a", "    pipeline_stages: [{regex: {expression: \"(\"}}]\n") +
                      job("two", "/b", "    pipeline_stages: [{regex: {expression: \")\"}}]\n") +
                      job("three", "/[", "") + job("four", "/fine")));
  EXPECT_FALSE(built.ok);
  const std::vector<std::string> messages = config::messages(built.diagnostics);
  ASSERT_EQ(messages.size(), 3U) << ::testing::PrintToString(messages);
  EXPECT_NE(messages[0].find("scrape_configs[0]"), std::string::npos) << messages[0];
  EXPECT_NE(messages[1].find("scrape_configs[1]"), std::string::npos) << messages[1];
  EXPECT_NE(messages[2].find("scrape_configs[2]"), std::string::npos) << messages[2];
  EXPECT_NE(messages[2].find("__path__ /["), std::string::npos) << messages[2];
}

TEST_F(TopologyTest, a_job_that_is_wrong_twice_says_both) {
  const Topology::Built built =
      build(with_jobs(job("one", "/[", "    pipeline_stages: [{regex: {expression: \"(\"}}]\n")));
  EXPECT_FALSE(built.ok);
  EXPECT_EQ(built.diagnostics.size(), 2U);
}

TEST_F(TopologyTest, an_exclude_that_is_no_pattern_is_an_error) {
  const Topology::Built built =
      build(with_jobs("  - job_name: one\n    static_configs: [{labels: {__path__: /a, "
                      "__path_exclude__: \"/[\"}}]\n"));
  EXPECT_FALSE(built.ok);
  ASSERT_EQ(built.diagnostics.size(), 1U);
  EXPECT_NE(built.diagnostics[0].message.find("__path_exclude__ /["), std::string::npos);
}

TEST_F(TopologyTest, jobs_with_equal_stages_keep_their_pipelines) {
  const std::string stages = "    pipeline_stages: [{regex: {expression: \"(?P<a>x)\"}}]\n";
  const std::string other = "    pipeline_stages: [{regex: {expression: \"(?P<a>y)\"}}]\n";
  const Topology::Built before =
      build(with_jobs(job("same", "/a", stages) + job("changed", "/b", stages)));
  ASSERT_TRUE(before.ok);
  const Topology::Built after =
      build(with_jobs(job("new", "/c", stages) + job("changed", "/b", other) +
                      job("same", "/elsewhere", stages)),
            &before.topology);
  ASSERT_TRUE(after.ok);
  for (const auto& plan : after.topology.plans) {
    ASSERT_EQ(plan->jobs.size(), 3U);
    EXPECT_NE(plan->jobs[0].pipeline, nullptr);
    EXPECT_NE(plan->jobs[1].pipeline, nullptr);
    EXPECT_EQ(plan->jobs[2].pipeline, nullptr);
  }
  EXPECT_EQ(after.topology.jobs.at("same"), before.topology.jobs.at("same"));
  EXPECT_NE(after.topology.jobs.at("changed"), before.topology.jobs.at("changed"));
  EXPECT_EQ(after.topology.targets().size(), 3U);
}

TEST_F(TopologyTest, a_dry_run_prints_for_one_client_and_without_limits) {
  std::string printed;
  print_ = [&printed](std::string_view text) { printed += text; };
  const Topology::Built built = build(
      "clients: [{url: \"http://a\", external_labels: {a: b}}, {url: \"http://b\"}]\n"
      "limits_config: {max_line_size: 1kb, max_streams: 9}\nscrape_configs:\n" +
      job("one", "/a"));
  ASSERT_TRUE(built.ok);
  for (const auto& plan : built.topology.plans) {
    ASSERT_EQ(plan->clients.size(), 1U);
    EXPECT_EQ(plan->clients[0].batch.line_bytes_max, 0U);
    EXPECT_EQ(plan->clients[0].batch.streams_max, 0U);
    EXPECT_TRUE(plan->clients[0].batch.external_labels.empty());
  }
}

}  // namespace
}  // namespace tailrace::daemon
