// What verbs read.
#include "daemon/verb_files.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/fakes/fake_clock.h"
#include "tests/support/temp_folder.h"

namespace tailrace::daemon {
namespace {

const Environment kNoEnvironment = [](std::string_view /*name*/) { return std::nullopt; };

TEST(VerbFiles, read_whole_files_and_their_lines) {
  const tailrace::testing::TempFolder folder;
  folder.append("a", std::string("one\r\n\n\0two", 10));
  EXPECT_EQ(read_whole_file(folder.path("a")).value(), std::string("one\r\n\n\0two", 10));
  EXPECT_EQ(read_lines(folder.path("a")).value(),
            (std::vector<std::string>{"one\r", "", std::string("\0two", 4)}));
  EXPECT_EQ(read_lines(folder.path("none")).error().message,
            folder.path("none") + ": No such file or directory\n");
}

TEST(VerbFiles, a_configuration_needs_no_client) {
  const tailrace::testing::TempFolder folder;
  folder.append("c.yaml", "scrape_configs: [{job_name: a, journal: {}}]\n");
  const auto loaded = load_verb_config(folder.path("c.yaml"), ExpandEnv::kNo, kNoEnvironment);
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(loaded->config.scrape_configs.at(0).job_name, "a");
}

TEST(VerbFiles, a_configuration_has_its_variables_expanded_when_asked) {
  const tailrace::testing::TempFolder folder;
  folder.append("c.yaml", "clients: [{url: \"http://a\"}]\nscrape_configs: [{job_name: '${A}'}]\n");
  const Environment environment = [](std::string_view name) {
    return std::optional<std::string>("value of " + std::string(name));
  };
  EXPECT_EQ(load_verb_config(folder.path("c.yaml"), ExpandEnv::kYes, environment)
                ->config.scrape_configs.at(0)
                .job_name,
            "value of A");
  EXPECT_EQ(load_verb_config(folder.path("c.yaml"), ExpandEnv::kNo, environment)
                ->config.scrape_configs.at(0)
                .job_name,
            "${A}");
}

TEST(VerbFiles, faults_of_a_configuration_are_ready_to_be_shown) {
  const tailrace::testing::TempFolder folder;
  folder.append("c.yaml", "nonsense: true\n");
  const auto loaded = load_verb_config(folder.path("c.yaml"), ExpandEnv::kNo, kNoEnvironment);
  ASSERT_FALSE(loaded);
  EXPECT_NE(loaded.error().message.find("c.yaml:1:1: nonsense"), std::string::npos)
      << loaded.error().message;
}

TEST(VerbStages, may_have_their_key_before_them) {
  EXPECT_EQ(load_verb_stages("[{docker: {}}, {cri: {}}]")->size(), 2U);
  EXPECT_EQ(load_verb_stages("pipeline_stages:\n- docker: {}\n")->size(), 1U);
  EXPECT_EQ(load_verb_stages("[]")->size(), 0U);
}

TEST(VerbStages, faults_are_ready_to_be_shown) {
  EXPECT_NE(load_verb_stages("[{nonsense: {}}]").error().message.find("stages:1:3"),
            std::string::npos);
  EXPECT_NE(load_verb_stages("[{").error().message.find("stages:1:"), std::string::npos);
}

TEST(VerbLabels, are_pairs_apart_by_commas) {
  EXPECT_EQ(*parse_verb_labels(""), config::LabelMap{});
  EXPECT_EQ(*parse_verb_labels("a=b=c,d="), (config::LabelMap{{"a", "b=c"}, {"d", ""}}));
  EXPECT_EQ(parse_verb_labels("a=b,c").error().message, "-labels: \"c\" is not like name=value");
  EXPECT_EQ(parse_verb_labels("=b").error().message, "-labels: \"=b\" is not like name=value");
}

TEST(VerbTime, is_now_or_as_given) {
  const tailrace::testing::FakeClock clock;
  EXPECT_EQ(*parse_verb_time("", clock), clock.wall_now());
  EXPECT_EQ(unix_nanoseconds(*parse_verb_time("1970-01-01T01:00:00.5+01:00", clock)), 500'000'000);
  EXPECT_EQ(parse_verb_time("1970", clock).error().message,
            "-time: \"1970\" is not like 2026-01-02T03:04:05Z");
}

}  // namespace
}  // namespace tailrace::daemon
