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

}  // namespace
}  // namespace tailrace::shippers
