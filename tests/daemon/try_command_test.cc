// `tailrace try`: flags, what is printed, exit statuses.
#include "daemon/try_command.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/daemon/verb_command.h"

namespace tailrace::daemon {
namespace {

class TryCommand : public VerbCommand {
 protected:
  std::string wrong(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "try");
    EXPECT_EQ(run(std::move(arguments)), 2);
    return output_ + errors_.substr(0, errors_.find("\nRun with"));
  }
};

constexpr const char* kTryConfig =
    "clients: [{url: \"http://a\"}]\n"
    "scrape_configs:\n"
    "- job_name: ${NAME:one}\n"
    "  static_configs: [{labels: {__path__: /a, job: x}}]\n"
    "  pipeline_stages: [{regex: {expression: '(?P<l>e)'}}, {labels: {l: }}]\n";

TEST_F(TryCommand, says_what_each_stage_does_and_sums_up) {
  EXPECT_EQ(printed({"try", "-stages=[{drop: {expression: bad}}]", "-labels=job=y", "-line=good",
                     "-line", "bad"}),
            "line: good\n"
            "[inspect: drop stage]: \n"
            "why: expression: \"good\" does not match `bad`\n"
            "2026-01-01T00:00:00+0000\t{job=\"y\"}\tgood\n"
            "\n"
            "line: bad\n"
            "[inspect: drop stage]: \n"
            "why: expression: \"bad\" matches `bad`\n"
            "dropped, counted as drop_stage\n"
            "2026-01-01T00:00:00+0000\t{job=\"y\"}\tbad\t[dropped, counted as drop_stage]\n"
            "\n"
            "Summary\n"
            "  lines 2, entries kept 1, dropped 1, held for others 0\n"
            "  stages of                     entries  changed  dropped   per entry\n"
            "      0 drop                          2        0        1      0.0 us\n"
            "  dropped by stage 0 (drop), counted as drop_stage: 1\n"
            "  streams 1\n"
            "  label job                    1 value: y\n"
            "  metric logentry_dropped_lines_total{reason=\"drop_stage\"} 1\n");
}

TEST_F(TryCommand, shows_entries_only_when_told_so) {
  const std::string text = printed({"try", "-stages=pipeline_stages: [{drop: {expression: bad}}]",
                                    "-inspect=false", "-labels=job=y", "-line=good", "-line=bad"});
  EXPECT_EQ(text.find("2026-01-01T00:00:00+0000\t{job=\"y\"}\tgood\nSummary\n"), 0U) << text;
}

TEST_F(TryCommand, runs_a_job_of_a_configuration_on_files) {
  write("promtail.yaml", kTryConfig);
  write("in.log", "one\ntwo");
  const std::string text = printed({"try", "-config.file=@promtail.yaml", "-inspect=false",
                                    "-time=2027-01-02T03:04:05.5Z", "@in.log"});
  const std::string path = folder_.path() + "/in.log";
  EXPECT_EQ(text.find("2027-01-02T03:04:05.5+0000\t{filename=\"" + path +
                      "\", job=\"x\", l=\"e\"}\tone\n2027-01-02T03:04:05.5+0000\t{filename=\"" +
                      path + "\", job=\"x\"}\ttwo\nSummary\n"),
            0U)
      << text;
}

TEST_F(TryCommand, lines_of_the_command_line_come_first_and_labels_win) {
  write("promtail.yaml", kTryConfig);
  write("in.log", "two\n");
  const std::string text = printed({"try", "-config.file=@promtail.yaml", "-inspect=false",
                                    "-labels=job=y,filename=f", "-line=3", "@in.log"});
  EXPECT_EQ(text.find("2026-01-01T00:00:00+0000\t{filename=\"f\", job=\"y\"}\t3\n"
                      "2026-01-01T00:00:00+0000\t{filename=\"f\", job=\"y\"}\ttwo\n"),
            0U)
      << text;
}

TEST_F(TryCommand, variables_are_expanded_when_asked) {
  write("promtail.yaml", kTryConfig);
  EXPECT_EQ(wrong({"-config.file=@promtail.yaml", "-job=app", "-line=x"}),
            "there is no job \"app\"; there are ${NAME:one}\n");
  EXPECT_EQ(
      run({"try", "-config.file=@promtail.yaml", "-config.expand-env", "-job=app", "-line=x"}), 0)
      << output_;
}

TEST_F(TryCommand, prints_an_object_per_line_and_the_summary_last) {
  printed(
      {"try", "-stages=[{labels: {a: }}]", "-format=json", "-labels=job=y", "-line=1", "-line=2"});
  std::vector<nlohmann::json> objects;
  for (std::size_t begin = 0; begin < output_.size();) {
    const std::size_t end = output_.find('\n', begin);
    objects.push_back(nlohmann::json::parse(output_.substr(begin, end - begin)));
    begin = end + 1;
  }
  ASSERT_EQ(objects.size(), 3U);
  EXPECT_EQ(objects[0]["line"], "1");
  EXPECT_EQ(objects[0]["stages"][0]["reasons"][0], "\"a\" is not set: there is no value \"a\"");
  EXPECT_EQ(objects[2]["summary"]["lines"], 2);
  printed({"try", "-stages=[{labels: {a: }}]", "-format=json", "-inspect=false", "-line=1"});
  EXPECT_FALSE(printed_part("\"stages\":[{\"number\":0,\"name\":\"labels\",\"depth\":0,\"verdict"));
}

TEST_F(TryCommand, counts_metrics) {
  EXPECT_NE(printed({"try",
                     "-stages=[{metrics: {m: {type: Counter, config: {match_all: true, action: "
                     "inc}}}}]",
                     "-labels=job=y", "-line=1", "-line=2"})
                .find("  metric promtail_custom_m{job=\"y\"} 2\n"),
            std::string::npos);
}

TEST_F(TryCommand, flags_that_do_not_fit_are_refused) {
  EXPECT_EQ(wrong({"-line=x"}), "give -config.file or -stages");
  EXPECT_EQ(wrong({"-line=x", "-stages=[]", "-config.file=a"}),
            "-config.file has no effect beside -stages");
  EXPECT_EQ(wrong({"-line=x", "-stages=[]", "-job=a"}), "-job has no effect beside -stages");
  EXPECT_EQ(wrong({"-line=x", "-stages=[]", "-config.expand-env"}),
            "-config.expand-env has no effect beside -stages");
  EXPECT_EQ(wrong({"-stages=[]", "-format=xml"}), "-format: \"xml\" is neither text nor json");
  EXPECT_EQ(wrong({"-stages=[]", "-line=x", "-time=noon"}),
            "-time: \"noon\" is not like 2026-01-02T03:04:05Z\n");
  EXPECT_EQ(wrong({"-stages=[]", "-line=x", "-labels=a"}),
            "-labels: \"a\" is not like name=value\n");
}

TEST_F(TryCommand, faults_of_the_configuration_have_their_place) {
  EXPECT_NE(wrong({"-stages=[{nonsense: {}}]", "-line=x"}).find("stages:1:3"), std::string::npos)
      << output_;
  EXPECT_NE(wrong({"-stages=[{regex: {expression: '('}}]", "-line=x"}).find("stages:1:"),
            std::string::npos)
      << output_;
  EXPECT_NE(wrong({"-config.file=@none.yaml", "-line=x"}).find("/none.yaml: No such file"),
            std::string::npos)
      << output_;
  EXPECT_NE(wrong({"-stages=[]", "@none.log"}).find("/none.log: No such file"), std::string::npos);
}

TEST(TryOptions, standard_input_is_read_where_nothing_is_given) {
  const std::vector<const char*> arguments = {"-stages=[]"};
  EXPECT_EQ(parse_try_options(arguments)->inputs, std::vector<std::string>{"-"});
  const std::vector<const char*> with_line = {"-stages=[]", "-line=x"};
  EXPECT_TRUE(parse_try_options(with_line)->inputs.empty());
}

}  // namespace
}  // namespace tailrace::daemon
