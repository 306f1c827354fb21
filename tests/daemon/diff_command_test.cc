// `tailrace diff`: flags, what is printed, exit statuses.
#include "daemon/diff_command.h"

#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/daemon/verb_command.h"

namespace tailrace::daemon {
namespace {

std::string job_text(const std::string& name, const std::string& stages) {
  return "- job_name: " + name +
         "\n  static_configs: [{labels: {__path__: /a, job: x}}]\n  pipeline_stages: " + stages +
         "\n";
}

std::string config_of(const std::string& jobs) {
  return "clients: [{url: \"http://a\"}]\nscrape_configs:\n" + jobs;
}

class DiffCommand : public VerbCommand {
 protected:
  void SetUp() override { write("in.log", "one\ntwo\n"); }
  std::optional<int> diff(const std::string& was, const std::string& now,
                          std::vector<std::string> more = {}) {
    std::ofstream(folder_.path("old.yaml")) << config_of(was);
    std::ofstream(folder_.path("new.yaml")) << config_of(now);
    more.insert(more.begin(), {"diff", "-lines=@in.log", "@old.yaml", "@new.yaml"});
    return run(std::move(more));
  }
};

TEST_F(DiffCommand, nothing_changes_is_status_0) {
  const std::string job = job_text("a", "[{static_labels: {l: v}}]");
  EXPECT_EQ(diff(job, job), 0);
  EXPECT_EQ(output_, "job a\n  0 of 2 lines change; entries 2 -> 2, streams 1 -> 1\n");
}

TEST_F(DiffCommand, something_changes_is_status_1) {
  EXPECT_EQ(diff(job_text("a", "[]"), job_text("a", "[{static_labels: {l: v}}]"), {"-limit=1"}), 1);
  EXPECT_EQ(output_,
            "job a\n"
            "  line 1: one\n"
            "    labels\n"
            "      - {job=\"x\"}\n"
            "      + {job=\"x\", l=\"v\"}\n"
            "  and more: 1\n"
            "  2 of 2 lines change; entries 2 -> 2, streams 1 -> 1\n");
}

TEST_F(DiffCommand, the_only_jobs_are_compared_whatever_their_names) {
  EXPECT_EQ(diff(job_text("a", "[]"), job_text("b", "[]")), 0);
  EXPECT_TRUE(printed_part("job b\n")) << output_;
}

TEST_F(DiffCommand, jobs_that_come_or_go_are_a_difference) {
  EXPECT_EQ(
      diff(job_text("a", "[]") + job_text("b", "[]"), job_text("a", "[]") + job_text("c", "[]")),
      1);
  EXPECT_TRUE(printed_part("job b is gone\njob c is new\n")) << output_;
  EXPECT_EQ(diff(job_text("a", "[]") + job_text("b", "[]"),
                 job_text("a", "[]") + job_text("c", "[]"), {"-job=a"}),
            0)
      << output_;
}

TEST_F(DiffCommand, is_shown_as_json) {
  EXPECT_EQ(diff(job_text("a", "[]") + job_text("b", "[]"),
                 job_text("a", "[{output: {source: job}}]"), {"-format=json"}),
            1);
  const auto json = nlohmann::json::parse(output_);
  EXPECT_EQ(json["same"], false);
  EXPECT_EQ(json["jobs_gone"], nlohmann::json::parse(R"(["b"])"));
  EXPECT_EQ(json["jobs_new"], nlohmann::json::array());
  ASSERT_EQ(json["jobs"].size(), 1U);
  EXPECT_EQ(json["jobs"][0]["lines_changed"][0]["differences"],
            nlohmann::json::parse(R"([{"what":"line","was":"one","now":"x"}])"));
}

TEST_F(DiffCommand, labels_and_time_are_those_of_the_command_line) {
  std::ofstream(folder_.path("in.log")) << "2020-01-01T00:00:00Z\n";
  const std::string stages =
      "[{regex: {expression: '(?P<at>.*)'}}, {timestamp: {source: at, format: RFC3339}}, "
      "{drop: {older_than: 1h}}, {pack: {labels: [job]}}]";
  EXPECT_EQ(diff(job_text("a", "[]"), job_text("a", stages),
                 {"-labels=job=y", "-time=2020-01-01T00:30:00Z"}),
            1);
  EXPECT_TRUE(printed_part("{\"job\":\"y\",\"_entry\":\"2020-01-01T00:00:00Z\"}")) << output_;
  // Half an hour old then, too old an hour later.
  EXPECT_EQ(diff(job_text("a", "[]"), job_text("a", stages), {"-time=2020-01-01T01:30:00Z"}), 1);
  EXPECT_TRUE(printed_part("+ dropped by the drop stage\n")) << output_;
}

TEST_F(DiffCommand, what_cannot_be_read_or_built_is_status_2) {
  const std::string job = job_text("a", "[]");
  EXPECT_EQ(diff(job, job, {"-limit=x"}), 2);
  EXPECT_EQ(errors_, "-limit: \"x\" is no number\n");
  EXPECT_EQ(diff(job, job, {"-job=b"}), 2);
  EXPECT_EQ(errors_, "there is no job \"b\" in either file\n");
  EXPECT_EQ(diff(job, job, {"-time=x"}), 2);
  EXPECT_EQ(diff(job, job, {"-labels=x"}), 2);
  EXPECT_EQ(diff(job, job, {"-lines=@none"}), 2);
  EXPECT_TRUE(failed_with("/none: No such file")) << errors_;
  EXPECT_EQ(diff(job, job_text("a", "[{regex: {expression: '('}}]")), 2);
  EXPECT_TRUE(failed_with("new.yaml:")) << errors_;
  EXPECT_EQ(diff(job, job_text("a", "[{nonsense: {}}]")), 2);
  EXPECT_TRUE(failed_with("new.yaml:")) << errors_;
  EXPECT_EQ(run({"diff", "@none.yaml", "@new.yaml", "-lines=@in.log"}), 2);
  EXPECT_TRUE(failed_with("/none.yaml: No such file")) << errors_;
  EXPECT_EQ(diff(job, job, {"-lines=@"}), 2);  // A folder is no empty file.
  EXPECT_TRUE(failed_with("Is a directory")) << errors_;
  EXPECT_EQ(output_, "");
}

TEST_F(DiffCommand, flags_that_do_not_fit_are_refused) {
  EXPECT_EQ(run({"diff", "a"}), 2);
  EXPECT_EQ(errors_.find("give two configurations, OLD and NEW\n"), 0U);
  EXPECT_EQ(run({"diff", "a", "b", "-format=xml"}), 2);
  EXPECT_EQ(errors_.find("-format: \"xml\" is neither text nor json\n"), 0U);
  const std::vector<const char*> arguments = {"a", "b"};
  EXPECT_EQ(parse_diff_options(arguments)->lines, std::vector<std::string>{"-"});
}

}  // namespace
}  // namespace tailrace::daemon
