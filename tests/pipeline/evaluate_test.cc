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

struct EvaluateCase {
  const char* expression;
  const char* json;
  const char* result;
};

class Evaluates : public ::testing::TestWithParam<EvaluateCase> {};

TEST_P(Evaluates, as_the_language_says) {
  EXPECT_EQ(result(GetParam().expression, GetParam().json), GetParam().result)
      << GetParam().expression;
}

INSTANTIATE_TEST_SUITE_P(
    Jmespath, Evaluates,
    ::testing::Values(
        EvaluateCase{"a.b", R"({"a":{"b":3}})", "3"}, EvaluateCase{"a.b.c", R"({"a":1})", "null"},
        EvaluateCase{"\"x y\".z", R"({"x y":{"z":1}})", "1"},
        EvaluateCase{"a[0]", R"({"a":[5,6]})", "5"}, EvaluateCase{"a[-1]", R"({"a":[5,6]})", "6"},
        EvaluateCase{"a[9]", R"({"a":[5]})", "null"}, EvaluateCase{"[1:3]", "[0,1,2,3]", "[1,2]"},
        EvaluateCase{"[::-2]", "[0,1,2,3]", "[3,1]"}, EvaluateCase{"[-2:]", "[0,1,2,3]", "[2,3]"},
        EvaluateCase{"[::0]", "[1]", "error"}, EvaluateCase{"[:2]", "{}", "null"},
        EvaluateCase{"[*].a", R"([{"a":1},{"b":2},{"a":3}])", "[1,3]"},
        EvaluateCase{"*.a", R"({"x":{"a":1},"y":2})", "[1]"},
        EvaluateCase{"*", R"({"x":1,"y":2})", "[1,2]"},
        EvaluateCase{"[].a", R"([[{"a":1}],{"a":2}])", "[1,2]"}, EvaluateCase{"[]", "{}", "null"},
        EvaluateCase{"[?a > `1`].a", R"([{"a":1},{"a":2}])", "[2]"},
        EvaluateCase{"[?a == 'x' || b].b", R"([{"a":"x","b":1},{"a":"y"}])", "[1]"},
        EvaluateCase{"a && b", R"({"a":1,"b":2})", "2"}, EvaluateCase{"!a", R"({"a":[]})", "true"},
        EvaluateCase{"a != b", R"({"a":{"x":[1]},"b":{"x":[1]}})", "false"},
        EvaluateCase{"a <= b", R"({"a":1,"b":1})", "true"},
        EvaluateCase{"a < b", R"({"a":"x","b":"y"})", "null"},
        EvaluateCase{"a >= `2`", R"({"a":1})", "false"},
        EvaluateCase{"[a, b]", R"({"a":1})", "[1,null]"},
        EvaluateCase{"{x: a, y: @.b}", R"({"a":1,"b":2})", R"({"x":1,"y":2})"},
        EvaluateCase{"{x: a, x: b}", R"({"a":1,"b":2})", R"({"x":2})"},
        EvaluateCase{"a.[b]", R"({"x":1})", "null"},
        EvaluateCase{"a[*].b | [0]", R"({"a":[{"b":7}]})", "7"},
        EvaluateCase{"(a).b", R"({"a":{"b":1}})", "1"},
        EvaluateCase{"`{\"a\": [1, null]}`", "{}", R"({"a":[1,null]})"},
        EvaluateCase{"'a\\'b'", "{}", "\"a'b\""}, EvaluateCase{"`\"a\\`b\"`", "{}", "\"a`b\""}));

INSTANTIATE_TEST_SUITE_P(
    Functions, Evaluates,
    ::testing::Values(
        EvaluateCase{"abs(@)", "-2", "2"}, EvaluateCase{"avg(@)", "[1,2]", "1.5"},
        EvaluateCase{"avg(@)", "[]", "null"}, EvaluateCase{"ceil(@)", "1.2", "2"},
        EvaluateCase{"floor(@)", "1.8", "1"}, EvaluateCase{"sum(@)", "[1,2.5]", "3.5"},
        EvaluateCase{"contains(@, 'b')", "\"abc\"", "true"},
        EvaluateCase{"contains(@, `2`)", "[1]", "false"},
        EvaluateCase{"contains(@, `2`)", "\"2\"", "false"},
        EvaluateCase{"starts_with(@, 'a')", "\"ab\"", "true"},
        EvaluateCase{"ends_with(@, 'a')", "\"ab\"", "false"},
        EvaluateCase{"join('-', @)", R"(["a","b"])", "\"a-b\""},
        EvaluateCase{"keys(@)", R"({"b":1,"a":2})", R"(["b","a"])"},
        EvaluateCase{"values(@)", R"({"b":1})", "[1]"},
        EvaluateCase{"length(@)", "\"a\xC3\xA9\"", "2"},
        EvaluateCase{"length(@)", R"({"a":1})", "1"},
        EvaluateCase{"map(&a, @)", R"([{"a":1},{}])", "[1,null]"},
        EvaluateCase{"max(@)", R"(["a","b"])", "\"b\""}, EvaluateCase{"min(@)", "[3,1]", "1"},
        EvaluateCase{"max(@)", "[]", "null"},
        EvaluateCase{"max_by(@, &a).b", R"([{"a":1,"b":5},{"a":2,"b":6}])", "6"},
        EvaluateCase{"min_by(@, &a).b", R"([{"a":1,"b":5},{"a":2,"b":6}])", "5"},
        EvaluateCase{"sort_by(@, &a)[*].a", R"([{"a":2},{"a":1}])", "[1,2]"},
        EvaluateCase{"sort(@)", "[2,1]", "[1,2]"},
        EvaluateCase{"merge(@, `{\"a\":2}`)", R"({"a":1,"b":1})", R"({"a":2,"b":1})"},
        EvaluateCase{"not_null(a, b)", R"({"b":1})", "1"},
        EvaluateCase{"not_null(a)", "{}", "null"},
        EvaluateCase{"reverse(@)", "\"a\xC3\xA9\"",
                     "\"\xC3\xA9"
                     "a\""},
        EvaluateCase{"reverse(@)", "[1,2]", "[2,1]"}, EvaluateCase{"to_array(@)", "1", "[1]"},
        EvaluateCase{"to_array(@)", "[1]", "[1]"},
        EvaluateCase{"to_string(@)", R"({"b":1,"a":"x"})", R"("{\"a\":\"x\",\"b\":1}")"},
        EvaluateCase{"to_string(@)", "\"x\"", "\"x\""},
        EvaluateCase{"to_number(@)", "\"1e3\"", "1000"},
        EvaluateCase{"to_number(@)", "\"no\"", "null"}, EvaluateCase{"to_number(@)", "[]", "null"},
        EvaluateCase{"type(@)", "null", "\"null\""}, EvaluateCase{"type(@)", "true", "\"boolean\""},
        EvaluateCase{"abs(@)", "\"x\"", "error"}, EvaluateCase{"abs()", "1", "error"},
        EvaluateCase{"abs(@, @)", "1", "error"}, EvaluateCase{"nope(@)", "1", "error"},
        EvaluateCase{"sum(@)", "[1,\"a\"]", "error"}, EvaluateCase{"sort(@)", "[1,\"a\"]", "error"},
        EvaluateCase{"max_by(@, &a)", "[{\"a\":[]}]", "error"},
        EvaluateCase{"length(&a)", "1", "error"}, EvaluateCase{"to_string(&a)", "1", "error"}));

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
