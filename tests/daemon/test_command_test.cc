// `tailrace test`: flags, files, exit status.
#include "daemon/test_command.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/temp_folder.h"

namespace tailrace::daemon {
namespace {

Result<TestOptions> parse_all(const std::vector<const char*>& arguments) {
  return parse_test_options(arguments);
}

TEST(TestCommand, flags_and_paths_may_be_mixed) {
  const auto options = parse_all({"a.test.yaml", "-config.file", "c.yaml", "b", "--run=x",
                                  "-record", "-junit=j.xml", "-config.expand-env=true"});
  ASSERT_TRUE(options);
  EXPECT_EQ(options->paths, (std::vector<std::string>{"a.test.yaml", "b"}));
  EXPECT_EQ(options->config_file, "c.yaml");
  EXPECT_EQ(options->only, "x");
  EXPECT_EQ(options->junit_file, "j.xml");
  EXPECT_TRUE(options->record);
  EXPECT_TRUE(options->expand_env);
}

TEST(TestCommand, refuses_flags_by_name) {
  EXPECT_EQ(parse_all({"-nonsense"}).error().message, "flag provided but not defined: -nonsense");
  EXPECT_EQ(parse_all({"-junit"}).error().message, "flag needs an argument: -junit");
  EXPECT_EQ(parse_all({"-record=maybe"}).error().message,
            "invalid boolean value \"maybe\" for -record");
}

class TestCommandRun : public ::testing::Test {
 protected:
  void write(const std::string& name, const std::string& text) const {
    const std::filesystem::path path = folder_.path() + "/" + name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }
  static TestOptions paths(std::vector<std::string> paths) {
    TestOptions options;
    options.paths = std::move(paths);
    return options;
  }
  int run(TestOptions options) {
    said_.clear();
    for (std::string& path : options.paths)
      path = folder_.path() + "/" + path;
    return run_tests(options, {[this](std::string_view text) { said_ += text; }},
                     [](std::string_view name) {
                       return name == "JOB" ? std::optional<std::string>("app") : std::nullopt;
                     });
  }
  bool said(std::string_view text) const { return said_.find(text) != std::string::npos; }
  static std::string test_file(const std::string& name, const std::string& line) {
    return "config: promtail.yaml\ntests:\n- {name: " + name +
           ", job: app, lines: [x], expect: {entries: [" + line + "]}}\n";
  }

  testing::TempFolder folder_;
  std::string said_;
};

// Its input is none that exists everywhere; only the stages run.
constexpr const char* kConfig =
    "clients: [{url: \"http://a\"}]\nscrape_configs:\n- job_name: app\n  journal: {}\n"
    "  pipeline_stages: [{replace: {expression: (x), replace: why}}]\n";

TEST_F(TestCommandRun, a_folder_is_searched_and_the_status_says_how_it_went) {
  write("promtail.yaml", kConfig);
  write("a.test.yaml", test_file("good", "why"));
  write("below/notes.yaml", "not a test");
  EXPECT_EQ(run(paths({""})), 0);
  EXPECT_TRUE(said("1 test, 0 failed\n")) << said_;
  write("below/b.test.yaml", test_file("bad", "x"));
  write("below/promtail.yaml", kConfig);
  EXPECT_EQ(run(paths({""})), 1);
  EXPECT_TRUE(said("2 tests, 1 failed\n")) << said_;
  EXPECT_TRUE(said("      - x\n      + why\n"));
  EXPECT_EQ(run([&] {
              TestOptions o = paths({""});
              o.only = "goo";
              return o;
            }()),
            0);
  EXPECT_EQ(run([&] {
              TestOptions o = paths({""});
              o.only = "none";
              return o;
            }()),
            2);
  EXPECT_TRUE(said("no test was run\n"));
}

TEST_F(TestCommandRun, without_a_path_the_tests_beside_the_configuration_run) {
  write("promtail.yaml", kConfig);
  write("a.test.yaml", "tests: [{name: t, job: app, lines: [x], expect: {entries: [why]}}]\n");
  EXPECT_EQ(run([&] {
              TestOptions o = TestOptions{};
              o.config_file = folder_.path() + "/promtail.yaml";
              return o;
            }()),
            0);
}

TEST_F(TestCommandRun, variables_are_expanded_when_asked) {
  write("promtail.yaml",
        "clients: [{url: \"http://a\"}]\nscrape_configs: [{job_name: \"${JOB}\"}]\n");
  write("a.test.yaml", test_file("t", "x"));
  EXPECT_EQ(run(paths({"a.test.yaml"})), 1);
  EXPECT_EQ(run([&] {
              TestOptions o = paths({"a.test.yaml"});
              o.expand_env = true;
              return o;
            }()),
            0)
      << said_;
}

TEST_F(TestCommandRun, what_cannot_be_read_is_status_2) {
  EXPECT_EQ(run(paths({"none.test.yaml"})), 2);
  EXPECT_TRUE(said("No such file"));
  EXPECT_EQ(run(paths({""})), 2);
  EXPECT_TRUE(said("no *.test.yaml in this folder"));
  write("a.test.yaml", "tests: [{nam: t}]\n");
  EXPECT_EQ(run(paths({"a.test.yaml"})), 2);
  EXPECT_TRUE(said("a.test.yaml:1:10: tests[0].nam: `nam` is not a known key")) << said_;
  write("a.test.yaml", test_file("t", "x"));
  EXPECT_EQ(run(paths({"a.test.yaml"})), 2);
  EXPECT_TRUE(said("promtail.yaml: No such file"));
  write("promtail.yaml", "nonsense: true\n");
  EXPECT_EQ(run(paths({"a.test.yaml"})), 2);
  EXPECT_TRUE(said("promtail.yaml:1:1: nonsense"));
  write("promtail.yaml", kConfig);
  EXPECT_EQ(run([&] {
              TestOptions o = paths({"a.test.yaml"});
              o.junit_file = "/nowhere/j.xml";
              return o;
            }()),
            2);
  EXPECT_TRUE(said("/nowhere/j.xml: cannot be written\n"));
}

TEST_F(TestCommandRun, recording_prints_files_that_pass) {
  write("promtail.yaml", kConfig);
  write("a.test.yaml", test_file("t", "wrong"));
  EXPECT_EQ(run([&] {
              TestOptions o = paths({"a.test.yaml"});
              o.record = true;
              return o;
            }()),
            0);
  write("a.test.yaml", said_);
  EXPECT_EQ(run([&] {
              TestOptions o = paths({"a.test.yaml"});
              o.junit_file = folder_.path() + "/j.xml";
              return o;
            }()),
            0)
      << said_;
  std::ifstream junit(folder_.path() + "/j.xml");
  std::ostringstream xml;
  xml << junit.rdbuf();
  EXPECT_NE(xml.str().find("tests=\"1\" failures=\"0\""), std::string::npos);
}

}  // namespace
}  // namespace tailrace::daemon
