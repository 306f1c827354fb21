// Label text, external labels and the tenant.
#include "shippers/label_text.h"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace tailrace::shippers {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

struct LabelCase {
  std::vector<LabelPair> labels;
  Pairs external;
  std::string want;
};

TEST(StreamLabels, are_sorted_and_merged_under_the_entrys_own) {
  const std::vector<LabelCase> cases{
      {{}, {}, "{}"},
      {{{"b", "2"}, {"a", "1"}}, {}, R"({a="1", b="2"})"},
      {{}, {{"x", "y"}}, R"({x="y"})"},
      {{{"job", "f"}}, {{"job", "e"}, {"x", "y"}}, R"({job="f", x="y"})"},
      {{{"b", "1"}, {"d", "1"}},
       {{"a", "2"}, {"b", "2"}, {"c", "2"}, {"e", "2"}},
       R"({a="2", b="1", c="2", d="1", e="2"})"},
      {{{"empty", ""}}, {}, R"({empty=""})"},
      {{{"__kept", "1"}, {"__tenant_id__", "t"}}, {}, R"({__kept="1"})"},
  };
  for (const LabelCase& row : cases) {
    const LabelSet labels(row.labels);
    EXPECT_EQ(stream_labels(labels, row.external, "").text, row.want);
  }
}

TEST(StreamLabels, escape_as_go_does) {
  const std::vector<LabelPair> pairs{{"a", "x\"y\\\n"}, {"b", "\xc3\xbc"}, {"c", "\xff"}};
  const LabelSet labels(pairs);
  EXPECT_EQ(stream_labels(labels, {{"d", "\t\x01"}}, "").text,
            "{a=\"x\\\"y\\\\\\n\", b=\"\xc3\xbc\", c=\"\\xff\", d=\"\\t\\x01\"}");
}

TEST(StreamLabels, choose_the_tenant) {
  const std::vector<LabelPair> with_tenant{{"__tenant_id__", "own"}, {"a", "1"}};
  const std::vector<LabelPair> with_empty{{"__tenant_id__", ""}};
  const std::vector<LabelPair> without{{"a", "1"}};
  const Pairs external{{"__tenant_id__", "external"}};
  EXPECT_EQ(stream_labels(LabelSet(with_tenant), {}, "client").tenant, "own");
  EXPECT_EQ(stream_labels(LabelSet(without), {}, "client").tenant, "client");
  EXPECT_EQ(stream_labels(LabelSet(with_empty), {}, "client").tenant, "");
  EXPECT_EQ(stream_labels(LabelSet(without), external, "client").tenant, "external");
  EXPECT_EQ(stream_labels(LabelSet(without), external, "client").text, "{a=\"1\"}");
  EXPECT_EQ(stream_labels(LabelSet(with_tenant), external, "client").tenant, "own");
}

using Parsed = std::vector<std::pair<std::string, std::string>>;

TEST(LabelText, is_read_back_as_it_was_written) {
  const std::string all_bytes = [] {
    std::string text;
    for (int byte = 0; byte < 256; ++byte)
      text += static_cast<char>(byte);
    return text;
  }();
  const std::vector<LabelPair> pairs{{"a", "x\"y\\\n=\", b=\""},
                                     {"b", "\xc3\xbc\xc2\xad\xf0\x9f\x98\x80"},
                                     {"c", all_bytes},
                                     {"d", ""}};
  Parsed want;
  for (const LabelPair& pair : pairs)
    want.emplace_back(pair.name, pair.value);
  const auto parsed = parse_label_text(stream_labels(LabelSet(pairs), {}, "").text);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(*parsed, want);
  EXPECT_EQ(parse_label_text("{}").value(), Parsed{});
}

TEST(LabelText, what_is_not_of_that_form_is_refused) {
  for (const char* text :
       {"", "{", "}", "a", "{a}", "{a=}", "{a=b}", "{a=\"b}", "{=\"b\"}", "{a=\"b\",}",
        "{a=\"b\", }", "{a=\"b\"c=\"d\"}", "{a=\"\\q\"}", "{a=\"\\x1\"}", "{a=\"\\xzz\"}",
        "{a=\"\\u12\"}", "{a=\"\\U00110000\"}", "{a=\"\\\"}"}) {
    EXPECT_FALSE(parse_label_text(text)) << text;
  }
}

}  // namespace
}  // namespace tailrace::shippers
