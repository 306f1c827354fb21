// Tests of label sets, their text form and the table that interns them.
#include "model/label_set.h"

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace tailrace {
namespace {

std::string quoted(std::string_view value) {
  std::string out;
  append_go_quoted(out, value);
  return out;
}

std::string text_of(std::vector<LabelPair> pairs) {
  return LabelSet(pairs).text();
}

TEST(LabelSet, sorts_by_name_and_keeps_the_later_of_two) {
  const std::vector<LabelPair> pairs = {{"b", "1"}, {"a", "2"}, {"b", "3"}, {"ab", ""}};
  const LabelSet set(pairs);
  ASSERT_EQ(set.pairs().size(), 3U);
  EXPECT_EQ(set.text(), R"({a="2", ab="", b="3"})");
}

TEST(LabelSet, copies_its_text) {
  std::string name = "name";
  std::string value = "a value that is longer than any small string";
  const LabelSet set(std::vector<LabelPair>{{name, value}});
  name = "xxxx";
  value.assign(value.size(), 'x');
  ASSERT_NE(set.find("name"), nullptr);
  EXPECT_EQ(*set.find("name"), "a value that is longer than any small string");
  EXPECT_EQ(set.find("xxxx"), nullptr);
}

TEST(LabelSet, without_labels_is_a_pair_of_braces) {
  EXPECT_EQ(text_of({}), "{}");
}

TEST(LabelSet, hash_is_that_of_the_sorted_pairs_and_tells_sets_apart) {
  const std::vector<LabelPair> sorted = {{"a", "12345678"}, {"b", "2"}};
  const std::vector<LabelPair> other_order = {{"b", "2"}, {"a", "12345678"}};
  EXPECT_EQ(LabelSet(other_order).hash(), hash_labels(sorted));
  const std::vector<std::vector<LabelPair>> different = {
      {},
      {{"a", "12345679"}, {"b", "2"}},
      {{"a", "12345678"}, {"b", "3"}},
      {{"a", "12345678b"}, {"", "2"}},
      {{"a", "12345678"}},
      {{"a", std::string_view("12345678\0", 9)}, {"b", "2"}},
  };
  for (const auto& pairs : different)
    EXPECT_NE(hash_labels(pairs), hash_labels(sorted));
}

// The vector that docs/formats/push.md gives, and one case per kind of escape.
TEST(LabelSet, escapes_values_as_go_quotes_them) {
  EXPECT_EQ(text_of({{"a", "x\"y\\\n"}, {"b", "\xC3\xBC"}, {"c", "\xFF"}}),
            "{a=\"x\\\"y\\\\\\n\", b=\"\xC3\xBC\", c=\"\\xff\"}");
  struct Case {
    std::string_view value;
    std::string_view expected;
  };
  const std::vector<Case> cases = {
      {"", R"("")"},
      {"plain ~", R"("plain ~")"},
      {"\a\b\f\n\r\t\v", R"("\a\b\f\n\r\t\v")"},
      {std::string_view("\0\x01\x1F\x7F", 4), R"("\x00\x01\x1f\x7f")"},
      {"'", R"("'")"},
      {"\xC2\x80\xC2\xA0\xC2\xAD", R"("\u0080\u00a0\u00ad")"},
      {"\xC2\xA1\xC2\xAC\xC2\xAE", "\"\xC2\xA1\xC2\xAC\xC2\xAE\""},
      {"\xE2\x80\xA8\xE3\x80\x80\xEF\xBB\xBF", R"("\u2028\u3000\ufeff")"},
      {"\xE2\x82\xAC\xF0\x9F\x98\x80", "\"\xE2\x82\xAC\xF0\x9F\x98\x80\""},
      {"\xEE\x80\x80\xEF\xBF\xBF", R"("\ue000\uffff")"},
      {"\xF3\xA0\x80\x81\xF4\x8F\xBF\xBF", R"("\U000e0001\U0010ffff")"},
      {"\xED\xA0\x80", R"("\xed\xa0\x80")"},                  // A surrogate.
      {"\xC0\x80\xE0\x80\x80", R"("\xc0\x80\xe0\x80\x80")"},  // Overlong.
      {"\xF4\x90\x80\x80", R"("\xf4\x90\x80\x80")"},          // Beyond U+10FFFF.
      {"\xE2\x82", R"("\xe2\x82")"},                          // Cut off.
      {"\xE2\x82z", R"("\xe2\x82z")"},
  };
  for (const Case& c : cases)
    EXPECT_EQ(quoted(c.value), c.expected);
}

TEST(LabelNames, are_ascii_words_that_do_not_begin_with_a_digit) {
  for (const std::string_view good : {"a", "_", "Z9", "a_b", "__x"}) {
    EXPECT_TRUE(is_label_name(good)) << good;
  }
  for (const std::string_view bad : {"", "9a", "a-b", "a.b", "a:b", "a b", "\xC3\xBC"}) {
    EXPECT_FALSE(is_label_name(bad)) << bad;
  }
}

TEST(Utf8, is_checked_behind_eight_byte_steps_too) {
  for (const std::string_view good :
       {"", "a", "12345678", "1234567\xC3\xBC", "12345678\xF0\x9F\x98\x80 and more", "\xED\x9F\xBF",
        "\xEE\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_TRUE(is_valid_utf8(good)) << good;
  }
  for (const std::string_view bad :
       {"\xFF", "12345678\xFF", "1234567\xC3", "\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80",
        "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xC3(", "12345678\xE2\x82"}) {
    EXPECT_FALSE(is_valid_utf8(bad)) << bad;
  }
}

TEST(LabelSetTable, gives_equal_sets_as_one_object) {
  LabelSetTable table;
  std::string value = "1";
  const LabelSet& a = table.intern(std::vector<LabelPair>{{"a", value}});
  value = "2";
  const LabelSet& other = table.intern(std::vector<LabelPair>{{"a", value}});
  EXPECT_EQ(&table.intern(std::vector<LabelPair>{{"a", "1"}}), &a);
  EXPECT_NE(&a, &other);
  EXPECT_NE(a.index(), other.index());
  EXPECT_NE(a.serial(), other.serial());
  EXPECT_NE(a.serial(), 0U);
  EXPECT_EQ(table.size(), 2U);
  EXPECT_EQ(table.index_end(), 2U);
}

TEST(LabelSetTable, sweeps_what_was_not_used_between_two_sweeps) {
  LabelSetTable table;
  const std::vector<LabelPair> used = {{"a", "used"}};
  const std::vector<LabelPair> unused = {{"a", "unused"}};
  const std::vector<LabelPair> pinned = {{"a", "pinned"}};
  const std::uint32_t unused_index = table.intern(unused).index();
  const std::uint64_t unused_serial = table.intern(unused).serial();
  const LabelSet& pinned_set = table.intern(pinned);
  pinned_set.pin();
  const LabelSet& used_set = table.intern(used);
  table.sweep();
  EXPECT_EQ(table.size(), 3U);
  EXPECT_EQ(&table.intern(used), &used_set);
  table.sweep();
  EXPECT_EQ(table.size(), 2U);
  EXPECT_EQ(&table.intern(pinned), &pinned_set);

  const LabelSet& reborn = table.intern(unused);
  EXPECT_EQ(reborn.index(), unused_index);
  EXPECT_NE(reborn.serial(), unused_serial);
  EXPECT_EQ(table.index_end(), 3U);

  pinned_set.unpin();
  EXPECT_FALSE(pinned_set.pinned());
  table.sweep();
  table.sweep();
  EXPECT_EQ(table.size(), 0U);
}

}  // namespace
}  // namespace tailrace
