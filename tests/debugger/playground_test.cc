// What the playground answers, and what it refuses.
#include "debugger/playground.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "config/load.h"
#include "tests/fakes/fake_clock.h"

namespace tailrace::debugger {
namespace {

using PlayJson = nlohmann::json;

class Playground : public ::testing::Test {
 protected:
  PlayJson play_stages(const std::string& stages, const std::vector<std::string>& lines) {
    const PlayAnswer answer =
        play(PlayJson{{"stages", stages}, {"lines", lines}, {"labels", {{"job", "x"}}}}.dump(),
             {clock_, databases_});
    EXPECT_EQ(answer.status, 200);
    return PlayJson::parse(answer.json);
  }

  tailrace::testing::FakeClock clock_;
  std::set<std::string> databases_;
};

TEST_F(Playground, lines_run_through_the_stages_with_every_step) {
  const PlayJson json =
      play_stages("- regex: {expression: '(?P<first>.)'}\n- labels: {first: }\n", {"a", "b"});
  EXPECT_TRUE(json["diagnostics"].empty());
  ASSERT_EQ(json["traces"].size(), 2U);
  EXPECT_EQ(json["traces"][1]["labels"], (PlayJson{{"job", "x"}, {"first", "b"}}));
  EXPECT_EQ(json["traces"][1]["stages"].size(), 2U);
  EXPECT_EQ(json["summary"]["kept"], 2);
  EXPECT_FALSE(json.contains("stopped"));
}

TEST_F(Playground, faults_of_reading_and_of_building_have_their_line) {
  const PlayJson unknown = play_stages("- decolorize: {}\n- nothing: {}\n", {"a"});
  EXPECT_EQ(unknown["diagnostics"][0]["line"], 2);
  EXPECT_EQ(unknown["diagnostics"][0]["severity"], "error");
  EXPECT_FALSE(unknown.contains("traces"));
  const PlayJson unbuildable = play_stages("- decolorize: {}\n- regex: {expression: '('}\n", {"a"});
  EXPECT_EQ(unbuildable["diagnostics"][0]["line"], 2);
  EXPECT_FALSE(unbuildable.contains("traces"));
}

TEST_F(Playground, nothing_at_all_is_an_empty_pipeline) {
  EXPECT_EQ(play_stages("", {"a"})["traces"][0]["line"], "a");
}

TEST_F(Playground, templates_see_no_environment) {
  const PlayJson json = play_stages(
      "- template: {source: v, template: '[{{ env \"PATH\" }}]'}\n- output: {source: v}\n", {"a"});
  ASSERT_TRUE(json.contains("traces")) << json;
  ASSERT_EQ(json["traces"].size(), 1U);
  EXPECT_EQ(json["traces"][0]["line"], "[]");
}

TEST_F(Playground, only_databases_of_the_running_configuration_are_opened) {
  const std::string stages = "- geoip: {db: /etc/passwd, source: ip, db_type: city}\n";
  const auto faults = [&] { return play_stages(stages, {"a"})["diagnostics"]; };
  const PlayJson refused = faults();
  ASSERT_EQ(refused.size(), 1U) << refused;
  EXPECT_EQ(refused[0]["message"], "only databases of the running configuration can be tried here");
  databases_.insert("/etc/passwd");
  const PlayJson opened = faults();
  ASSERT_EQ(opened.size(), 1U) << opened;
  EXPECT_EQ(opened[0]["message"], "db: /etc/passwd: is no MaxMind DB file");
}

TEST_F(Playground, what_is_no_request_is_refused_with_the_reason) {
  const auto error = [this](const std::string& request) {
    const PlayAnswer answer = play(request, {clock_, {}});
    EXPECT_EQ(answer.status, 400) << request;
    return PlayJson::parse(answer.json)["error"].get<std::string>();
  };
  EXPECT_EQ(error("{"), "the request is no JSON object");
  EXPECT_EQ(error("[]"), "the request is no JSON object");
  EXPECT_EQ(error(R"({"lines": []})"), "\"stages\" must be a text");
  EXPECT_EQ(error(R"({"stages": ""})"), "\"lines\" must be a list of texts");
  EXPECT_EQ(error(R"({"stages": "", "lines": [1]})"), "\"lines\" must be a list of texts");
  EXPECT_EQ(error(R"({"stages": "", "lines": [], "labels": {"a": 1}})"),
            "\"labels\" must be a map of texts");
  PlayJson many{{"stages", ""}, {"lines", std::vector<std::string>(kPlayLinesMax + 1)}};
  EXPECT_EQ(error(many.dump()), "at most 500 lines and 262144 bytes can be tried at once");
  const PlayJson big{{"stages", std::string(kPlayBytesMax + 1, ' ')}, {"lines", PlayJson::array()}};
  EXPECT_EQ(error(big.dump()), "at most 500 lines and 262144 bytes can be tried at once");
}

TEST_F(Playground, more_stages_than_can_be_tried_are_refused_also_by_aliases) {
  std::string stages = "[&a {decolorize: {}}";
  for (std::size_t i = 0; i < kPlayStagesMax; ++i)
    stages += ",*a";
  EXPECT_NE(play_stages(stages + "]", {"a"})["diagnostics"][0]["message"].get<std::string>().find(
                "at most 100 stages"),
            std::string::npos);
  std::string templates;
  for (std::size_t i = 0; i <= kPlayTemplatesMax; ++i)
    templates += "- template: {source: v, template: x}\n";
  EXPECT_FALSE(play_stages(templates, {"a"}).contains("traces"));
}

TEST_F(Playground, long_texts_are_cut_and_lines_beyond_the_room_for_traces_are_left_out) {
  const std::string stage = "- regex: {expression: '(?P<whole>.*)'}\n";
  std::string stages;
  for (int i = 0; i < 90; ++i)
    stages += stage;
  // 400 lines of 600 bytes, each in 90 steps.
  const PlayJson json = play_stages(stages, std::vector<std::string>(400, std::string(600, 'x')));
  EXPECT_TRUE(json.contains("stopped"));
  EXPECT_LT(json["traces"].size(), 400U);
  EXPECT_GT(json["traces"].size(), 100U);
  const PlayJson cut = play_stages(stage, {std::string(100'000, 'x')});
  EXPECT_EQ(cut["traces"][0]["before"]["line"].get<std::string>().size(), kPlayTextBytesMax + 3);
}

TEST_F(Playground, jobs_are_shown_as_they_were_written_without_secrets_or_hidden_labels) {
  const auto loaded = config::load_text(
      "clients: [{url: http://localhost/}]\n"
      "scrape_configs:\n"
      "- job_name: a\n"
      "  static_configs: [{labels: {job: x, __path__: /x}}]\n"
      "  pipeline_stages:\n"
      "  - static_labels: {level: info}\n"
      "  - geoip: {db: /g.mmdb, source: ip, db_type: city}\n"
      "- job_name: b\n"
      "  static_configs: [{labels: {__path__: /y}}]\n",
      "f.yaml", {});
  ASSERT_TRUE(loaded.config);
  const PlayJson jobs = PlayJson::parse(jobs_json(*loaded.config));
  ASSERT_EQ(jobs.size(), 2U);
  EXPECT_EQ(jobs[0]["job"], "a");
  EXPECT_EQ(jobs[0]["labels"], (PlayJson{{"job", "x"}}));
  EXPECT_EQ(jobs[1]["stages"], "");
  EXPECT_EQ(databases_of(*loaded.config), std::set<std::string>{"/g.mmdb"});
  databases_ = {"/g.mmdb"};
  // They can be played as they are shown, but for a database that is not there.
  const PlayJson played = play_stages(jobs[0]["stages"], {"line"});
  ASSERT_EQ(played["diagnostics"].size(), 1U);
  EXPECT_EQ(played["diagnostics"][0]["line"], 4);
}

}  // namespace
}  // namespace tailrace::debugger
