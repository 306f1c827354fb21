// Scalars and flow maps of YAML as positions files have them.
#include "positions/yaml_scanner.h"

#include <string>

#include <gtest/gtest.h>

namespace tailrace::positions {
namespace {

using Place = YamlScanner::Place;

std::string scalar(std::string_view text, Place place = Place::kBlockValue) {
  YamlScanner scanner(text, "f");
  const auto read = scanner.scalar(place, 0);
  return read ? read->text : "error " + read.error().message;
}

TEST(YamlScanner, reads_plain_texts_to_their_end) {
  EXPECT_EQ(scalar("/var/log/a b.log"), "/var/log/a b.log");
  EXPECT_EQ(scalar("12  # comment"), "12");
  EXPECT_EQ(scalar("a#b"), "a#b");
  EXPECT_EQ(scalar("a:b: c"), "a:b");
  EXPECT_EQ(scalar("a:"), "a");
  EXPECT_EQ(scalar("-1"), "-1");
  EXPECT_EQ(scalar("a,b", Place::kFlow), "a");
  EXPECT_EQ(scalar("a,b"), "a,b");
  EXPECT_EQ(scalar("5}", Place::kFlow), "5");
}

TEST(YamlScanner, joins_the_lines_of_a_plain_text) {
  EXPECT_EQ(scalar("a\n  b\n\n  c\nd"), "a b\nc");
  EXPECT_EQ(scalar("a\n  # comment"), "a");
  EXPECT_EQ(scalar("a\n  b", Place::kBlockKey), "a");
  EXPECT_EQ(scalar("a\nb}", Place::kFlow), "a b");
  EXPECT_EQ(scalar("a\n: b", Place::kFlow), "a");
}

TEST(YamlScanner, reads_single_quotes) {
  EXPECT_EQ(scalar("'it''s \\n # :'"), "it's \\n # :");
  EXPECT_EQ(scalar("'a  \n  b'"), "a b");
  EXPECT_EQ(scalar("'a"), "error f:1:1: a quoted text without its end");
}

TEST(YamlScanner, reads_double_quotes_and_their_escapes) {
  EXPECT_EQ(scalar(R"("a\tb\"\\\/\x41\u00e9\U0001F600\0")"),
            std::string("a\tb\"\\/A\xc3\xa9\xf0\x9f\x98\x80") + '\0');
  EXPECT_EQ(scalar(R"("\a\b\n\v\f\r\e\ \N\_\L\P")"),
            "\x07\b\n\v\f\r\x1b \xc2\x85\xc2\xa0\xe2\x80\xa8\xe2\x80\xa9");
  EXPECT_EQ(scalar("\"a \\\n   b\""), "a b");
  EXPECT_EQ(scalar("\"a\\ \n   b\n\n c\""), "a  b\nc");
  EXPECT_EQ(scalar(R"("\q")"), "error f:1:3: an unknown escape");
  EXPECT_EQ(scalar(R"("\x4g")"), "error f:1:3: an escape without its hexadecimal digits");
  EXPECT_EQ(scalar(R"("\ud800")"), "error f:1:3: an escape that is no character");
  EXPECT_EQ(scalar(R"("\U00110000")"), "error f:1:3: an escape that is no character");
  EXPECT_EQ(scalar("\"a\nb\"", Place::kBlockKey), "error f:1:3: a key over several lines");
  EXPECT_EQ(scalar("\"a\n---\n\""), "error f:2:1: the document ends inside a value");
}

TEST(YamlScanner, reads_the_tags_that_writers_use) {
  EXPECT_EQ(scalar("!!str 12"), "12");
  EXPECT_EQ(scalar("!!int \"12\""), "12");
  EXPECT_EQ(scalar("!!binary L3Zhci//"), "/var/\xff");
  EXPECT_EQ(scalar("!!binary \"/w==\""), "\xff");
  EXPECT_EQ(scalar("!!binary x"), "error f:1:1: this is not base64");
  EXPECT_EQ(scalar("!!map x"), "error f:1:1: this tag is not understood");
}

TEST(YamlScanner, refuses_what_it_does_not_understand) {
  for (const char* text : {"[a]", "{a", "&a b", "*a", "| ", ">", "%a", "@a", "`a", "- a", "? a",
                           ": a", "-", "]", ",", "#a"}) {
    EXPECT_EQ(scalar(text), "error f:1:1: only plain and quoted texts are understood here") << text;
  }
}

TEST(YamlScanner, tells_null_from_quoted_null) {
  EXPECT_TRUE((YamlScalar{.text = "~", .plain = true}).is_null());
  EXPECT_TRUE((YamlScalar{.text = "", .plain = true}).is_null());
  EXPECT_TRUE((YamlScalar{.text = "null", .plain = true}).is_null());
  EXPECT_TRUE((YamlScalar{.text = "Null", .plain = true}).is_null());
  EXPECT_TRUE((YamlScalar{.text = "NULL", .plain = true}).is_null());
  EXPECT_FALSE((YamlScalar{.text = "null", .plain = false}).is_null());
  EXPECT_FALSE((YamlScalar{.text = "nULL", .plain = true}).is_null());
}

TEST(YamlScanner, reads_flow_maps) {
  YamlScanner scanner("{a: 1, 'b' : \"2\",\n  # comment\n  c: , d: x y}", "f");
  const auto map = scanner.flow_map();
  ASSERT_TRUE(map) << map.error().message;
  ASSERT_EQ(map->size(), 4U);
  EXPECT_EQ((*map)[0].key.text, "a");
  EXPECT_EQ((*map)[0].value.text, "1");
  EXPECT_EQ((*map)[1].value.text, "2");
  EXPECT_TRUE((*map)[2].value.is_null());
  EXPECT_EQ((*map)[2].line, 2U);
  EXPECT_EQ((*map)[2].column, 2U);
  EXPECT_EQ((*map)[3].value.text, "x y");
  EXPECT_TRUE(scanner.at_end());
}

TEST(YamlScanner, says_where_a_flow_map_is_wrong) {
  const auto error = [](std::string_view text) {
    YamlScanner scanner(text, "f");
    const auto map = scanner.flow_map();
    return map ? "none" : map.error().message;
  };
  EXPECT_EQ(error("{}"), "none");
  EXPECT_EQ(error("{a: 1,}"), "none");
  EXPECT_EQ(error("{a: 1"), "f:1:6: neither ',' nor '}' behind a value");
  EXPECT_EQ(error("{a: 1,"), "f:1:7: a '{' without its '}'");
  EXPECT_EQ(error("{a}"), "f:1:3: a key without ': ' behind it");
  EXPECT_EQ(error("{a: [1]}"), "f:1:5: only plain and quoted texts are understood here");
  EXPECT_EQ(error("{a: 'x' y}"), "f:1:9: neither ',' nor '}' behind a value");
}

TEST(YamlScanner, ends_lines_with_their_comments) {
  YamlScanner scanner("  # a comment \r\nx", "f");
  EXPECT_EQ(scanner.end_line().value_or("?"), "a comment");
  EXPECT_EQ(scanner.line(), 1U);
  EXPECT_FALSE(scanner.end_line());
  YamlScanner glued("#a", "f");
  EXPECT_FALSE(glued.end_line());  // A comment needs a blank before it.
}

TEST(YamlScanner, skips_blank_lines_and_comments_but_no_tabs_as_indentation) {
  YamlScanner scanner("\n  # c\n\t\n  x", "f");
  ASSERT_TRUE(scanner.skip_to_token());
  EXPECT_EQ(scanner.line(), 3U);
  EXPECT_EQ(scanner.column(), 2U);
  YamlScanner tab("\tx", "f");
  EXPECT_EQ(tab.skip_to_token().error().message, "f:1:2: a tab in the indentation");
}

TEST(YamlScanner, finds_characters_that_no_yaml_has) {
  EXPECT_TRUE(YamlScanner("a\tb\r\nc\xc3\xa9", "f").check_characters());
  EXPECT_EQ(YamlScanner(std::string_view("ab\nc\0", 5), "f").check_characters().error().message,
            "f:2:2: a control character");
  EXPECT_EQ(YamlScanner("a\xff", "f").check_characters().error().message,
            "f:1:2: this is not UTF-8");
}

TEST(Base64, is_written_and_read) {
  for (const std::string text : {"", "a", "ab", "abc", "abcd", "\xff\xfe\x01"}) {
    EXPECT_EQ(decode_base64(encode_base64(text)), text);
  }
  EXPECT_EQ(encode_base64("ab"), "YWI=");
  EXPECT_EQ(decode_base64(" YW\n I= "), "ab");
  for (const char* bad : {"a", "YWI", "YW=I", "YWI!", "===="}) {
    EXPECT_EQ(decode_base64(bad), std::nullopt) << bad;
  }
}

}  // namespace
}  // namespace tailrace::positions
