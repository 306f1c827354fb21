// JSON extraction: what is malformed, what values become, and both ways of reading compared.
#include "pipeline/json/json_extractor.h"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/arena.h"
#include "base/random.h"

namespace tailrace::pipeline {
namespace {

using Outcome = JsonExtractor::Outcome;

std::unique_ptr<JsonExtractor> extractor(const std::vector<std::string>& expressions) {
  auto result = JsonExtractor::create(expressions);
  EXPECT_TRUE(result.has_value()) << (result ? "" : result.error().message);
  return result ? std::move(*result) : nullptr;
}

// A value as text that shows its kind.
std::string shown(const Value& value) {
  switch (value.kind) {
    case Value::Kind::kAbsent:
      return "absent";
    case Value::Kind::kNil:
      return "nil";
    case Value::Kind::kText:
      return "'" + std::string(value.text) + "'";
    case Value::Kind::kNumber: {
      char buffer[40];
      std::snprintf(buffer, sizeof buffer, "%.17g", value.number);
      return buffer;
    }
    case Value::Kind::kBool:
      return value.boolean ? "true" : "false";
  }
  return "?";
}

std::string shown(Outcome outcome, const std::vector<Value>& values) {
  if (outcome == Outcome::kMalformed) return "malformed";
  std::string result;
  for (const Value& value : values)
    result += (result.empty() ? "" : " ") + shown(value);
  return result;
}

// Both ways of reading; the text stands at the end of a block of its own, so that ASan notices a
// read behind it.
std::string extract(JsonExtractor& json, std::size_t count, std::string_view text) {
  const std::vector<char> exact(text.begin(), text.end());
  const std::string_view view(exact.data(), exact.size());
  Arena arena(256);
  std::vector<Value> values(count);
  const Outcome fast = json.extract(view, values, arena);
  const std::string result = shown(fast, values);
  std::vector<Value> tree_values(count);
  const Outcome slow = json.extract_from_tree(view, tree_values, arena);
  EXPECT_EQ(result, shown(slow, tree_values)) << text;
  return result;
}

std::string extract(std::vector<std::string> expressions, std::string_view text) {
  const std::size_t count = expressions.size();
  const auto json = extractor(std::move(expressions));
  return json ? extract(*json, count, text) : "refused";
}

TEST(JsonExtractor, keeps_the_kinds_of_values) {
  EXPECT_EQ(extract({"t", "f", "z", "s", "missing", "n"},
                    R"({"t":true,"f":false,"z":null,"s":"","n":-12.50})"),
            "true false nil '' nil -12.5");
}

TEST(JsonExtractor, of_equal_keys_the_last_wins_and_objects_are_not_merged) {
  EXPECT_EQ(extract({"a", "o"}, R"({"a":1,"a":"two","o":{"x":1},"o":{"y":2}})"),
            R"('two' '{"y":2}')");
  EXPECT_EQ(extract({"o.x", "o.y"}, R"({"o":{"x":1},"o":{"y":2}})"), "nil 2");
  EXPECT_EQ(extract({"o.x"}, R"({"o":{"x":1},"o":3})"), "nil");
  EXPECT_EQ(extract({"o.x"}, R"({"o":{"x":1,"x":2}})"), "2");
  EXPECT_EQ(extract({"a"}, R"({"a":1,"\u0061":2})"), "2");
  EXPECT_EQ(extract({"a"}, R"({"a":"x","a":null})"), "nil");
  EXPECT_EQ(extract({"o"}, R"({"o":{"b":1,"a":2,"b":3,"c":{"d":1,"d":2}}})"),
            R"('{"a":2,"b":3,"c":{"d":2}}')");
}

TEST(JsonExtractor, takes_one_object_or_null) {
  for (const char* text : {"[1,2]",
                           "\"str\"",
                           "12",
                           "true",
                           "{\"a\":1",
                           "{\"a\":1} trailing",
                           "plain text",
                           "",
                           "   ",
                           "{\"a\":1}{\"a\":2}",
                           "{'a':1}",
                           "{\"a\":01}",
                           "{\"a\":1,}",
                           "{\"a\":NaN}",
                           R"({"a":"\q"})",
                           "{\"a\":+1}",
                           "{\"a\":.5}",
                           "{\"a\":1.}",
                           "{\"a\": 1e}",
                           "{",
                           "{\"",
                           "{\"a",
                           "{\"a\"",
                           "{\"a\":",
                           "{\"a\" 1}",
                           "{\"a\":1 \"b\":2}",
                           "{,}",
                           "{\"a\":-}",
                           "{\"a\":--1}",
                           "{\"a\":1e+}",
                           "{\"a\":0x1}",
                           "{\"a\":tru}",
                           "{\"a\":nul",
                           "{\"a\":truee}",
                           "{\"a\":[1,]}",
                           "{\"a\":[,1]}",
                           "{\"a\":[1 2]}",
                           "{\"a\":[1}}",
                           "{\"a\":{\"b\":1]}",
                           "{\"a\":{\"b\"}}",
                           "{\"a\":{1:2}}",
                           "{\"x\":{\"b\":01}}",
                           "{\"x\":[[1,2],[3}]",
                           "{\"x\":\"\\u12g4\"}",
                           "{\"x\":\"\\",
                           "nul",
                           "nulll",
                           "null,",
                           "{1:2}",
                           "{a:1}",
                           "{\"a\":1]",
                           "{\"x\":[1,{\"y\":2,}]}",
                           "{\"a\":\"\\u12\"}",
                           "{\"x\":1.e5}",
                           "{\"\\x\":1}",
                           "\xEF\xBB\xBF{}",
                           "{\"a\":1}\f"}) {
    EXPECT_EQ(extract({"a"}, text), "malformed") << text;
  }
  EXPECT_EQ(extract({"a"}, "null"), "nil");
  EXPECT_EQ(extract({"a"}, " \t\r\n null "), "nil");
  EXPECT_EQ(extract({"a"}, "   {\"a\":1}   "), "1");
  EXPECT_EQ(extract({"a"}, "{}"), "nil");
  EXPECT_EQ(extract({"a"}, "{ }"), "nil");
  EXPECT_EQ(extract({"a"}, "\t{\r\n \"x\" : [ ] , \"a\" :\t{ } }\n"), "'{}'");
}

TEST(JsonExtractor, raw_control_characters_are_malformed) {
  EXPECT_EQ(extract({"a"}, "{\"a\":\"x\ty\"}"), "malformed");
  EXPECT_EQ(extract({"a"}, "{\"b\":\"a long text before it, longer than a register \x01y\"}"),
            "malformed");
  EXPECT_EQ(extract({"a"}, "{\"a\ny\":1}"), "malformed");
  EXPECT_EQ(extract({"a"}, "{\"a\":\"x\x7Fy\"}"), "'x\x7Fy'");
}

TEST(JsonExtractor, decodes_escapes) {
  EXPECT_EQ(extract({"a"}, R"({"a":"\ud83d\ude00 \u00e9 \ud800x \udc00 |\b\f\n\r\t\/\\\""})"),
            "'\xF0\x9F\x98\x80 \xC3\xA9 \xEF\xBF\xBDx \xEF\xBF\xBD |\b\f\n\r\t/\\\"'");
  EXPECT_EQ(extract({"a"}, R"({"a":"\ud800\u0041"})"),
            "'\xEF\xBF\xBD"
            "A'");
  EXPECT_EQ(extract({"a"}, R"({"a":"\ud800\n\uDBFF\uDFFF"})"), "'\xEF\xBF\xBD\n\xF4\x8F\xBF\xBF'");
  EXPECT_EQ(extract({"a"}, R"({"a":"\ud800\ud83d\ude00"})"),
            "'\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD'");
  EXPECT_EQ(extract({"a"}, R"({"a":"\u0000"})"), std::string("'\0'", 3));
  EXPECT_EQ(extract({"a"}, R"({"a":"\u20AC\uFFFF"})"), "'\xE2\x82\xAC\xEF\xBF\xBF'");
  EXPECT_EQ(extract({"a"}, R"({"a":"\ud800\u00"})"), "malformed");
}

TEST(JsonExtractor, bytes_that_are_not_utf8_stay) {
  EXPECT_EQ(extract({"a", "o"}, "{\"a\":\"\x88\xFFy\",\"o\":[\"p\xFFq\"]}"),
            "'\x88\xFFy' '[\"p\xFFq\"]'");
}

TEST(JsonExtractor, numbers_are_rounded_correctly_and_too_large_ones_malformed) {
  EXPECT_EQ(extract({"a"}, R"({"a":1e999})"), "malformed");
  EXPECT_EQ(extract({"a"}, R"({"b":-1e400})"), "malformed");
  EXPECT_EQ(extract({"a"}, R"({"b":[1e400]})"), "malformed");
  EXPECT_EQ(extract({"a"}, "{\"b\":1" + std::string(400, '0') + "}"), "malformed");
  EXPECT_EQ(extract({"a"}, "{\"a\":0." + std::string(400, '0') + "1}"), "0");
  EXPECT_EQ(extract({"a"}, R"({"a":1e-999})"), "0");
  EXPECT_EQ(extract({"a"}, R"({"a":-0})"), "-0");
  EXPECT_EQ(extract({"a"}, R"({"a":9007199254740993})"), "9007199254740992");
  EXPECT_EQ(extract({"a"}, R"({"a":0.1})"), shown(Value::of(0.1)));
  EXPECT_EQ(extract({"a"}, R"({"a":123456789.0123456})"), shown(Value::of(123456789.0123456)));
  EXPECT_EQ(extract({"a"}, R"({"a":12345678901234567890})"),
            shown(Value::of(12345678901234567890.0)));
  EXPECT_EQ(extract({"a"}, R"({"a":1.562708916E+9})"), "1562708916");
  EXPECT_EQ(extract({"a"}, R"({"a":4.9e-324})"), shown(Value::of(4.9e-324)));
}

TEST(JsonExtractor, follows_paths) {
  EXPECT_EQ(
      extract({"a.b.c", "a.b", "a", "a . \"b\"", "x.y"}, R"({"x":5,"a":{"z":[{}],"b":{"c":"v"}}})"),
      R"('v' '{"c":"v"}' '{"z":[{}],"b":{"c":"v"}}' '{"c":"v"}' nil)");
  EXPECT_EQ(extract({"a.b"}, R"({"a.b":1,"a":[{"b":2}]})"), "nil");
  EXPECT_EQ(extract({"\"a.b\""}, R"({"a.b":1})"), "1");
  EXPECT_EQ(extract({"level"}, R"({"Level":"x"})"), "nil");
}

TEST(JsonExtractor, compares_keys_with_their_escapes_decoded) {
  EXPECT_EQ(extract({R"("k\"q")", R"("a\u0062c")"}, R"({"k\"q":"x","abc":"y"})"), "'x' 'y'");
  EXPECT_EQ(extract({"abc"}, R"({"a\u0062c":"y"})"), "'y'");
}

TEST(JsonExtractor, writes_arrays_and_objects_as_text) {
  EXPECT_EQ(extract({"a"}, R"({"a": [ 1, 2.50, true, null, "x" , [ ], { }, {"k" : [ {} ] } ] })"),
            R"('[1,2.5,true,null,"x",[],{},{"k":[{}]}]')");
  EXPECT_EQ(
      extract({"a"}, R"({"a":[1e21,1e20,1e-6,1e-7,0,-0,1.5e300,-2.5e-9,12345678901234567890]})"),
      "'[1e+21,100000000000000000000,0.000001,1e-07,0,-0,1.5e+300,-2.5e-09,"
      "12345678901234567000]'");
  EXPECT_EQ(extract({"a"}, R"({"a":["<b>&\u2028\u2029\u0001\n\r\t\b\"\\\u00e9/"]})"),
            "'[\"\\u003cb\\u003e\\u0026\\u2028\\u2029\\u0001\\n\\r\\t\\u0008\\\"\\\\\xC3\xA9/\"]'");
  EXPECT_EQ(extract({"a"}, R"({"a":{"<":1}})"), R"('{"\u003c":1}')");
}

TEST(JsonExtractor, nesting_has_a_limit) {
  const auto nested = [](std::size_t depth) {
    return "{\"x\":" + std::string(depth - 1, '[') + std::string(depth - 1, ']') + ",\"a\":1}";
  };
  EXPECT_EQ(extract({"a"}, nested(10'000)), "1");
  EXPECT_EQ(extract({"a"}, nested(10'001)), "malformed");
  EXPECT_EQ(extract({"x"}, nested(4)), "'[[[]]]'");
  EXPECT_EQ(
      extract({"x.y"}, R"({"x":{"y":)" + std::string(9'998, '[') + std::string(9'998, ']') + "}}"),
      "'" + std::string(9'998, '[') + std::string(9'998, ']') + "'");
  EXPECT_EQ(
      extract({"x.y"}, R"({"x":{"y":)" + std::string(9'999, '[') + std::string(9'999, ']') + "}}"),
      "malformed");
}

TEST(JsonExtractor, an_extractor_remembers_nothing_of_the_text_before) {
  const auto json = extractor({"a", "b.c"});
  EXPECT_EQ(extract(*json, 2, R"({"a":1,"b":{"c":2}})"), "1 2");
  EXPECT_EQ(extract(*json, 2, R"({"b":{)"), "malformed");
  EXPECT_EQ(extract(*json, 2, "{}"), "nil nil");
}

TEST(JsonExtractor, refuses_bad_expressions) {
  for (const char* text : {"", " ", "@timestamp", "my-key", "$.x", "a[\"b\"]", "a.", ".a", "a..b",
                           "a b", "\"a", "\"\\q\"", "1a", "a.1", "\xC3\xA9"}) {
    const auto result = JsonExtractor::create({text});
    ASSERT_FALSE(result.has_value()) << text;
    EXPECT_EQ(result.error().code, Error::kInvalid);
  }
  EXPECT_FALSE(JsonExtractor::create({std::string(5000, 'a')}).has_value());
}

TEST(JsonExtractor, evaluates_expressions_that_are_more_than_a_path) {
  const auto json =
      extractor({"length(a)", "b[?c > `1`].c | [0]", "length(n)", "d", "[a[0], 'x']"});
  EXPECT_EQ(extract(*json, 5, R"({"a":[1,2],"b":[{"c":1},{"c":7}],"n":5,"d":"t"})"),
            R"(2 7 absent 't' '[1,"x"]')");
}

// Random documents, some of them damaged.
class DocumentMaker {
 public:
  explicit DocumentMaker(Random& random) : random_(random) {}

  std::string make() {
    std::string text = object(3);
    const std::uint64_t damage = random_.below(4);
    for (std::uint64_t i = 0; i < damage / 3 + damage / 2 * random_.below(2); ++i) {
      const std::size_t at = random_.below(text.size());
      if (random_.below(2) == 0) {
        text.erase(at, 1);
      } else {
        static constexpr std::string_view kDamage = "{}[]\",:\\ 0e.-\x01\xFFunt";
        text[at] = kDamage[random_.below(kDamage.size())];
      }
      if (text.empty()) text = "x";
    }
    return text;
  }

 private:
  std::string blank() {
    return random_.below(5) == 0 ? " \t\n" + std::string(random_.below(2), '\r') : "";
  }
  std::string object(int depth) {
    std::string result = blank() + "{" + blank();
    const std::uint64_t count = random_.below(5);
    for (std::uint64_t i = 0; i < count; ++i) {
      static constexpr const char* kKeys[] = {"\"a\"", "\"b\"", "\"c\"", "\"\\u0061\"",
                                              "\"a long key of many bytes\""};
      if (i > 0) result += "," + blank();
      result += kKeys[random_.below(std::size(kKeys))] + blank() + ":" + value(depth - 1);
    }
    return result + "}" + blank();
  }
  std::string value(int depth) {
    static constexpr const char* kScalars[] = {"1",
                                               "-2.50",
                                               "1e3",
                                               "1e-400",
                                               "true",
                                               "false",
                                               "null",
                                               "\"x\"",
                                               "\"\"",
                                               "\"\\n\\ud83d\\ude00\"",
                                               "\"\\ud800\"",
                                               "12345678901234567890",
                                               "\"a text that is longer than sixteen bytes\"",
                                               "\"\xFF<\"",
                                               "0",
                                               "0.1"};
    const std::uint64_t kind = random_.below(depth > 0 ? 4 : 2);
    if (kind == 2) return object(depth);
    if (kind == 3) {
      std::string result = "[";
      const std::uint64_t count = random_.below(4);
      for (std::uint64_t i = 0; i < count; ++i)
        result += (i > 0 ? "," : "") + value(depth - 1);
      return result + "]";
    }
    return blank() + kScalars[random_.below(std::size(kScalars))] + blank();
  }

  Random& random_;
};

TEST(JsonExtractor, both_ways_of_reading_agree_on_random_documents) {
  Random random(424'242);
  DocumentMaker maker(random);
  const auto json =
      extractor({"a", "b.a", "b.c", "c.a.b", "b", "\"a long key of many bytes\"", "c"});
  int well_formed = 0;
  for (int round = 0; round < 20'000; ++round) {
    if (extract(*json, 7, maker.make()) != "malformed") ++well_formed;
    ASSERT_FALSE(HasFailure()) << "round " << round;
  }
  EXPECT_GT(well_formed, 5'000);
  EXPECT_LT(well_formed, 19'000);
}

}  // namespace
}  // namespace tailrace::pipeline
