// What is rehearsed: file jobs as they are, nothing that listens, sends or writes.
#include "daemon/migrate/rehearsal_config.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "config/load.h"

namespace tailrace::daemon::migrate {
namespace {

InstalledPromtail promtail_with(const std::string& config) {
  InstalledPromtail promtail;
  promtail.config_file = "c.yml";
  promtail.config_text = config;
  promtail.loaded = config::load_text(config, "c.yml", {});
  return promtail;
}

constexpr const char* kJobs =
    "server: {http_listen_port: 9080}\n"
    "clients: [{url: \"http://loki/push\", basic_auth: {username: u, password: secret}}]\n"
    "positions: {filename: /p.yaml}\n"
    "target_config: {sync_period: 3s}\n"
    "limits_config: {readline_rate_enabled: true}\n"
    "scrape_configs:\n"
    "- job_name: files\n"
    "  static_configs: [{labels: {n: \"1\", __path__: \"/a/*.log\"}}]\n"
    "  pipeline_stages:\n  - regex: {expression: '^(?P<x>\\d+): \"q\"$'}\n  - sampling: {rate: 1}\n"
    "- job_name: net\n  syslog: {listen_address: \"127.0.0.1:1514\"}\n"
    "- job_name: journal\n  journal: {path: /var/log/journal}\n"
    "- job_name: containers\n  docker_sd_configs: [{host: \"unix:///var/run/docker.sock\"}]\n";

TEST(RehearsalConfig, has_the_file_jobs_as_they_are) {
  const InstalledPromtail promtail = promtail_with(kJobs);
  ASSERT_TRUE(promtail.loaded.config);
  const auto made = rehearsal_config(promtail, "/tmp/x/p.yaml");
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->jobs, std::vector<std::string>{"files"});
  EXPECT_EQ(made->left_out.size(), 3U);
  EXPECT_TRUE(made->has_sampling);
  const auto read = config::load_text(made->yaml, "made", {});
  ASSERT_TRUE(read.config) << made->yaml;
  ASSERT_EQ(read.config->scrape_configs.size(), 1U);
  EXPECT_EQ(read.config->scrape_configs[0], promtail.loaded.config->scrape_configs[0]);
  EXPECT_EQ(read.config->positions.filename, "/tmp/x/p.yaml");
  EXPECT_EQ(read.config->target, promtail.loaded.config->target);
  EXPECT_TRUE(read.config->server.disable);
  EXPECT_FALSE(read.config->limits.readline_rate_enabled);
  EXPECT_EQ(made->yaml.find("secret"), std::string::npos);
  EXPECT_EQ(made->yaml.find("loki/push\""), std::string::npos);
}

TEST(RehearsalConfig, expands_the_environment_once) {
  InstalledPromtail promtail;
  promtail.config_text =
      "clients: [{url: \"http://x/p\"}]\nscrape_configs: [{job_name: a, static_configs: "
      "[{labels: {v: \"${V}\", w: \"$${V}\", __path__: /a}}]}]\n";
  promtail.line.expand_env = true;
  promtail.variable = [](std::string_view) { return std::optional<std::string>("here"); };
  promtail.loaded =
      config::load_text_expanding(promtail.config_text, "c.yml", {}, promtail.variable);
  const auto made = rehearsal_config(promtail, "/p");
  ASSERT_TRUE(made) << made.error().message;
  const auto read = config::load_text(made->yaml, "made", {});
  ASSERT_TRUE(read.config);
  EXPECT_EQ(read.config->scrape_configs[0].static_configs[0].labels.at("v"), "here");
  EXPECT_EQ(read.config->scrape_configs[0].static_configs[0].labels.at("w"), "${V}");
}

TEST(RehearsalConfig, says_why_there_is_none) {
  EXPECT_NE(rehearsal_config(promtail_with("clients: 5\n"), "/p").error().message.find("c.yml:1"),
            std::string::npos);
  const auto none = rehearsal_config(
      promtail_with("clients: [{url: \"http://x/p\"}]\nscrape_configs: [{job_name: n, syslog: "
                    "{listen_address: \"127.0.0.1:1514\"}}]\n"),
      "/p");
  EXPECT_EQ(none.error().message, "no job reads files");
}

}  // namespace
}  // namespace tailrace::daemon::migrate
