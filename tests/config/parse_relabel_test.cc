// Relabel rules.
#include <gtest/gtest.h>

#include "tests/config/loading.h"

namespace tailrace::config {
namespace {

RelabelConfig valid_rule(const std::string& keys) {
  return valid_job("relabel_configs: [{" + keys + "}]").relabel_configs.at(0);
}

TEST(ParseRelabel, has_promtails_defaults) {
  const RelabelConfig rule = valid_rule("target_label: a");
  RelabelConfig expected;
  expected.target_label = "a";
  EXPECT_EQ(rule, expected);
  EXPECT_EQ(rule.location.path, "scrape_configs[0].relabel_configs[0]");
}

TEST(ParseRelabel, reads_every_key) {
  const RelabelConfig rule = valid_rule(
      "source_labels: [a, __b], separator: '', regex: 5, modulus: 18446744073709551615, "
      "target_label: t, replacement: $2, action: HashMod");
  RelabelConfig expected;
  expected.source_labels = {"a", "__b"};
  expected.separator = "";
  expected.regex = "5";
  expected.modulus = 18446744073709551615U;
  expected.target_label = "t";
  expected.replacement = "$2";
  expected.action = RelabelConfig::Action::kHashMod;
  EXPECT_EQ(rule, expected);
}

TEST(ParseRelabel, an_empty_replacement_stays_empty) {
  EXPECT_EQ(valid_rule("target_label: a, replacement: ").replacement, "");
  EXPECT_EQ(valid_rule("target_label: a, replacement: ''").replacement, "");
}

TEST(ParseRelabel, knows_every_action_in_any_case) {
  using Action = RelabelConfig::Action;
  const std::vector<std::pair<std::string, Action>> actions = {
      {"Replace, target_label: a", Action::kReplace},
      {"KEEP", Action::kKeep},
      {"drop", Action::kDrop},
      {"keepequal, target_label: a", Action::kKeepEqual},
      {"DropEqual, target_label: a", Action::kDropEqual},
      {"hashmod, target_label: a, modulus: 2", Action::kHashMod},
      {"labelmap", Action::kLabelMap},
      {"labeldrop", Action::kLabelDrop},
      {"labelkeep", Action::kLabelKeep},
      {"lowercase, target_label: a", Action::kLowercase},
      {"uppercase, target_label: a", Action::kUppercase}};
  for (const auto& [keys, action] : actions)
    EXPECT_EQ(valid_rule("action: " + keys).action, action) << keys;
}

TEST(ParseRelabel, targets_of_replace_may_hold_references) {
  for (const char* target : {"a", "_9", "$1", "${1}", "a${name}_b", "$name", "a$1$2"}) {
    EXPECT_EQ(valid_rule(std::string("target_label: '") + target + "'").target_label, target);
  }
  for (const char* target : {"9", "a-b", "$", "a$", "${}", "${a", "a$-", "${a-b}", "a b"}) {
    EXPECT_EQ(diagnose(std::string("clients: [{url: http://a}]\nscrape_configs: [{job_name: a, "
                                   "static_configs: [{}], relabel_configs: [{target_label: '") +
                       target + "'}]}]")
                  .size(),
              1U)
        << target;
  }
}

}  // namespace
}  // namespace tailrace::config
