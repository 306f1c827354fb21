// positions.yaml as text: what Promtail and people write, what we write, who changed what.
#include "positions/positions_file.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace tailrace::positions {
namespace {

struct Case {
  const char* name;
  std::string text;
  std::vector<std::pair<std::string, std::string>> expected;
};

class AcceptedPositionsFile : public ::testing::TestWithParam<Case> {};

TEST_P(AcceptedPositionsFile, is_adopted_as_it_is) {
  const auto document = parse_positions(GetParam().text, "p.yaml");
  ASSERT_TRUE(document) << document.error().message;
  PositionTable expected;
  for (const auto& [key, value] : GetParam().expected) {
    expected[key] = {value, PositionOrigin::kAdopted};
  }
  EXPECT_EQ(document->table, expected);
  EXPECT_FALSE(document->salvaged);
  EXPECT_FALSE(document->removed_by_hand("/x"));
}

INSTANTIATE_TEST_SUITE_P(
    Cases, AcceptedPositionsFile,
    ::testing::Values(
        Case{"empty", "", {}}, Case{"blank", " \n\n", {}}, Case{"comment", "# nothing\n", {}},
        Case{"start", "---\n", {}}, Case{"null", "positions:\n", {}},
        Case{"tilde", "positions: ~\n", {}}, Case{"braces", "positions: {}\n", {}},
        Case{"document_braces", "{}\n", {}},
        Case{"promtail",
             "positions:\n  /var/log/a.log: \"1234\"\n  cursor-systemd: s=ab;i=1\n",
             {{"/var/log/a.log", "1234"}, {"cursor-systemd", "s=ab;i=1"}}},
        Case{"numbers", "positions:\n  /a: 5\n  /b: 0x10\n", {{"/a", "5"}, {"/b", "0x10"}}},
        Case{"single_quotes", "positions:\n  '/a b': '5'\n", {{"/a b", "5"}}},
        Case{"double_quotes", "positions:\n  \"/a\\\"b\": \"5\"\n", {{"/a\"b", "5"}}},
        Case{"flow", "positions: {/a: 5, \"/b\": '6'}\n", {{"/a", "5"}, {"/b", "6"}}},
        Case{"flow_lines", "positions: {\n  /a: 5,\n  /b: 6\n}\n", {{"/a", "5"}, {"/b", "6"}}},
        Case{"flow_below", "positions:\n  {/a: 5}\n", {{"/a", "5"}}},
        Case{"flow_document", "{positions: {/a: 5}}\n", {{"/a", "5"}}},
        Case{"flow_document_null", "{positions: ,}\n", {}},
        Case{"quoted_top_key", "\"positions\":\n  /a: 5\n", {{"/a", "5"}}},
        Case{"indented", "  positions:\n      /a: 5\n", {{"/a", "5"}}},
        Case{"comments",
             "# c\n---\npositions: # c\n  # c\n  /a: 5 # mine\n\n  /b: 6\n# end\n",
             {{"/a", "5"}, {"/b", "6"}}},
        Case{"end_mark", "positions:\n  /a: 5\n...\n", {{"/a", "5"}}},
        Case{"carriage_returns",
             "positions:\r\n  /a: \"5\"\r\n  /b: 6\r\n",
             {{"/a", "5"}, {"/b", "6"}}},
        Case{"byte_order_mark", "\xef\xbb\xbfpositions:\n  /a: 5\n", {{"/a", "5"}}},
        Case{"no_line_end", "positions:\n  /a: 5", {{"/a", "5"}}},
        Case{"null_value",
             "positions:\n  /a:\n  /b: ~\n  /c: 5\n",
             {{"/a", ""}, {"/b", ""}, {"/c", "5"}}},
        Case{"null_value_last", "positions:\n  /a: # c", {{"/a", ""}}},
        Case{"value_below", "positions:\n  /a:\n    5\n  /b: 6\n", {{"/a", "5"}, {"/b", "6"}}},
        // As Promtail writes keys of more than 128 characters.
        Case{"complex_key",
             "positions:\n  ? /long/path\n  : \"5\"\n  /b: 6\n",
             {{"/long/path", "5"}, {"/b", "6"}}},
        Case{"complex_key_folded",
             "positions:\n  ? \"/long path\n    with blanks\"\n  : \"5\"\n",
             {{"/long path with blanks", "5"}}},
        Case{"binary", "positions:\n  !!binary L/8=: \"5\"\n", {{"/\xff", "5"}}},
        Case{"colon_in_key", "positions:\n  c:\\logs\\a.log: 5\n", {{"c:\\logs\\a.log", "5"}}}),
    [](const ::testing::TestParamInfo<Case>& one) { return one.param.name; });

struct BadCase {
  const char* name;
  std::string text;
  std::string message;
};

class RefusedPositionsFile : public ::testing::TestWithParam<BadCase> {};

TEST_P(RefusedPositionsFile, says_where_and_why) {
  const auto document = parse_positions(GetParam().text, "p.yaml");
  ASSERT_FALSE(document);
  EXPECT_EQ(document.error().code, Error::kInvalid);
  EXPECT_EQ(document.error().message, "p.yaml:" + GetParam().message);
}

constexpr const char* kOnlyTexts = "only plain and quoted texts are understood here";

INSTANTIATE_TEST_SUITE_P(
    Cases, RefusedPositionsFile,
    ::testing::Values(
        BadCase{"unknown_key", "positions:\n  /a: 5\nother: 1\n", "3:1: unknown key \"other\""},
        BadCase{"unknown_flow_key", "{other: {}}", "1:2: unknown key \"other\""},
        BadCase{"twice", "positions:\n  /a: 5\npositions:\n", "3:1: \"positions\" is there twice"},
        BadCase{"key_twice", "positions:\n  /a: 5\n  /a: 6\n",
                "3:3: the key \"/a\" is there twice"},
        BadCase{"flow_key_twice", "positions: {/a: 5, /a: 6}",
                "1:20: the key \"/a\" is there twice"},
        BadCase{"list", "- a\n", std::string("1:1: ") + kOnlyTexts},
        BadCase{"list_value", "positions:\n  - /a\n", std::string("2:3: ") + kOnlyTexts},
        BadCase{"scalar_value", "positions: 5\n", "1:12: \"positions\" must be a map"},
        BadCase{"flow_list", "positions: [a]\n", "1:12: \"positions\" must be a map"},
        BadCase{"flow_scalar", "{positions: 5}\n", "1:13: \"positions\" must be a map"},
        BadCase{"scalar_document", "hello\n", "1:6: a key without ': ' behind it"},
        BadCase{"nested", "positions:\n  /a: {b: c}\n", std::string("2:7: ") + kOnlyTexts},
        BadCase{"nested_block", "positions:\n  /a:\n    b: 5\n",
                "3:6: unexpected characters behind a value"},
        BadCase{"block_scalar", "positions:\n  /a: |\n    5\n", std::string("2:7: ") + kOnlyTexts},
        BadCase{"alias", "positions:\n  /a: *b\n", std::string("2:7: ") + kOnlyTexts},
        BadCase{"no_colon", "positions:\n  /a 5\n  /b: 6\n", "2:7: a key without ': ' behind it"},
        BadCase{"deeper", "positions:\n  /a: 5\n    /b: 6\n",
                "3:7: unexpected characters behind a value"},
        BadCase{"less_deep", "positions:\n    /a: 5\n  /b: 6\n",
                "3:3: this line is not indented like the others"},
        BadCase{"top_indent", "positions:\n  /a: 5\n other: 5\n",
                "3:2: this line is not indented like the others"},
        BadCase{"behind_quotes", "positions:\n  /a: \"5\" 6\n",
                "2:11: unexpected characters behind a value"},
        BadCase{"open_quote", "positions:\n  /a: \"5\n", "2:7: a quoted text without its end"},
        BadCase{"open_brace", "positions: {/a: 5\n", "2:1: neither ',' nor '}' behind a value"},
        BadCase{"tab", "positions:\n\t/a: 5\n", "2:2: a tab in the indentation"},
        BadCase{"nul", std::string("positions:\n\0\0", 13), "2:1: a control character"},
        BadCase{"not_utf8", "positions:\n  /\xff: 5\n", "2:4: this is not UTF-8"},
        BadCase{"documents", "positions:\n---\npositions:\n", "2:1: more than one document"},
        BadCase{"behind_flow", "positions: {} x\n", "1:15: unexpected characters behind a value"},
        BadCase{"complex_without_value", "positions:\n  ? /a\n", "3:1: a key without value"},
        BadCase{"complex_without_colon", "positions:\n  ? /a\n  /b: 5\n",
                "3:3: a key without ': ' behind it"}),
    [](const ::testing::TestParamInfo<BadCase>& one) { return one.param.name; });

PositionTable table_of(const std::vector<std::pair<std::string, std::string>>& pairs) {
  PositionTable table;
  for (const auto& [key, value] : pairs)
    table[key] = {value, PositionOrigin::kOwn};
  return table;
}

TEST(WritePositions, gives_sorted_quoted_lines_with_checks_and_a_count) {
  EXPECT_EQ(write_positions(table_of({{"cursor-job", "s=1;i=2"}, {"/var/log/a.log", "1234"}})),
            "positions:\n"
            "  /var/log/a.log: \"1234\" # c11695db9623\n"
            "  cursor-job: \"s=1;i=2\" # 2872cb86f921\n"
            "# 2 positions, keys 161155f1b74fe964\n");
  EXPECT_EQ(write_positions({}), "positions: {}\n# 0 positions, keys 0000000000000000\n");
}

TEST(WritePositions, is_read_back_whatever_is_in_it) {
  PositionTable table = table_of({{"/a", "1"},
                                  {"/a b: c # d", "2"},
                                  {"", "empty key"},
                                  {"/tab\tand\nline", "3"},
                                  {"/quote\"back\\slash", "4"},
                                  {"/bytes\xff\xfe", "\xff value"},
                                  {"null", "~"},
                                  {"true", ""},
                                  {"/\xc3\xa9\xe2\x82\xac", "5"},
                                  {"/" + std::string(500, 'x'), "6"},
                                  {"/" + std::string(100, '\xff'), "7"},
                                  {"- x", "- y"},
                                  {"/del\x7f", "\x01"}});
  const auto document = parse_positions(write_positions(table), "p");
  ASSERT_TRUE(document) << document.error().message << write_positions(table);
  EXPECT_EQ(document->table, table);
  EXPECT_EQ(document->missing, 0U);
}

class EditedFile : public ::testing::Test {
 protected:
  PositionsDocument edit(const std::string& from, const std::string& to) {
    std::string text = text_;
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos);
    text.replace(at, from.size(), to);
    auto document = parse_positions(text, "p");
    EXPECT_TRUE(document) << document.error().message;
    return document ? *document : PositionsDocument{};
  }
  std::string line(const std::string& key) {
    const std::size_t at = text_.find("  " + key);
    return text_.substr(at, text_.find('\n', at) - at + 1);
  }

  const PositionTable table_ = table_of({{"/a", "1"}, {"/b", "2"}, {"/c", "3"}});
  const std::string text_ = write_positions(table_);
};

TEST_F(EditedFile, gives_a_changed_value_to_the_person_who_changed_it) {
  const PositionsDocument document = edit("/b: \"2\"", "/b: \"0\"");
  EXPECT_EQ(document.table.at("/a").origin, PositionOrigin::kOwn);
  EXPECT_EQ(document.table.at("/b"), (StoredPosition{"0", PositionOrigin::kEdited}));
  EXPECT_EQ(document.missing, 0U);
}

TEST_F(EditedFile, takes_a_value_that_is_merely_written_otherwise_for_ours) {
  EXPECT_EQ(edit("/b: \"2\"", "/b: 2").table.at("/b").origin, PositionOrigin::kOwn);
}

TEST_F(EditedFile, takes_a_line_without_check_for_edited) {
  const PositionsDocument document = edit(line("/b"), "  /b: 2\n");
  EXPECT_EQ(document.table.at("/b").origin, PositionOrigin::kEdited);
  EXPECT_EQ(document.missing, 0U);
  EXPECT_FALSE(document.removed_by_hand("/d"));
}

TEST_F(EditedFile, notices_which_line_was_taken_out) {
  const PositionsDocument document = edit(line("/b"), "");
  EXPECT_TRUE(document.removed_by_hand("/b"));
  EXPECT_FALSE(document.removed_by_hand("/a"));
  EXPECT_FALSE(document.removed_by_hand("/never-there"));
}

TEST_F(EditedFile, suspects_every_absent_key_when_several_lines_are_gone) {
  const PositionsDocument document = edit(line("/a") + line("/b"), "");
  EXPECT_TRUE(document.removed_by_hand("/a"));
  EXPECT_TRUE(document.removed_by_hand("/b"));
  EXPECT_FALSE(document.removed_by_hand("/c"));
}

TEST_F(EditedFile, does_not_take_an_added_line_for_the_one_that_is_gone) {
  const PositionsDocument document = edit(line("/b"), "  /new: 7\n");
  EXPECT_EQ(document.table.at("/new").origin, PositionOrigin::kEdited);
  EXPECT_TRUE(document.removed_by_hand("/b"));
}

TEST_F(EditedFile, an_added_line_makes_nothing_missing) {
  const PositionsDocument document = edit(line("/b"), line("/b") + "  /new: 7\n");
  EXPECT_EQ(document.missing, 0U);
}

TEST_F(EditedFile, knows_nothing_of_missing_lines_without_the_last) {
  const PositionsDocument document = edit(text_.substr(text_.find("# 3")), "");
  EXPECT_EQ(document.table, table_);
  EXPECT_EQ(document.missing, 0U);
  for (const char* last :
       {"# x positions, keys 0000000000000000\n", "# 3 positions, keys 000000000000000\n",
        "# 3 positions, keys 000000000000000x\n", "3 positions"}) {
    const auto other = parse_positions(text_.substr(0, text_.find("# 3")) + "#" + last, "p");
    ASSERT_TRUE(other);
    EXPECT_EQ(other->missing, 0U);
  }
}

TEST_F(EditedFile, refuses_a_mistake_in_a_whole_file) {
  std::string text = text_;
  text.replace(text.find("/b: "), 4, "/b ");
  const auto document = parse_positions(text, "p");
  ASSERT_FALSE(document);
  EXPECT_TRUE(document.error().message.starts_with("p:3:"));
}

TEST_F(EditedFile, salvages_whole_lines_of_a_torn_file) {
  for (const std::string& end : {std::string(), std::string(50, '\0')}) {
    const auto document = parse_positions(text_.substr(0, text_.find("/c: \"3") + 6) + end, "p");
    ASSERT_TRUE(document);
    EXPECT_TRUE(document->salvaged);
    EXPECT_EQ(document->table, table_of({{"/a", "1"}, {"/b", "2"}}));
    EXPECT_FALSE(document->removed_by_hand("/c"));
  }
  // Nothing whole in it: this may be anybody's file.
  EXPECT_FALSE(parse_positions(text_.substr(0, text_.find("1\"")), "p"));
}

}  // namespace
}  // namespace tailrace::positions
