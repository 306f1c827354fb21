// Documents as trees: positions, aliases, merges, duplicates, limits.
#include "config/yaml_document.h"

#include <string>

#include <gtest/gtest.h>

namespace tailrace::config {
namespace {

const YamlNode& at(const YamlNode& map, std::string_view key) {
  for (const YamlEntry& entry : map.entries) {
    if (entry.key == key) return *entry.value;
  }
  ADD_FAILURE() << "no key " << key;
  return map;
}

std::string only_error(const YamlDocument& document) {
  EXPECT_EQ(document.diagnostics().size(), 1U);
  if (document.diagnostics().empty()) return {};
  const Diagnostic& diagnostic = document.diagnostics()[0];
  return std::to_string(diagnostic.location.line) + ":" +
         std::to_string(diagnostic.location.column) + " " + diagnostic.location.path + " " +
         diagnostic.message;
}

TEST(YamlDocument, gives_types_texts_and_positions) {
  const auto document = YamlDocument::parse("a: 5\nb:\n  - 'x'\n  - |\n    y\n");
  ASSERT_NE(document.root(), nullptr);
  const YamlNode& a = at(*document.root(), "a");
  EXPECT_EQ(a.type, YamlType::kInteger);
  EXPECT_EQ(a.text, "5");
  EXPECT_EQ(a.line, 1);
  EXPECT_EQ(a.column, 4);
  const YamlNode& b = at(*document.root(), "b");
  ASSERT_EQ(b.items.size(), 2U);
  EXPECT_EQ(b.items[0]->line, 3);
  EXPECT_EQ(b.items[0]->column, 5);
  EXPECT_TRUE(b.items[0]->quoted);
  EXPECT_EQ(b.items[1]->text, "y\n");
  EXPECT_EQ(document.root()->entries[1].line, 2);
  EXPECT_EQ(document.root()->entries[1].column, 1);
}

TEST(YamlDocument, takes_quoted_and_tagged_scalars_as_text) {
  const auto document = YamlDocument::parse("[\"5\", 'yes', !!str 5, !!int 5, \"\"]");
  ASSERT_NE(document.root(), nullptr);
  const auto& items = document.root()->items;
  EXPECT_EQ(items[0]->type, YamlType::kText);
  EXPECT_EQ(items[1]->type, YamlType::kText);
  EXPECT_EQ(items[2]->type, YamlType::kText);
  EXPECT_EQ(items[3]->type, YamlType::kInteger);
  EXPECT_EQ(items[4]->type, YamlType::kText);
  EXPECT_EQ(only_error(YamlDocument::parse("a: !!binary aGk=")),
            "1:4 a the tag tag:yaml.org,2002:binary is not supported");
}

TEST(YamlDocument, an_empty_text_is_null) {
  for (const char* text : {"", "# nothing\n", "---\n", "~"}) {
    const auto document = YamlDocument::parse(text);
    ASSERT_NE(document.root(), nullptr) << text;
    EXPECT_TRUE(document.root()->is_null()) << text;
    EXPECT_TRUE(document.diagnostics().empty()) << text;
  }
}

TEST(YamlDocument, reads_the_first_document_only) {
  for (const char* text : {"a: b\n---\nc: [", "---\na: b\n...\nc: [",
                           "%YAML 1.1\n---\na: b\n--- \n[", "# x\n---\na: b\r\n---\r\n["}) {
    const auto document = YamlDocument::parse(text);
    ASSERT_NE(document.root(), nullptr) << text;
    EXPECT_EQ(at(*document.root(), "a").text, "b") << text;
    EXPECT_TRUE(document.diagnostics().empty()) << text;
  }
  const auto document = YamlDocument::parse("a: ---b\n---x: y\n");
  ASSERT_NE(document.root(), nullptr);
  EXPECT_EQ(document.root()->entries.size(), 2U);
}

TEST(YamlDocument, an_alias_is_the_node_of_its_anchor) {
  const auto document = YamlDocument::parse("a: &x [1]\nb: *x\nc: &y 5\nd: *y\n*y : z");
  ASSERT_NE(document.root(), nullptr);
  EXPECT_EQ(&at(*document.root(), "a"), &at(*document.root(), "b"));
  EXPECT_EQ(&at(*document.root(), "c"), &at(*document.root(), "d"));
  EXPECT_EQ(at(*document.root(), "5").text, "z");
}

TEST(YamlDocument, an_alias_inside_its_own_node_is_refused) {
  const auto document = YamlDocument::parse("a: &x [1, *x]");
  EXPECT_EQ(document.root(), nullptr);
  EXPECT_EQ(only_error(document), "1:11 a[1] an alias may not stand inside the node that it names");
}

TEST(YamlDocument, own_keys_win_over_merged_ones_and_earlier_merges_over_later) {
  const auto document = YamlDocument::parse(
      "x: &x {a: 1, b: 1, c: 1}\ny: &y {b: 2, d: 2}\nz:\n  a: 3\n  <<: [*x, *y]\nq: {'<<': 1}\n"
      "r: {<<: *x, <<: *y}\n");
  ASSERT_NE(document.root(), nullptr);
  const YamlNode& z = at(*document.root(), "z");
  ASSERT_EQ(z.entries.size(), 4U);
  EXPECT_EQ(at(z, "a").text, "3");
  EXPECT_EQ(at(z, "b").text, "1");
  EXPECT_EQ(at(z, "c").text, "1");
  EXPECT_EQ(at(z, "d").text, "2");
  EXPECT_TRUE(z.entries[0].overrides_merged);
  EXPECT_FALSE(z.entries[1].overrides_merged);
  EXPECT_EQ(at(*document.root(), "q").entries[0].key, "<<");
  EXPECT_EQ(at(*document.root(), "r").entries.size(), 4U);
}

TEST(YamlDocument, a_merge_of_something_else_is_an_error) {
  EXPECT_EQ(only_error(YamlDocument::parse("a: {<<: 5}")),
            "1:9 a `<<` needs a map or a list of maps");
  EXPECT_EQ(only_error(YamlDocument::parse("a: {<<: [5]}")),
            "1:10 a `<<` needs a map or a list of maps");
}

TEST(YamlDocument, finds_every_duplicate_with_its_path) {
  const auto document = YamlDocument::parse("a: {b: 1, b: 2}\nl:\n  - {c: 1, \"c\": 2}\n");
  ASSERT_NE(document.root(), nullptr);
  ASSERT_EQ(document.diagnostics().size(), 2U);
  EXPECT_EQ(document.diagnostics()[0].location.path, "a.b");
  EXPECT_EQ(document.diagnostics()[0].message, "the key is already set at line 1, column 5");
  EXPECT_EQ(document.diagnostics()[1].location.path, "l[0].c");
  EXPECT_EQ(at(at(*document.root(), "a"), "b").text, "1");
}

TEST(YamlDocument, refuses_keys_that_are_no_text) {
  EXPECT_EQ(only_error(YamlDocument::parse("~: 1")), "1:1  a key may not be null");
  EXPECT_NE(only_error(YamlDocument::parse("? [1]\n: 2\n")).find("a key may not be a list"),
            std::string::npos);
}

TEST(YamlDocument, a_syntax_error_has_its_position) {
  const auto document = YamlDocument::parse("a: b\nc: \"d\ne: f\n");
  EXPECT_EQ(document.root(), nullptr);
  ASSERT_EQ(document.diagnostics().size(), 1U);
  EXPECT_TRUE(document.diagnostics()[0].message.starts_with("not valid YAML: "));
  EXPECT_GE(document.diagnostics()[0].location.line, 2);
  for (const char* text : {"a: 'b", "a: 'b\n", "a: \"b\n\n", "a: 'b'c", "{a: b", "a: [b\n",
                           "a: 'b  ", "a: 'b\n  ", "a: 'b\n\n \n\t"}) {
    EXPECT_EQ(YamlDocument::parse(text).root(), nullptr) << text;
  }
}

TEST(YamlDocument, a_key_needs_its_colon) {
  EXPECT_EQ(only_error(YamlDocument::parse("a: b\nc:\n  d\ne")),
            "4:1 e the key has no `:` behind it");
  for (const char* text : {"a: b\nc:\n", "a: b\nc: # d\n", "{a: , b}", "a: b\n? c\n",
                           "a:\n  b:\nc:", "a: b\n\"c\": ~\n", "- a:\n- b", "[a, {b}]"}) {
    EXPECT_TRUE(YamlDocument::parse(text).diagnostics().empty()) << text;
  }
}

TEST(YamlDocument, block_scalars_end_as_written) {
  const auto document = YamlDocument::parse("a: |\n  x\nb: |-\n  x\nc: |+\n  x\n\n");
  ASSERT_NE(document.root(), nullptr);
  EXPECT_EQ(at(*document.root(), "a").text, "x\n");
  EXPECT_EQ(at(*document.root(), "b").text, "x");
  EXPECT_EQ(at(*document.root(), "c").text, "x\n\n");
  const auto last = YamlDocument::parse("a: |\n  x\n");
  ASSERT_NE(last.root(), nullptr);
  EXPECT_EQ(at(*last.root(), "a").text, "x\n");
}

TEST(YamlDocument, what_belongs_to_nothing_is_an_error) {
  EXPECT_EQ(only_error(YamlDocument::parse("  a: b\nc: d\n")),
            "2:1  does not belong to what stands before it; is the indentation right?");
}

TEST(YamlDocument, refuses_bytes_that_are_no_text) {
  EXPECT_EQ(only_error(YamlDocument::parse("a: b\nc: \xc3\x28")),
            "2:4  not valid UTF-8 (byte 0xc3)");
  for (const char* bad : {"\xff", "\x80", "\xc0\xaf", "\xe0\x80\x80", "\xed\xa0\x80",
                          "\xf0\x80\x80\x80", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xe2\x82"}) {
    EXPECT_EQ(YamlDocument::parse(bad).root(), nullptr) << bad;
  }
  for (const char* good : {"\xc3\xa9", "\xe2\x82\xac", "\xed\x9f\xbf", "\xf0\x9f\x98\x80"}) {
    const auto document = YamlDocument::parse(good);
    ASSERT_NE(document.root(), nullptr);
    EXPECT_EQ(document.root()->text, good);
  }
  EXPECT_EQ(only_error(YamlDocument::parse("a: \x7f")), "1:4  a control character (0x7f)");
  EXPECT_EQ(YamlDocument::parse(std::string_view("a: \0", 4)).root(), nullptr);
}

TEST(YamlDocument, limits_the_depth) {
  const auto nested = [](int depth) {
    return std::string(static_cast<std::size_t>(depth), '[') + "1" +
           std::string(static_cast<std::size_t>(depth), ']');
  };
  EXPECT_NE(YamlDocument::parse(nested(kYamlDepthMax - 1)).root(), nullptr);
  EXPECT_EQ(YamlDocument::parse(nested(kYamlDepthMax + 1)).root(), nullptr);
  EXPECT_EQ(YamlDocument::parse(nested(10'000)).root(), nullptr);
  // Deep only through aliases.
  std::string text = "a0: &a0 [[[[[[[[1]]]]]]]]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string n = std::to_string(i);
    text += "a" + n + ": &a" + n + " [[[[[[[[*a" + std::to_string(i - 1) + "]]]]]]]]\n";
  }
  const auto document = YamlDocument::parse(text);
  EXPECT_EQ(document.root(), nullptr);
  EXPECT_NE(only_error(document).find("levels deep"), std::string::npos);
}

TEST(YamlDocument, limits_what_aliases_multiply) {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 10; ++i) {
    const std::string n = std::to_string(i);
    const std::string alias = "*a" + std::to_string(i - 1);
    text += "a" + n + ": &a" + n + " [" + alias;
    for (int k = 0; k < 9; ++k)
      text += ", " + alias;
    text += "]\n";
  }
  const auto document = YamlDocument::parse(text);
  EXPECT_EQ(document.root(), nullptr);
  EXPECT_NE(only_error(document).find("when its aliases are written out"), std::string::npos);
}

TEST(YamlDocument, limits_the_size) {
  EXPECT_NE(YamlDocument::parse(std::string(kConfigBytesMax, ' ')).root(), nullptr);
  EXPECT_EQ(YamlDocument::parse(std::string(kConfigBytesMax + 1, ' ')).root(), nullptr);
}

TEST(YamlDocument, its_nodes_survive_a_move) {
  auto first = YamlDocument::parse("a: b");
  const YamlNode* root = first.root();
  const YamlDocument second = std::move(first);
  EXPECT_EQ(second.root(), root);
  EXPECT_EQ(at(*second.root(), "a").text, "b");
}

}  // namespace
}  // namespace tailrace::config
