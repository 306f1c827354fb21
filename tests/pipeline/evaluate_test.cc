// Tests of JMESPath: text, tree and result.
#include "pipeline/jmespath/evaluate.h"

#include <string>

#include <gtest/gtest.h>

#include "pipeline/jmespath/expression.h"

namespace tailrace::pipeline::jmespath {
namespace {

std::string result(std::string_view text, std::string_view json) {
  const auto expression = parse_expression(text);
  if (!expression.has_value()) return "syntax: " + expression.error().message;
  Arena arena(4096);
  json::Document document;
  if (document.parse(json, arena) != json::Document::Outcome::kOk) return "bad document";
  Value value;
  std::string scratch;
  if (!evaluate(**expression, Value::of(document, &document.root()), {arena, scratch}, value)) {
    return "error";
  }
  std::string out;
  append_json(out, value, KeyOrder::kOfDocument, arena);
  return out;
}

struct Case {
  const char* expression;
  const char* json;
  const char* result;
};

class Evaluates : public ::testing::TestWithParam<Case> {};

TEST_P(Evaluates, as_the_language_says) {
  EXPECT_EQ(result(GetParam().expression, GetParam().json), GetParam().result)
      << GetParam().expression;
}

INSTANTIATE_TEST_SUITE_P(
    Jmespath, Evaluates,
    ::testing::Values(
        Case{"a.b", R"({"a":{"b":3}})", "3"}, Case{"a.b.c", R"({"a":1})", "null"},
        Case{"\"x y\".z", R"({"x y":{"z":1}})", "1"}, Case{"a[0]", R"({"a":[5,6]})", "5"},
        Case{"a[-1]", R"({"a":[5,6]})", "6"}, Case{"a[9]", R"({"a":[5]})", "null"},
        Case{"[1:3]", "[0,1,2,3]", "[1,2]"}, Case{"[::-2]", "[0,1,2,3]", "[3,1]"},
        Case{"[-2:]", "[0,1,2,3]", "[2,3]"}, Case{"[::0]", "[1]", "error"},
        Case{"[:2]", "{}", "null"}, Case{"[*].a", R"([{"a":1},{"b":2},{"a":3}])", "[1,3]"},
        Case{"*.a", R"({"x":{"a":1},"y":2})", "[1]"}, Case{"*", R"({"x":1,"y":2})", "[1,2]"},
        Case{"[].a", R"([[{"a":1}],{"a":2}])", "[1,2]"}, Case{"[]", "{}", "null"},
        Case{"[?a > `1`].a", R"([{"a":1},{"a":2}])", "[2]"},
        Case{"[?a == 'x' || b].b", R"([{"a":"x","b":1},{"a":"y"}])", "[1]"},
        Case{"a && b", R"({"a":1,"b":2})", "2"}, Case{"!a", R"({"a":[]})", "true"},
        Case{"a != b", R"({"a":{"x":[1]},"b":{"x":[1]}})", "false"},
        Case{"a <= b", R"({"a":1,"b":1})", "true"}, Case{"a < b", R"({"a":"x","b":"y"})", "null"},
        Case{"a >= `2`", R"({"a":1})", "false"}, Case{"[a, b]", R"({"a":1})", "[1,null]"},
        Case{"{x: a, y: @.b}", R"({"a":1,"b":2})", R"({"x":1,"y":2})"},
        Case{"{x: a, x: b}", R"({"a":1,"b":2})", R"({"x":2})"}, Case{"a.[b]", R"({"x":1})", "null"},
        Case{"a[*].b | [0]", R"({"a":[{"b":7}]})", "7"}, Case{"(a).b", R"({"a":{"b":1}})", "1"},
        Case{"`{\"a\": [1, null]}`", "{}", R"({"a":[1,null]})"}, Case{"'a\\'b'", "{}", "\"a'b\""},
        Case{"`\"a\\`b\"`", "{}", "\"a`b\""}));

INSTANTIATE_TEST_SUITE_P(
    Functions, Evaluates,
    ::testing::Values(
        Case{"abs(@)", "-2", "2"}, Case{"avg(@)", "[1,2]", "1.5"}, Case{"avg(@)", "[]", "null"},
        Case{"ceil(@)", "1.2", "2"}, Case{"floor(@)", "1.8", "1"}, Case{"sum(@)", "[1,2.5]", "3.5"},
        Case{"contains(@, 'b')", "\"abc\"", "true"}, Case{"contains(@, `2`)", "[1]", "false"},
        Case{"contains(@, `2`)", "\"2\"", "false"}, Case{"starts_with(@, 'a')", "\"ab\"", "true"},
        Case{"ends_with(@, 'a')", "\"ab\"", "false"},
        Case{"join('-', @)", R"(["a","b"])", "\"a-b\""},
        Case{"keys(@)", R"({"b":1,"a":2})", R"(["b","a"])"}, Case{"values(@)", R"({"b":1})", "[1]"},
        Case{"length(@)", "\"a\xC3\xA9\"", "2"}, Case{"length(@)", R"({"a":1})", "1"},
        Case{"map(&a, @)", R"([{"a":1},{}])", "[1,null]"}, Case{"max(@)", R"(["a","b"])", "\"b\""},
        Case{"min(@)", "[3,1]", "1"}, Case{"max(@)", "[]", "null"},
        Case{"max_by(@, &a).b", R"([{"a":1,"b":5},{"a":2,"b":6}])", "6"},
        Case{"min_by(@, &a).b", R"([{"a":1,"b":5},{"a":2,"b":6}])", "5"},
        Case{"sort_by(@, &a)[*].a", R"([{"a":2},{"a":1}])", "[1,2]"},
        Case{"sort(@)", "[2,1]", "[1,2]"},
        Case{"merge(@, `{\"a\":2}`)", R"({"a":1,"b":1})", R"({"a":2,"b":1})"},
        Case{"not_null(a, b)", R"({"b":1})", "1"}, Case{"not_null(a)", "{}", "null"},
        Case{"reverse(@)", "\"a\xC3\xA9\"",
             "\"\xC3\xA9"
             "a\""},
        Case{"reverse(@)", "[1,2]", "[2,1]"}, Case{"to_array(@)", "1", "[1]"},
        Case{"to_array(@)", "[1]", "[1]"},
        Case{"to_string(@)", R"({"b":1,"a":"x"})", R"("{\"a\":\"x\",\"b\":1}")"},
        Case{"to_string(@)", "\"x\"", "\"x\""}, Case{"to_number(@)", "\"1e3\"", "1000"},
        Case{"to_number(@)", "\"no\"", "null"}, Case{"to_number(@)", "[]", "null"},
        Case{"type(@)", "null", "\"null\""}, Case{"type(@)", "true", "\"boolean\""},
        Case{"abs(@)", "\"x\"", "error"}, Case{"abs()", "1", "error"},
        Case{"abs(@, @)", "1", "error"}, Case{"nope(@)", "1", "error"},
        Case{"sum(@)", "[1,\"a\"]", "error"}, Case{"sort(@)", "[1,\"a\"]", "error"},
        Case{"max_by(@, &a)", "[{\"a\":[]}]", "error"}, Case{"length(&a)", "1", "error"},
        Case{"to_string(&a)", "1", "error"}));

TEST(Expression, refuses_what_is_not_in_the_language) {
  for (const char* text :
       {"",       "a.",    ".a",  "a..b", "a b",  "a[",    "a[0",    "a[x",      "a[0:1:2:3]",
        "a[1 2]", "a[*",   "[?a", "{a}",  "{a:}", "{a: b", "{1: a}", "a(",       "f(a",
        "f(a,)",  "(a",    "a)",  "`{`",  "`1",   "'a",    "\"a",    "\"a\"(b)", "a |",
        "|| a",   "a = b", "#",   "-",    "*b",   "@.1",   "[a](b)", "&"}) {
    EXPECT_FALSE(parse_expression(text).has_value()) << text;
  }
  EXPECT_FALSE(parse_expression(std::string(300, '(') + "a" + std::string(300, ')')).has_value());
  EXPECT_FALSE(parse_expression(std::string(5000, 'a')).has_value());
  EXPECT_EQ(parse_expression("a.[").error().message,
            "JMESPath expression \"a.[\": unexpected end at byte 3");
}

TEST(Expression, knows_paths) {
  EXPECT_EQ(path_of(**parse_expression("a.\"b c\".d")),
            (std::vector<std::string>{"a", "b c", "d"}));
  EXPECT_FALSE(path_of(**parse_expression("a[0]")).has_value());
  EXPECT_FALSE(path_of(**parse_expression("a | b")).has_value());
}

}  // namespace
}  // namespace tailrace::pipeline::jmespath
