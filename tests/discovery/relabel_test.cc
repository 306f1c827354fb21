// Relabelling rules as a table, and the rules that are refused.
#include "discovery/relabel.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace tailrace::discovery {
namespace {

using config::RelabelConfig;
using Action = RelabelConfig::Action;
using Names = std::vector<std::string>;

// Rules are written as changes to the defaults.
RelabelConfig rule(Action action, Names sources, std::string regex, std::string target = {},
                   std::string replacement = "$1") {
  RelabelConfig result;
  result.action = action;
  result.source_labels = std::move(sources);
  result.regex = std::move(regex);
  result.target_label = std::move(target);
  result.replacement = std::move(replacement);
  return result;
}

RelabelConfig separated(std::string separator, RelabelConfig config) {
  config.separator = std::move(separator);
  return config;
}

RelabelConfig hash_rule(Names sources, std::uint64_t modulus) {
  RelabelConfig result;
  result.action = Action::kHashMod;
  result.source_labels = std::move(sources);
  result.modulus = modulus;
  result.target_label = "h";
  return result;
}

struct RelabelCase {
  const char* name;
  std::vector<RelabelConfig> rules;
  LabelMap before;
  LabelMap after;
  bool kept = true;
};

void check(const std::vector<RelabelCase>& cases) {
  for (const RelabelCase& one : cases) {
    std::vector<config::Diagnostic> diagnostics;
    const auto relabeler = Relabeler::compile(one.rules, diagnostics);
    ASSERT_TRUE(relabeler) << one.name << ": " << diagnostics.at(0).message;
    LabelMap labels = one.before;
    const auto verdict = relabeler->run(labels);
    EXPECT_EQ(verdict == Relabeler::Verdict::kKeep, one.kept) << one.name;
    EXPECT_EQ(labels, one.after) << one.name;
  }
}

constexpr Action kReplace = Action::kReplace;

TEST(Relabeler, replaces) {
  check({
      {"no rules", {}, {{"a", "1"}}, {{"a", "1"}}},
      {"no rules, an empty label", {}, {{"a", "1"}, {"e", ""}}, {{"a", "1"}}},
      {"copy", {rule(kReplace, {"a"}, "(.*)", "b")}, {{"a", "1"}}, {{"a", "1"}, {"b", "1"}}},
      {"over an old value",
       {rule(kReplace, {"a"}, "(.*)", "a", "x$1")},
       {{"a", "1"}},
       {{"a", "x1"}}},
      {"constant", {rule(kReplace, {}, "(.*)", "b", "c")}, {}, {{"b", "c"}}},
      {"joined",
       {rule(kReplace, {"a", "b"}, "(.*)", "j")},
       {{"a", "1"}, {"b", "2"}},
       {{"a", "1"}, {"b", "2"}, {"j", "1;2"}}},
      {"missing sources are empty",
       {rule(kReplace, {"a", "x", "b"}, "(.*)", "j")},
       {{"a", "1"}, {"b", "2"}},
       {{"a", "1"}, {"b", "2"}, {"j", "1;;2"}}},
      {"other separator",
       {separated("", rule(kReplace, {"a", "b"}, "(.*)", "j"))},
       {{"a", "1"}, {"b", "2"}},
       {{"a", "1"}, {"b", "2"}, {"j", "12"}}},
      {"no match, no change", {rule(kReplace, {"a"}, "2", "b", "x")}, {{"a", "1"}}, {{"a", "1"}}},
      {"anchored in front", {rule(kReplace, {"a"}, "b", "x", "y")}, {{"a", "ab"}}, {{"a", "ab"}}},
      {"anchored behind", {rule(kReplace, {"a"}, "a", "x", "y")}, {{"a", "ab"}}, {{"a", "ab"}}},
      {"an alternative is anchored as a whole",
       {rule(kReplace, {"a"}, "a|b", "x", "y")},
       {{"a", "ab"}},
       {{"a", "ab"}}},
      {"the longer alternative that matches all",
       {rule(kReplace, {"a"}, "(a|ab)(c|bcd)?", "x", "$1-$2")},
       {{"a", "abcd"}},
       {{"a", "abcd"}, {"x", "a-bcd"}}},
      {"dot excludes newline",
       {rule(kReplace, {"a"}, "(.*)", "x")},
       {{"a", "1\n2"}},
       {{"a", "1\n2"}}},
      {"dot with s flag",
       {rule(kReplace, {"a"}, "(?s)(.*)", "x")},
       {{"a", "1\n2"}},
       {{"a", "1\n2"}, {"x", "1\n2"}}},
      {"case matters", {rule(kReplace, {"a"}, "X", "b", "y")}, {{"a", "x"}}, {{"a", "x"}}},
      {"i flag",
       {rule(kReplace, {"a"}, "(?i)X", "b", "y")},
       {{"a", "x"}},
       {{"a", "x"}, {"b", "y"}}},
      {"empty result removes",
       {rule(kReplace, {"a"}, "1", "b", "")},
       {{"a", "1"}, {"b", "2"}},
       {{"a", "1"}}},
      {"missing source removes the target", {rule(kReplace, {"x"}, "(.*)", "b")}, {{"b", "2"}}, {}},
      {"target from a group",
       {rule(kReplace, {"a"}, "(\\w+)=(\\w+)", "x_$1", "$2")},
       {{"a", "k=v"}},
       {{"a", "k=v"}, {"x_k", "v"}}},
      {"a target that becomes invalid is nothing",
       {rule(kReplace, {"a"}, "(.*)", "x_$1", "v")},
       {{"a", "bad-World"}},
       {{"a", "bad-World"}}},
      {"a target that becomes a digit is nothing",
       {rule(kReplace, {"a"}, "(.*)", "$1", "v")},
       {{"a", "1"}},
       {{"a", "1"}}},
      {"a target that becomes empty is nothing",
       {rule(kReplace, {"a"}, ".*(x?)", "$1", "v")},
       {{"a", "1"}},
       {{"a", "1"}}},
      {"rules see what earlier ones left",
       {rule(kReplace, {"a"}, "(.*)", "b", "$1$1"), rule(kReplace, {"b"}, "(.*)", "c", "$1!")},
       {{"a", "1"}},
       {{"a", "1"}, {"b", "11"}, {"c", "11!"}}},
      {"a class with a bracket and a named group in Go's new form",
       {rule(kReplace, {"a"}, "[](?<]\\(?(?<rest>\\w+)\\Q(?<x\\E", "b", "$rest")},
       {{"a", "](w(?<x"}},
       {{"a", "](w(?<x"}, {"b", "w"}}},
  });
}

TEST(Relabeler, expands_groups) {
  struct ExpandCase {
    const char* replacement;
    const char* result;  // Empty: the label does not appear.
  };
  const std::vector<ExpandCase> cases = {
      {"${w}_$2_${3}x$4-$$", "Hello_42x-$"},
      {"$1", "Hello"},
      {"${1}x", "Hellox"},
      {"$1x", ""},
      {"$w", "Hello"},
      {"$wx", ""},
      {"$0", "Hello-World 42"},
      {"$00", ""},
      {"$01", ""},
      {"$9", ""},
      {"a$9b", "a"},
      {"$123456789", ""},
      {"$$1", "$1"},
      {"$", "$"},
      {"a$", "a$"},
      {"$-1", "$-1"},
      {"${}", "${}"},
      {"${w", "${w"},
      {"${w-}", "${w-}"},
      {"$2$3", "World42"},
      {"$2-$3", "World-42"},
      {"$1\xc3\xbc", ""},
      {"plain", "plain"},
  };
  for (const ExpandCase& one : cases) {
    std::vector<config::Diagnostic> diagnostics;
    const auto relabeler = Relabeler::compile(
        {rule(kReplace, {"a"}, "(?P<w>\\w+)-(\\w+) (\\d+)", "out", one.replacement)}, diagnostics);
    ASSERT_TRUE(relabeler) << one.replacement;
    LabelMap labels{{"a", "Hello-World 42"}};
    relabeler->run(labels);
    EXPECT_EQ(labels["out"], one.result) << one.replacement;
  }
}

TEST(Relabeler, keeps_and_drops) {
  const LabelMap labels{{"a", "1"}, {"b", "1"}, {"c", "2"}};
  const RelabelConfig never = rule(kReplace, {}, ".*", "never", "x");
  check({
      {"keep a match", {rule(Action::kKeep, {"a"}, "1")}, labels, labels},
      {"keep no match", {rule(Action::kKeep, {"a"}, "2"), never}, labels, labels, false},
      {"keep is anchored",
       {rule(Action::kKeep, {"j"}, "b")},
       {{"j", "abc"}},
       {{"j", "abc"}},
       false},
      {"drop a match", {rule(Action::kDrop, {"a"}, "1"), never}, labels, labels, false},
      {"drop no match", {rule(Action::kDrop, {"a"}, "2")}, labels, labels},
      {"drop what is missing", {rule(Action::kDrop, {"x"}, "")}, labels, labels, false},
      {"keep what is there", {rule(Action::kKeep, {"x"}, ".+")}, labels, labels, false},
      {"keepequal, equal", {rule(Action::kKeepEqual, {"a"}, "(.*)", "b")}, labels, labels},
      {"keepequal, not",
       {rule(Action::kKeepEqual, {"a"}, "(.*)", "c"), never},
       labels,
       labels,
       false},
      {"dropequal, equal",
       {rule(Action::kDropEqual, {"a"}, "(.*)", "b"), never},
       labels,
       labels,
       false},
      {"dropequal, not", {rule(Action::kDropEqual, {"a"}, "(.*)", "c")}, labels, labels},
      {"dropequal joins",
       {rule(Action::kDropEqual, {"a", "c"}, "(.*)", "j")},
       {{"a", "1"}, {"c", "2"}, {"j", "1;2"}},
       {{"a", "1"}, {"c", "2"}, {"j", "1;2"}},
       false},
      {"keepequal of two that are missing",
       {rule(Action::kKeepEqual, {"x"}, "(.*)", "y")},
       labels,
       labels},
  });
}

TEST(Relabeler, hashes) {
  check({
      {"abc", {hash_rule({"a"}, 1000)}, {{"a", "abc"}}, {{"a", "abc"}, {"h", "458"}}},
      {"joined, all 64 bits",
       {hash_rule({"a", "b"}, 18446744073709551615U)},
       {{"a", "abc"}, {"b", "Hello-World 42"}},
       {{"a", "abc"}, {"b", "Hello-World 42"}, {"h", "1339168488947449584"}}},
      {"empty", {hash_rule({"a"}, 7)}, {}, {{"h", "1"}}},
      {"modulus 1", {hash_rule({"a"}, 1)}, {}, {{"h", "0"}}},
  });
}

TEST(Relabeler, works_on_names) {
  check({
      {"labelmap copies and keeps the old",
       {rule(Action::kLabelMap, {}, "__meta_(.+)")},
       {{"__meta_a", "1"}, {"__meta_b", "2"}, {"c", "3"}},
       {{"__meta_a", "1"}, {"__meta_b", "2"}, {"a", "1"}, {"b", "2"}, {"c", "3"}}},
      {"labelmap is anchored", {rule(Action::kLabelMap, {}, "(a)")}, {{"aa", "1"}}, {{"aa", "1"}}},
      {"labelmap with a longer name",
       {rule(Action::kLabelMap, {}, "(.+)", "", "k8s_${1}_x")},
       {{"a", "1"}},
       {{"a", "1"}, {"k8s_a_x", "1"}}},
      {"labelmap does not see its own results",
       {rule(Action::kLabelMap, {}, "(a+)", "", "a$1")},
       {{"a", "1"}},
       {{"a", "1"}, {"aa", "1"}}},
      {"labelmap overwrites; the later name wins",
       {rule(Action::kLabelMap, {}, "[ab](x)")},
       {{"ax", "1"}, {"bx", "2"}, {"x", "0"}},
       {{"ax", "1"}, {"bx", "2"}, {"x", "2"}}},
      {"labelmap to an invalid name is nothing",
       {rule(Action::kLabelMap, {}, "a(.)")},
       {{"a1", "v"}},
       {{"a1", "v"}}},
      {"labeldrop",
       {rule(Action::kLabelDrop, {}, "a|b.*")},
       {{"a", "1"}, {"ab", "2"}, {"bc", "3"}},
       {{"ab", "2"}}},
      {"labelkeep",
       {rule(Action::kLabelKeep, {}, "a|b.*")},
       {{"a", "1"}, {"ab", "2"}, {"bc", "3"}},
       {{"a", "1"}, {"bc", "3"}}},
  });
}

TEST(Relabeler, changes_case) {
  check({
      {"lowercase",
       {rule(Action::kLowercase, {"a"}, "(.*)", "b")},
       {{"a", "AbC-1"}},
       {{"a", "AbC-1"}, {"b", "abc-1"}}},
      {"uppercase",
       {rule(Action::kUppercase, {"a"}, "(.*)", "a")},
       {{"a", "AbC-1z"}},
       {{"a", "ABC-1Z"}}},
      {"joined",
       {rule(Action::kUppercase, {"a", "b"}, "(.*)", "a")},
       {{"a", "x"}, {"b", "y"}},
       {{"a", "X;Y"}, {"b", "y"}}},
      {"missing removes", {rule(Action::kLowercase, {"a"}, "(.*)", "b")}, {{"b", "x"}}, {}},
      {"the regex is not looked at",
       {rule(Action::kLowercase, {"a"}, "never", "b")},
       {{"a", "X"}},
       {{"a", "X"}, {"b", "x"}}},
  });
}

TEST(Relabeler, a_dropped_target_keeps_what_earlier_rules_made) {
  std::vector<config::Diagnostic> diagnostics;
  const auto relabeler = Relabeler::compile(
      {rule(kReplace, {}, ".*", "b", "1"), rule(Action::kDrop, {"b"}, "1")}, diagnostics);
  ASSERT_TRUE(relabeler);
  LabelMap labels;
  EXPECT_EQ(relabeler->run(labels), Relabeler::Verdict::kDrop);
  EXPECT_EQ(labels, (LabelMap{{"b", "1"}}));
}

struct BadRule {
  const char* message_part;
  RelabelConfig config;
};

TEST(Relabeler, refuses_rules_with_fields_that_do_not_fit) {
  const auto with_modulus = [](RelabelConfig config) {
    config.modulus = 3;
    return config;
  };
  const std::vector<BadRule> cases = {
      {"needs 'target_label'", rule(kReplace, {"a"}, "(.*)")},
      {"needs 'target_label'", rule(Action::kHashMod, {"a"}, "(.*)")},
      {"needs 'target_label'", rule(Action::kKeepEqual, {"a"}, "(.*)")},
      {"needs 'target_label'", rule(Action::kDropEqual, {"a"}, "(.*)")},
      {"needs 'target_label'", rule(Action::kLowercase, {"a"}, "(.*)")},
      {"needs 'target_label'", rule(Action::kUppercase, {"a"}, "(.*)")},
      {"'modulus'", rule(Action::kHashMod, {"a"}, "(.*)", "h")},
      {"not a valid 'target_label'", rule(kReplace, {"a"}, "(.*)", "bad-$1")},
      {"not a valid 'target_label'", rule(kReplace, {"a"}, "(.*)", "a-b")},
      {"not a valid 'target_label'", rule(kReplace, {"a"}, "(.*)", "1a")},
      {"not a valid 'target_label'", rule(kReplace, {"a"}, "(.*)", "a$")},
      {"not a valid 'target_label'", rule(kReplace, {"a"}, "(.*)", "a${1")},
      {"not a valid 'target_label'", rule(kReplace, {"a"}, "(.*)", "${}")},
      {"not a valid 'target_label'", rule(Action::kLowercase, {"a"}, "(.*)", "x$1")},
      {"not a valid 'target_label'", with_modulus(rule(Action::kHashMod, {"a"}, "(.*)", "x$1"))},
      {"not a valid 'target_label'", rule(Action::kKeepEqual, {"a"}, "(.*)", "x-y")},
      {"cannot have a 'replacement'", rule(Action::kLowercase, {"a"}, "(.*)", "b", "x")},
      {"cannot have a 'replacement'", rule(Action::kUppercase, {"a"}, "(.*)", "b", "x")},
      {"not a valid 'replacement'", rule(Action::kLabelMap, {}, "(.*)", "", "a-$1")},
      {"not a valid 'replacement'", rule(Action::kLabelMap, {}, "(.*)", "", "")},
      {"only have 'source_labels'", rule(Action::kKeepEqual, {"a"}, "x", "b")},
      {"only have 'source_labels'", rule(Action::kDropEqual, {"a"}, "(.*)", "b", "x")},
      {"only have 'source_labels'", with_modulus(rule(Action::kDropEqual, {"a"}, "(.*)", "b"))},
      {"only have 'source_labels'", separated("-", rule(Action::kDropEqual, {"a"}, "(.*)", "b"))},
      {"only have 'regex'", rule(Action::kLabelDrop, {"a"}, "x")},
      {"only have 'regex'", rule(Action::kLabelKeep, {}, "x", "a")},
      {"only have 'regex'", rule(Action::kLabelKeep, {}, "x", "", "a")},
      {"only have 'regex'", with_modulus(rule(Action::kLabelKeep, {}, "x"))},
      {"only have 'regex'", separated("-", rule(Action::kLabelDrop, {}, "x"))},
      {"bad regex '(?=a)'", rule(kReplace, {"a"}, "(?=a)", "b")},
      {"bad regex '(a)\\1'", rule(kReplace, {"a"}, "(a)\\1", "b")},
      {"bad regex '('", rule(Action::kKeep, {"a"}, "(")},
  };
  for (const BadRule& one : cases) {
    std::vector<config::Diagnostic> diagnostics;
    EXPECT_FALSE(Relabeler::compile({one.config}, diagnostics)) << one.message_part;
    ASSERT_EQ(diagnostics.size(), 1U) << one.message_part;
    EXPECT_NE(diagnostics[0].message.find(one.message_part), std::string::npos)
        << diagnostics[0].message;
  }
}

TEST(Relabeler, takes_targets_with_groups_only_where_they_are_expanded) {
  for (const char* target : {"a", "_", "x_$1", "$1", "${1}_y", "$name", "a9"}) {
    std::vector<config::Diagnostic> diagnostics;
    EXPECT_TRUE(Relabeler::compile({rule(kReplace, {"a"}, "(.*)", target)}, diagnostics)) << target;
    EXPECT_TRUE(diagnostics.empty());
  }
}

TEST(Relabeler, finds_everything_that_is_wrong_and_says_where) {
  RelabelConfig first = rule(kReplace, {"a"}, "(", "");
  first.location = {.path = "scrape_configs[1].relabel_configs[0]", .line = 12, .column = 7};
  RelabelConfig second = rule(Action::kKeep, {"a"}, "x");
  RelabelConfig third = rule(Action::kHashMod, {"a"}, "(.*)", "h");
  third.location = {.path = "scrape_configs[1].relabel_configs[2]", .line = 20, .column = 7};
  std::vector<config::Diagnostic> diagnostics;
  const auto relabeler = Relabeler::compile({first, second, third}, diagnostics);
  ASSERT_FALSE(relabeler);
  EXPECT_EQ(relabeler.error().code, Error::kInvalid);
  ASSERT_EQ(diagnostics.size(), 3U);
  EXPECT_EQ(diagnostics[0].location.line, 12);
  EXPECT_EQ(diagnostics[1].location.path, "scrape_configs[1].relabel_configs[0]");
  EXPECT_EQ(diagnostics[2].location.line, 20);
  EXPECT_EQ(diagnostics[2].severity, config::Diagnostic::Severity::kError);
}

}  // namespace
}  // namespace tailrace::discovery
