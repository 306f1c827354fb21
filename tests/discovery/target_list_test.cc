// Lists of targets: what they give, and what is refused.
#include "discovery/target_list.h"

#include <gtest/gtest.h>

namespace tailrace::discovery {
namespace {

using config::StaticTargetGroup;

const std::vector<StaticTargetGroup> kTwoGroups = {
    {.targets = {"a:1", "b:2"}, .labels = {{"k", "v"}, {"__path__", "/x"}}},
    {.targets = {}, .labels = {}}};

TEST(TargetList, reads_json) {
  const auto groups = parse_target_list_json(
      R"([{"targets": ["a:1", "b:2"], "labels": {"k": "v", "__path__": "\/x"}},
          {"targets": null, "labels": null}])");
  ASSERT_TRUE(groups.has_value()) << groups.error().message;
  EXPECT_EQ(*groups, kTwoGroups);
  EXPECT_EQ(parse_target_list_json("[]").value().size(), 0U);
  EXPECT_EQ(parse_target_list_json("[{\"labels\":{\"a\":\"\\ud83d\\ude00\\t\"}}]")
                .value()
                .at(0)
                .labels.at("a"),
            "\xf0\x9f\x98\x80\t");
}

TEST(TargetList, reads_yaml) {
  const auto groups = parse_target_list_yaml(
      "- targets: [a:1, 'b:2']\n  labels:\n    k: v\n    __path__: /x\n- targets: []\n");
  ASSERT_TRUE(groups.has_value()) << groups.error().message;
  EXPECT_EQ(*groups, kTwoGroups);
  EXPECT_EQ(parse_target_list_yaml("").value().size(), 0U);
  // Scalars keep their text.
  EXPECT_EQ(
      parse_target_list_yaml("[{targets: [012], labels: {a: 1.50, b: yes}}]").value().at(0).labels,
      (LabelMap{{"a", "1.50"}, {"b", "yes"}}));
}

TEST(TargetList, refuses_half_a_list) {
  for (const auto& [text, reason] : std::vector<std::pair<std::string, std::string>>{
           {"", "not JSON"},
           {"[{\"targets\": [\"a\"", "not JSON"},
           {"{}", "must be a list"},
           {"[1]", "entry 0: must be an object"},
           {"[{}, {\"target\": []}]", "entry 1: \"target\" is not a known key"},
           {"[{\"targets\": \"a\"}]", "targets must be a list"},
           {"[{\"targets\": [1]}]", "every one of targets must be text"},
           {"[{\"labels\": []}]", "labels must be an object"},
           {"[{\"labels\": {\"a\": 1}}]", "the label \"a\" must be text"},
           {"[{\"labels\": {\"a-b\": \"c\"}}]", "\"a-b\" is not a valid label name"}}) {
    const auto groups = parse_target_list_json(text);
    ASSERT_FALSE(groups.has_value()) << text;
    EXPECT_NE(groups.error().message.find(reason), std::string::npos) << groups.error().message;
  }
  for (const auto& [text, reason] : std::vector<std::pair<std::string, std::string>>{
           {"a: b", "must be a list"},
           {"- a", "line 1: must be a map"},
           {"\n- {target: [a]}", "line 2: \"target\" is not a known key"},
           {"- {targets: a}", "targets must be a list"},
           {"- {targets: [[a]]}", "every one of targets must be text"},
           {"- {labels: [a]}", "labels must be a map"},
           {"- {labels: {a: [b]}}", "the label \"a\" must be text"},
           {"- {labels: {a-b: c}}", "\"a-b\" is not a valid label name"},
           {"- {labels: {a: b", "line 1:"}}) {
    const auto groups = parse_target_list_yaml(text);
    ASSERT_FALSE(groups.has_value()) << text;
    EXPECT_NE(groups.error().message.find(reason), std::string::npos) << groups.error().message;
  }
}

TEST(TargetList, every_entry_of_targets_is_a_target) {
  std::vector<Target> targets;
  append_targets(kTwoGroups, "x", {{"__meta_url", "u"}}, targets);
  ASSERT_EQ(targets.size(), 2U);
  EXPECT_EQ(
      targets[1],
      (Target{
          .labels = {{"__address__", "b:2"}, {"__meta_url", "u"}, {"__path__", "/x"}, {"k", "v"}},
          .found_by = "x:0"}));
}

}  // namespace
}  // namespace tailrace::discovery
