// The flags of `tailrace why`, and what it does with answers and their absence.
#include "daemon/why_command.h"

#include <cerrno>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "daemon/why_facts.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/memory_file_system.h"

namespace tailrace::daemon {
namespace {

constexpr const char* kWhyConfig =
    "clients: [{name: main, url: \"http://loki/push\"}]\n"
    "positions: {filename: /state/positions.yaml}\n"
    "scrape_configs:\n- job_name: app\n"
    "  static_configs: [{labels: {app: x, __path__: \"/logs/*.log\"}}]\n";

Result<WhyOptions> parse(const std::vector<const char*>& arguments) {
  return parse_why_options(arguments);
}

TEST(WhyCommand, takes_flags_with_one_dash_or_two) {
  const auto options =
      parse({"--config.file=c.yaml", "-line", "text", "--file=a.log", "-tenant=t",
             "--query={a=\"b\"}", "-format=json", "-socket=/s", "-config.expand-env"});
  ASSERT_TRUE(options) << options.error().message;
  EXPECT_EQ(options->config_file, "c.yaml");
  EXPECT_EQ(options->file, "a.log");
  EXPECT_EQ(options->line, "text");
  EXPECT_EQ(options->tenant, "t");
  EXPECT_EQ(options->selector, "{a=\"b\"}");
  EXPECT_EQ(options->socket, "/s");
  EXPECT_EQ(options->format, WhyOptions::Format::kJson);
  EXPECT_TRUE(options->expand_env);
  EXPECT_EQ(parse({"-config.file=c", "a.log", "-offset=12"})->offset, 12U);
  EXPECT_TRUE(parse({"-help"})->help);
}

TEST(WhyCommand, refuses_what_it_does_not_know) {
  const std::vector<std::pair<std::vector<const char*>, const char*>> cases{
      {{"-config.file=c"}, "-file is needed"},
      {{"-file=a"}, "-config.file is needed"},
      {{"-file=a", "b"}, "one file at a time"},
      {{"-nonsense=a"}, "not defined: -nonsense"},
      {{"-file"}, "needs an argument: -file"},
      {{"-offset=x"}, "a number of bytes"},
      {{"-format=xml"}, "text or json"},
      {{"-help=maybe"}, "invalid boolean"},
      {{"-config.file=c", "-file=a", "-line=x", "-offset=1"}, "only one of them"},
  };
  for (const auto& [arguments, message] : cases) {
    const auto options = parse(arguments);
    ASSERT_FALSE(options) << message;
    EXPECT_NE(options.error().message.find(message), std::string::npos) << options.error().message;
  }
}

class WhyRun : public ::testing::Test {
 protected:
  WhyRun() {
    files_.append("/config.yaml", kWhyConfig);
    files_.append("/logs/a.log", "line\n");
  }
  int run(std::vector<const char*> arguments, Result<std::string> answer) {
    arguments.insert(arguments.begin(), "-config.file=/config.yaml");
    const auto options = parse(arguments);
    EXPECT_TRUE(options) << options.error().message;
    said_.clear();
    return run_why(*options,
                   {.clock = clock_,
                    .file_system = files_,
                    .host_name = "here",
                    .working_directory = "/logs",
                    .environment = [](std::string_view) { return std::nullopt; },
                    .ask =
                        [&](const std::string& socket, const std::string& path) {
                          asked_ = socket + " " + path;
                          return answer;
                        }},
                   {[this](std::string_view text) { said_ += text; }});
  }

  testing::FakeClock clock_;
  testing::MemoryFileSystem files_{clock_};
  std::string said_;
  std::string asked_;
};

TEST_F(WhyRun, asks_the_socket_of_the_configuration_for_the_clean_path) {
  EXPECT_EQ(run({"./b/../a.log"}, fail(ENOENT, "nobody listens")), 1);
  EXPECT_EQ(asked_,
            "/state/positions.yaml.outbox/control.sock "
            "/tailrace/api/v1/why?path=%2Flogs%2Fa.log");
  EXPECT_NE(said_.find("no program runs (nobody listens; -socket=PATH names another"),
            std::string::npos)
      << said_;
  EXPECT_EQ(run({"a.log", "-socket=/other"}, fail(ECONNREFUSED, "refused")), 1);
  EXPECT_TRUE(asked_.starts_with("/other "));
}

TEST_F(WhyRun, only_what_no_program_listens_to_means_that_none_runs) {
  const std::vector<std::pair<Result<std::string>, std::string>> answers{
      {fail(EACCES, "permission denied"), "permission denied"},
      {fail(ETIMEDOUT, "timed out"), "timed out"},
      {fail(Error::kOther, "no such page"), "no such page"},
      {std::string("nonsense"), "no JSON object"},
      {std::string("{}"), "says nothing about the file"},
  };
  for (const auto& [answer, reason] : answers) {
    EXPECT_EQ(run({"a.log"}, answer), 3) << said_;
    EXPECT_NE(said_.find("Not known (job app). daemon: the program cannot be asked ("),
              std::string::npos)
        << said_;
    EXPECT_NE(said_.find(reason + "; -socket=PATH"), std::string::npos) << said_;
  }
  files_.append("/config.yaml", "tailrace: {control_socket: \"\"}\n");
  asked_.clear();
  EXPECT_EQ(run({"a.log"}, fail(ENOENT, "nobody listens")), 3);
  EXPECT_NE(said_.find("switches the control socket off; -socket=PATH"), std::string::npos)
      << said_;
  EXPECT_EQ(asked_, "");
}

TEST_F(WhyRun, shows_what_the_program_answers) {
  WhyFacts facts;
  facts.exists = true;
  facts.path = "/logs/a.log";
  facts.saved_position = "5";
  EXPECT_EQ(run({"a.log", "-format=json"}, why_facts_json(facts)), 0);
  EXPECT_NE(said_.find("\"answer\": \"accepted\""), std::string::npos) << said_;
}

TEST_F(WhyRun, says_what_is_wrong_with_configuration_or_query) {
  EXPECT_EQ(run({"a.log", "-query={"}, std::string("{}")), 2);
  EXPECT_TRUE(said_.starts_with("-query: ")) << said_;
  EXPECT_EQ(run({"a.log", "-config.file=/none.yaml"}, std::string("{}")), 2);
  EXPECT_NE(said_.find("/none.yaml"), std::string::npos);
  files_.append("/bad.yaml", "clients: 5\n");
  EXPECT_EQ(run({"a.log", "-config.file=/bad.yaml"}, std::string("{}")), 2);
  EXPECT_NE(said_.find("/bad.yaml:1"), std::string::npos) << said_;
}

}  // namespace
}  // namespace tailrace::daemon
