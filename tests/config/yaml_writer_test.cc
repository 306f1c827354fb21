// What is written can be read back.
#include "config/yaml_writer.h"

#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace tailrace::config {
namespace {

TEST(YamlWriter, writes_maps_and_lists_in_block_style) {
  YamlWriter yaml;
  yaml.begin("a");
  yaml.begin_item();
  yaml.text("b", "c");
  yaml.number("d", 7);
  yaml.end();
  yaml.item("e");
  yaml.begin_item();
  yaml.item("f");
  yaml.item("g");
  yaml.end();
  yaml.end();
  yaml.boolean("h", true);
  yaml.number("i", 0.5);
  EXPECT_EQ(yaml.result(), "a:\n  - b: c\n    d: 7\n  - e\n  - - f\n    - g\nh: true\ni: 0.5\n");
}

TEST(YamlWriter, text_stays_the_text_it_is) {
  for (const char* text : {"",
                           "plain",
                           "true",
                           "no",
                           "null",
                           "~",
                           "12",
                           "1e3",
                           "0x1f",
                           "12:30",
                           "1:",
                           "-",
                           "- a",
                           "a: b",
                           "a #b",
                           "#",
                           "{a}",
                           "[",
                           "*a",
                           "&a",
                           "!a",
                           "%a",
                           "@a",
                           "`a",
                           "'a'",
                           "\"a\"",
                           " a",
                           "a ",
                           "a\nb",
                           "\n",
                           "\t",
                           "\r\n",
                           "a\\b",
                           "\x01\x7f",
                           "\xc3\xa9",
                           "\xc2\x85",
                           "\xe2\x80\xa8x",
                           "\xe2\x80\xa9",
                           "\xef\xbb\xbf",
                           "http://a:1/b?c=d&e",
                           "<<",
                           "=",
                           "y",
                           "2001-01-01",
                           ":a"}) {
    YamlWriter yaml;
    yaml.text("key", text);
    yaml.begin(text);
    yaml.item(text);
    yaml.end();
    const YamlDocument document = YamlDocument::parse(yaml.result());
    ASSERT_NE(document.root(), nullptr) << yaml.result();
    const YamlNode& root = *document.root();
    ASSERT_EQ(root.entries.size(), 2U) << yaml.result();
    EXPECT_EQ(root.entries[0].value->text, text);
    EXPECT_EQ(root.entries[0].value->type, YamlType::kText) << yaml.result();
    EXPECT_EQ(root.entries[1].key, text);
    EXPECT_EQ(root.entries[1].key_type, YamlType::kText);
    EXPECT_EQ(root.entries[1].value->items.at(0)->text, text);
  }
}

TEST(YamlWriter, numbers_without_end_are_those_of_yaml) {
  YamlWriter yaml;
  yaml.number("a", std::numeric_limits<double>::infinity());
  yaml.number("b", -std::numeric_limits<double>::infinity());
  yaml.number("c", std::numeric_limits<double>::quiet_NaN());
  EXPECT_EQ(yaml.result(), "a: .inf\nb: -.inf\nc: .nan\n");
}

TEST(YamlWriter, a_node_keeps_types_and_order) {
  const std::string text =
      "a:\n  z: 1\n  b: \"1\"\n  c: null\n  d: []\n  e: {}\n  f:\n    - true\n    - - 1.5\n      - "
      "{}\n"
      "    - g: 0x10\n      h: \"yes\"\n";
  const YamlDocument document = YamlDocument::parse(text);
  ASSERT_NE(document.root(), nullptr);
  YamlWriter yaml;
  yaml.node("a", *document.root()->entries[0].value, YamlWriter::Show::kAll);
  EXPECT_EQ(yaml.result(), text);
}

TEST(YamlWriter, a_node_hides_secrets_when_asked) {
  const YamlDocument document = YamlDocument::parse(
      "password: a\nbearer_token_file: /f\nheaders: {X: [b, {c: d}], Z: 5}\nurl: http://u:p@h/\n"
      "secrets: []\nclient_secret:\n");
  ASSERT_NE(document.root(), nullptr);
  const std::string open =
      "x:\n  password: a\n  bearer_token_file: /f\n  headers:\n    X:\n      - b\n      - c: d\n"
      "    Z: 5\n  url: http://u:p@h/\n  secrets: []\n  client_secret: null\n";
  YamlWriter all;
  all.node("x", *document.root(), YamlWriter::Show::kAll);
  EXPECT_EQ(all.result(), open);
  YamlWriter masked;
  masked.node("x", *document.root(), YamlWriter::Show::kNoSecrets);
  EXPECT_EQ(masked.result(),
            "x:\n  password: \"<secret>\"\n  bearer_token_file: /f\n  headers:\n    X:\n"
            "      - \"<secret>\"\n      - c: \"<secret>\"\n    Z: \"<secret>\"\n"
            "  url: \"http://***@h/\"\n  secrets: []\n  client_secret: null\n");
}

}  // namespace
}  // namespace tailrace::config
