// Tests of the limits on what one execution of a template looks into.
#include "pipeline/go_template/node_budget.h"

#include <string>

#include <gtest/gtest.h>

#include "pipeline/go_template/template.h"
#include "tests/fakes/fake_clock.h"

namespace tailrace::pipeline::go_template {
namespace {

std::string outcome(std::string_view text) {
  tailrace::testing::FakeClock clock;
  const auto parsed = Template::create(text, {.clock = clock, .environment = {}});
  if (!parsed.has_value()) return "refused: " + parsed.error().message;
  Arena arena(1U << 16U);
  const auto out = (*parsed)->execute(*make_map(arena, 0), arena);
  return out.has_value() ? std::string(*out) : "error";
}

// Two equal values $a and $b, of lists and of maps, with 2^17 leaves that are reached through few
// lists.
constexpr std::string_view kDoubledLists =
    "{{ $a := list 1 }}{{ $b := list 1 }}"
    "{{ range until 17 }}{{ $a = list $a $a }}{{ $b = list $b $b }}{{ end }}";
constexpr std::string_view kDoubledMaps =
    "{{ $a := dict \"k\" 1 }}{{ $b := dict \"k\" 1 }}"
    "{{ range until 17 }}{{ $a = dict \"x\" $a \"y\" $a }}{{ $b = dict \"x\" $b \"y\" $b }}{{ end "
    "}}";
// Without an end: maps within themselves.
constexpr std::string_view kCycles =
    "{{ $a := dict \"k\" 1 }}{{ $_ := set $a \"m\" $a }}"
    "{{ $b := dict \"k\" 1 }}{{ $_ := set $b \"m\" $b }}";

TEST(NodeBudget, ends_with_an_error_when_a_value_has_too_many_nodes_or_no_end) {
  for (const char* use : {"{{ $a }}",
                          "{{ print $a }}",
                          "{{ println $a }}",
                          "{{ printf \"%v\" $a }}",
                          "{{ printf \"%d\" $a }}",
                          "{{ printf \"x\" $a }}",
                          "{{ html $a }}",
                          "{{ js $a }}",
                          "{{ urlquery $a }}",
                          "{{ quote $a }}",
                          "{{ squote $a }}",
                          "{{ cat 1 $a }}",
                          "{{ toString $a }}",
                          "{{ toDecimal $a }}",
                          "{{ toStrings $a }}",
                          "{{ toStrings (list $a) }}",
                          "{{ sortAlpha (list $a) }}",
                          "{{ join \",\" (list $a) }}",
                          "{{ dict $a 1 }}",
                          "{{ toJson $a }}",
                          "{{ toPrettyJson $a }}",
                          "{{ mustToRawJson $a }}",
                          "{{ deepCopy $a }}",
                          "{{ deepEqual $a $b }}",
                          "{{ has $a (list $b) }}",
                          "{{ uniq (list $a $b) }}",
                          "{{ without (list $a) $b }}",
                          "{{ $x := print $a }}",
                          "{{ if toJson $a }}{{ end }}",
                          "{{ range list 1 }}{{ $x := (toString $a) | len }}{{ end }}"}) {
    EXPECT_EQ(outcome(std::string(kDoubledLists) + use), "error") << use;
    EXPECT_EQ(outcome(std::string(kDoubledMaps) + use), "error") << use;
    EXPECT_EQ(outcome(std::string(kCycles) + use), "error") << use;
  }
  for (const char* use : {"{{ $_ := merge $a $b }}", "{{ $_ := mergeOverwrite $a $b }}"}) {
    EXPECT_EQ(outcome(std::string(kDoubledMaps) + use), "error") << use;
    EXPECT_EQ(outcome(std::string(kCycles) + use), "error") << use;
  }
}

TEST(NodeBudget, does_not_look_into_a_value_to_find_it_equal_to_itself) {
  for (const std::string_view values : {kDoubledLists, kDoubledMaps, kCycles}) {
    EXPECT_EQ(outcome(std::string(values) + "{{ deepEqual $a $a }}"), "true") << values;
  }
}

TEST(NodeBudget, counts_the_nodes_of_all_that_one_execution_looks_at) {
  const std::string uses =
      "{{ $l := until 30000 }}{{ range until 3 }}{{ $_ := toJson $l }}{{ end }}";
  EXPECT_EQ(outcome(uses), "");
  EXPECT_EQ(outcome(uses + "{{ $_ := print $l }}"), "error");
}

TEST(NodeBudget, counts_afresh_in_each_execution) {
  tailrace::testing::FakeClock clock;
  const auto parsed =
      Template::create("{{ until 60000 | toJson | len }}", {.clock = clock, .environment = {}});
  ASSERT_TRUE(parsed.has_value());
  for (int i = 0; i < 3; ++i) {
    Arena arena(1U << 16U);
    EXPECT_TRUE((*parsed)->execute(*make_map(arena, 0), arena).has_value()) << i;
  }
}

TEST(NodeBudget, prints_a_list_of_ten_thousand_whole) {
  std::string expected = "[0";
  for (int i = 1; i < 10'000; ++i)
    expected += " " + std::to_string(i);
  EXPECT_EQ(outcome("{{ until 10000 }}"), expected + "]");
}

std::string nested(int lists) {
  return "{{ $l := list }}{{ range until " + std::to_string(lists - 1) +
         " }}{{ $l = list $l }}{{ end }}";
}

TEST(NodeBudget, looks_a_hundred_lists_deep_and_fails_beyond) {
  EXPECT_EQ(outcome(nested(101) + "{{ $l }}"), std::string(101, '[') + std::string(101, ']'));
  EXPECT_EQ(outcome(nested(102) + "{{ $l }}"), "error");
  EXPECT_EQ(outcome(nested(102) + "{{ toJson $l }}"), "error");
  EXPECT_EQ(outcome(nested(102) + "{{ deepCopy $l }}"), "error");
}

TEST(NodeBudget, counts_the_bytes_of_long_texts) {
  const std::string long_text = "{{ $t := repeat 1000000 \"ab\" }}";
  EXPECT_EQ(outcome(long_text + "{{ len (trim $t) }}"), "2000000");
  EXPECT_EQ(outcome(long_text + "{{ range until 1000 }}{{ $_ := trim $t }}{{ end }}"), "error");
  EXPECT_EQ(outcome(long_text + "{{ $u := print $t }}{{ $l := list $t }}{{ range until 9 }}{{ $l = "
                                "concat $l $l }}{{ end }}{{ deepEqual $l (list) }}"
                                "{{ has $u (list (list) $t) }}"),
            "falsetrue");
  EXPECT_EQ(
      outcome(long_text + "{{ $u := print (substr 0 1999999 $t) \"c\" }}{{ $l := list $t }}"
                          "{{ range until 9 }}{{ $l = concat $l $l }}{{ end }}{{ has $u $l }}"),
      "error");
  EXPECT_EQ(
      outcome(long_text + "{{ $l := list $t }}{{ range until 5 }}{{ $l = list $l $l }}{{ end }}"
                          "{{ toStrings (list $l 1) }}"),
      "error");
}

TEST(NodeBudget, counts_what_functions_gather) {
  const std::string two_hundred_thousand =
      "{{ $l := until 50000 }}{{ $l = concat $l $l }}{{ $l = concat $l $l }}";
  EXPECT_EQ(outcome(two_hundred_thousand + "{{ len $l }}"), "200000");
  EXPECT_EQ(outcome(two_hundred_thousand + "{{ len (concat $l $l $l $l) }}"), "error");
  // An object with many keys.
  const std::string object =
      "{{ $m := fromJson (print \"{\\\"\" (join \"\\\":1,\\\"\" (until "
      "20000)) \"\\\":1}\") }}";
  EXPECT_EQ(outcome(object + "{{ len $m }} {{ get $m \"19999\" }} {{ first (keys $m) }}"),
            "20000 1 0");
  EXPECT_EQ(outcome(object + "{{ len (keys $m $m) }}"), "40000");
  std::string thirty = "{{ len (keys";
  for (int i = 0; i < 30; ++i)
    thirty += " $m";
  EXPECT_EQ(outcome(object + thirty + ") }}"), "error");
  EXPECT_EQ(outcome(object + "{{ range until 30000 }}{{ $_ := set $m \"x\" . }}{{ end }}"),
            "error");
  EXPECT_EQ(outcome(object + "{{ range until 60 }}{{ $_ := pick $m \"1\" }}{{ end }}"), "error");
}

}  // namespace
}  // namespace tailrace::pipeline::go_template
