// Labels per line: what the rules see, what stays, and that the cache does not show.
#include "discovery/line_relabeler.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace tailrace::discovery {
namespace {

using config::RelabelConfig;
using Options = LineRelabeler::Options;

Relabeler compiled(const std::vector<RelabelConfig>& rules) {
  std::vector<config::Diagnostic> diagnostics;
  Result<Relabeler> relabeler = Relabeler::compile(rules, diagnostics);
  EXPECT_TRUE(diagnostics.empty());
  return std::move(*relabeler);
}

RelabelConfig copy(std::string source, std::string target) {
  RelabelConfig rule;
  rule.source_labels = {std::move(source)};
  rule.target_label = std::move(target);
  return rule;
}

RelabelConfig drop(std::string source, std::string regex) {
  RelabelConfig rule;
  rule.source_labels = {std::move(source)};
  rule.regex = std::move(regex);
  rule.action = RelabelConfig::Action::kDrop;
  return rule;
}

std::string text(const LabelSet* labels) {
  return labels == nullptr ? "dropped" : labels->text();
}

TEST(LineRelabeler, gives_what_the_rules_leave_without_hidden_labels) {
  LabelSetTable table;
  LineRelabeler relabeler(compiled({copy("__journal__systemd_unit", "unit")}),
                          {.labels = {{"job", "j"}}}, table);
  const std::vector<LabelPair> line{{"__journal__systemd_unit", "ssh"}, {"__journal__pid", "1"}};
  EXPECT_EQ(text(relabeler.resolve(line)), R"({job="j", unit="ssh"})");
}

TEST(LineRelabeler, what_no_rule_reads_makes_no_difference) {
  LabelSetTable table;
  LineRelabeler relabeler(compiled({copy("__a", "a")}), {}, table);
  const std::vector<LabelPair> first{{"__a", "1"}, {"__pid", "7"}};
  const std::vector<LabelPair> second{{"__a", "1"}, {"__pid", "8"}};
  const std::vector<LabelPair> third{{"__a", "2"}, {"__pid", "8"}};
  const LabelSet* const labels = relabeler.resolve(first);
  EXPECT_EQ(relabeler.resolve(second), labels);
  EXPECT_NE(relabeler.resolve(third), labels);
}

TEST(LineRelabeler, a_label_map_reads_by_name) {
  RelabelConfig rule;
  rule.action = RelabelConfig::Action::kLabelMap;
  rule.regex = "__meta_(.+)";
  LabelSetTable table;
  LineRelabeler relabeler(compiled({rule}), {}, table);
  const std::vector<LabelPair> line{{"__meta_x", "1"}, {"__other", "2"}};
  EXPECT_EQ(text(relabeler.resolve(line)), R"({x="1"})");
}

TEST(LineRelabeler, fixed_labels_win_or_lose_as_told) {
  LabelSetTable table;
  const std::vector<LabelPair> line{{"env", "line"}};
  LineRelabeler over(compiled({}), {.labels = {{"env", "fixed"}}}, table);
  EXPECT_EQ(text(over.resolve(line)), R"({env="fixed"})");
  LineRelabeler under(compiled({}), {.labels = {{"env", "fixed"}}, .fixed = Options::Fixed::kUnder},
                      table);
  EXPECT_EQ(text(under.resolve(line)), R"({env="line"})");
}

TEST(LineRelabeler, says_why_there_are_no_labels_also_from_its_cache) {
  LabelSetTable table;
  LineRelabeler relabeler(compiled({drop("__a", "bad")}), {}, table);
  const std::vector<LabelPair> bad{{"__a", "bad"}};
  const std::vector<LabelPair> bare{{"__a", "good"}};
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(relabeler.resolve(bad), nullptr);
    EXPECT_TRUE(relabeler.dropped_by_rule());
    EXPECT_EQ(relabeler.resolve(bare), nullptr);
    EXPECT_FALSE(relabeler.dropped_by_rule());
  }
}

TEST(LineRelabeler, an_empty_set_is_kept_where_that_is_wanted) {
  LabelSetTable table;
  LineRelabeler relabeler(compiled({}), {.labels = {}, .unlabelled = Options::Unlabelled::kKeep},
                          table);
  EXPECT_EQ(text(relabeler.resolve({})), "{}");
}

TEST(LineRelabeler, keeps_the_tenant_of_senders) {
  LabelSetTable table;
  const std::vector<LabelPair> line{{"__tenant_id__", "t"}, {"a", "b"}};
  LineRelabeler hiding(compiled({}), {}, table);
  EXPECT_EQ(text(hiding.resolve(line)), R"({a="b"})");
  LineRelabeler keeping(compiled({}), {.labels = {}, .tenant = Options::Tenant::kKeep}, table);
  EXPECT_EQ(text(keeping.resolve(line)), R"({__tenant_id__="t", a="b"})");
}

TEST(LineRelabeler, an_empty_value_is_no_label_and_the_later_of_two_counts) {
  LabelSetTable table;
  LineRelabeler relabeler(compiled({}), {}, table);
  const std::vector<LabelPair> line{{"a", "1"}, {"b", "x"}, {"a", "2"}, {"b", ""}};
  EXPECT_EQ(text(relabeler.resolve(line)), R"({a="2"})");
}

TEST(LineRelabeler, stays_right_and_small_whatever_comes) {
  LabelSetTable table;
  LineRelabeler relabeler(compiled({copy("__a", "a")}), {}, table);
  for (std::size_t i = 0; i < 3 * LineRelabeler::kCachedMax; ++i) {
    const std::string value = std::to_string(i);
    const std::vector<LabelPair> line{{"__a", value}};
    ASSERT_EQ(text(relabeler.resolve(line)), "{a=\"" + value + "\"}");
  }
  table.sweep();
  table.sweep();
  EXPECT_LE(table.size(), LineRelabeler::kCachedMax);
}

TEST(LineRelabeler, remembers_few_results_of_long_labels) {
  LabelSetTable table;
  LineRelabeler relabeler(compiled({copy("__a", "a")}), {}, table);
  std::string value(1U << 20U, 'x');
  for (int i = 0; i < 20; ++i) {
    value += 'x';
    const std::vector<LabelPair> line{{"__a", value}};
    ASSERT_EQ(relabeler.resolve(line)->pairs()[0].value, value);
  }
  table.sweep();
  table.sweep();
  EXPECT_LE(table.size(), LineRelabeler::kCachedBytesMax >> 20U);
}

}  // namespace
}  // namespace tailrace::discovery
