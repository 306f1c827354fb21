// Labels as maps and as text.
#include <gtest/gtest.h>

#include "tests/config/loading.h"

namespace tailrace::config {
namespace {

TEST(ParseLabels, values_keep_their_source_text) {
  const Config config = valid(
      "clients: [{url: http://a}]\nscrape_configs: [{job_name: a, static_configs: [{targets: [x], "
      "labels: {a: 5, b: true, c: yes, d: 0x1f, e: , y: n}}]}]");
  EXPECT_EQ(
      config.scrape_configs[0].static_configs[0].labels,
      (LabelMap{{"a", "5"}, {"b", "true"}, {"c", "yes"}, {"d", "0x1f"}, {"e", ""}, {"y", "n"}}));
  EXPECT_EQ(config.scrape_configs[0].static_configs[0].targets, (std::vector<std::string>{"x"}));
}

TEST(ParseLabels, external_labels_may_be_text_that_is_yaml) {
  EXPECT_EQ(valid_client("external_labels: \"a: b\\nc: 'd: \\\"e'\\n\"").external_labels,
            (TextPairs{{"a", "b"}, {"c", "d: \"e"}}));
  EXPECT_TRUE(valid_client("external_labels: ''").external_labels.empty());
  EXPECT_TRUE(valid_client("external_labels: '{}'").external_labels.empty());
  EXPECT_TRUE(valid_client("external_labels: ").external_labels.empty());
}

TEST(ParseLabels, the_text_must_be_a_map_of_labels) {
  EXPECT_EQ(
      diagnose("clients: [{url: http://a, external_labels: abc}]"),
      (std::vector<std::string>{"clients[0].external_labels: must be a map, not text (abc)"}));
  EXPECT_EQ(diagnose("clients: [{url: http://a, external_labels: '{a: b, a: c}'}]").size(), 1U);
}

}  // namespace
}  // namespace tailrace::config
