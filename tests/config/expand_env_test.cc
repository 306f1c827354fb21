// The grammar of -config.expand-env, as Promtail 3.4.6 was observed to expand it.
#include "config/expand_env.h"

#include <map>
#include <string>

#include <gtest/gtest.h>

#include "config/yaml_document.h"

namespace tailrace::config {
namespace {

EnvLookup environment() {
  return [](std::string_view name) -> std::optional<std::string> {
    static const std::map<std::string, std::string, std::less<>> kVariables = {
        {"V", "vAl"},
        {"E", ""},
        {"N", "12345"},
        {"P", "a/b/c"},
        {"S", "a.b.c"},
        {"W", "AAAA"},
        {"M", "\xc3\xa9t\xc3\xa9"},
        {"R", "a[b"},
        {"L", "one\ntwo"}};
    const auto found = kVariables.find(name);
    return found == kVariables.end() ? std::nullopt : std::optional(found->second);
  };
}

struct Case {
  const char* text;
  const char* expanded;
};

constexpr Case kExpanded[] = {{"no dollars", "no dollars"},
                              {"${V}", "vAl"},
                              {"x${V}y", "xvAly"},
                              {"${U}", ""},
                              {"$V", "$V"},
                              {"$", "$"},
                              {"$$", "$"},
                              {"$$$", "$$"},
                              {"$$$$", "$$"},
                              {"$$V", "$V"},
                              {"$${V}", "${V}"},
                              {"$$$${V}", "$${V}"},
                              {"$${V", "${V"},
                              {"$1", "$1"},
                              {"${1}", ""},
                              {"$(V)", "$(V)"},
                              {"{$V}", "{$V}"},
                              {"${U}${V}", "vAl"},
                              // defaults
                              {"${E:-d e}", "d e"},
                              {"${V:-d}", "vAl"},
                              {"${E:=d}", "d"},
                              {"${E=d}", "d"},
                              {"${U=d}", "d"},
                              {"${E:?d}", "d"},
                              {"${U:+d}", "d"},
                              {"${V:+d}", "vAl"},
                              {"${V:=}", "vAl"},
                              {"${V=}", "vAl"},
                              {"${E=}", ""},
                              {"${U:-}", ""},
                              {"${U:?}", ""},
                              {"${U:-${V}}", "vAl"},
                              {"${U:-a${V}b}", "avAlb"},
                              {"${V:-${Z:-${Y:-q}}}", "vAl"},
                              {"${X:-${Z:-${Y:-q}}}", "q"},
                              {"${U:-a}b}", "ab}"},
                              {"${U:-{a}}", "{a}"},
                              {"${U:-a:b}", "a:b"},
                              {"${U:-$}", "$"},
                              {"${U:-$V}", "$V"},
                              {"${U:-$$}", "$$"},
                              {"${U:-$${V}}", "$vAl"},
                              {"${U:-a\\}b}", "a\\b}"},
                              {"${U:-\\d}", "\\d"},
                              {"${U:-a\\\\b}", "a\\\\b"},
                              {"${U:-\\/}", "\\/"},
                              {"${U:-//}", "//"},
                              {"${U:- x }", " x "},
                              {"${U=a=b}", "a=b"},
                              {"${U:=:}", ":"},
                              {"${U:--}", "-"},
                              {"${_a:-1}", "1"},
                              {"${U:-a\nb}", "a\nb"},
                              {"${\xc3\xa9:-1}", "1"},
                              // substrings
                              {"${V:1}", "Al"},
                              {"${V:1:2}", "Al"},
                              {"${V:0:1}", "v"},
                              {"${V:9}", ""},
                              {"${V:1:9}", "Al"},
                              {"${V:d}", "vAl"},
                              {"${U:d}", ""},
                              {"${V:1:x}", "vAl"},
                              {"${N:5}", ""},
                              {"${N:0}", "12345"},
                              {"${N:01}", "2345"},
                              {"${N:0x1}", "12345"},
                              {"${N: 1}", "12345"},
                              {"${V: -1}", "vAl"},
                              {"${N:1:0}", ""},
                              {"${N:1:2:3}", "12345"},
                              {"${V:a:b}", "vAl"},
                              {"${N:${U:-1}}", "2345"},
                              {"${N:99999999999999999999}", "12345"},
                              {"${N:2147483648}", ""},
                              {"${N:2:-1}", "12345"},
                              {"${N:${Z}}", "12345"},
                              // case
                              {"${V^}", "VAl"},
                              {"${V^^}", "VAL"},
                              {"${V,}", "vAl"},
                              {"${V,,}", "val"},
                              {"${M^}", "\xc3\x89t\xc3\xa9"},
                              {"${M^^}", "\xc3\x89T\xc3\x89"},
                              {"${V^,}", "vAl"},
                              {"${V,^}", "vAl"},
                              {"${U^}", ""},
                              // trimming
                              {"${P#*/}", "b/c"},
                              {"${P##*/}", "c"},
                              {"${P%/*}", "a/b"},
                              {"${P%%/*}", "a"},
                              {"${S%.*}", "a.b"},
                              {"${S%%.*}", "a"},
                              {"${P#a*c}", ""},
                              {"${N#1*3}", "45"},
                              {"${N##1*}", ""},
                              {"${N%*5}", "1234"},
                              {"${N%%3*}", "12"},
                              {"${N#?}", "2345"},
                              {"${N#[12]}", "2345"},
                              {"${N#\\1}", "2345"},
                              {"${W%A}", "AAA"},
                              {"${W%%A}", "AAA"},
                              {"${W##A}", "AAA"},
                              {"${R#a[}", "a[b"},
                              {"${N%[}", "12345"},
                              {"${N#${Z}}", "12345"},
                              {"${N#12$}", "12345"},
                              {"${N#[0-2]}", "2345"},
                              {"${N#[!1]}", "12345"},
                              {"${N#[^5]}", "2345"},
                              {"${U#a}", ""},
                              {"${W#*}", "AAAA"},
                              {"${W##*}", ""},
                              // replacing
                              {"${V/A/b}", "vbl"},
                              {"${V/A/}", "vl"},
                              {"${W/A/b}", "bAAA"},
                              {"${W//A/b}", "bbbb"},
                              {"${W//AA/b}", "bb"},
                              {"${W//A/}", ""},
                              {"${N//[0-9]/x}", "12345"},
                              {"${N/#12/x}", "x345"},
                              {"${N/%45/x}", "123x"},
                              {"${N/#1?/x}", "12345"},
                              {"${N/%1/x}", "12345"},
                              {"${N/#2/x}", "12345"},
                              {"${P/\\//_}", "a_b/c"},
                              {"${P//\\//_}", "a_b_c"},
                              {"${P/b/\\/}", "a///c"},
                              {"${V/A/x/y}", "vx/yl"},
                              {"${V/A/x}y}", "vxly}"},
                              {"${V/a b/c}", "vAl"},
                              {"${V/${V}/x}", "x"},
                              {"${N//1/${V}}", "vAl2345"},
                              {"${N//1/$V}", "$V2345"},
                              {"${N//2/\\\\}", "1\\345"},
                              {"${U/a/b}", ""},
                              {"${S//./_}", "a_b_c"},
                              // length
                              {"${#V}", "3"},
                              {"${#U}", "0"},
                              {"${#E}", "0"},
                              {"${#M}", "5"},
                              {"${#V}}", "3}"},
                              // backslashes
                              {"\\a\\\\b\\/c", "\\a\\b/c"},
                              {"\\${V}", "\\vAl"},
                              {"\\", "\\"}};

TEST(ExpandEnv, expands_as_observed) {
  for (const Case& c : kExpanded) {
    const auto expanded = expand_env(c.text, environment());
    ASSERT_TRUE(expanded) << c.text << ": " << expanded.error().message;
    EXPECT_EQ(*expanded, c.expanded) << c.text;
  }
}

TEST(ExpandEnv, refuses_as_observed) {
  const Case cases[] = {{"${U-d}", "missing closing brace"},
                        {"${V", "missing closing brace"},
                        {"${V }", "missing closing brace"},
                        {"${V?}", "missing closing brace"},
                        {"${a.b}", "missing closing brace"},
                        {"${V${N}}", "missing closing brace"},
                        {"${U:-", "missing closing brace"},
                        {"${U:-a", "missing closing brace"},
                        {"${U:-${V}", "missing closing brace"},
                        {"${N#1${V}}", "missing closing brace"},
                        {"${}", "unable to parse variable name"},
                        {"${ V}", "unable to parse variable name"},
                        {"${!V}", "unable to parse variable name"},
                        {"${@}", "unable to parse variable name"},
                        {"${V:}", "unable to parse substitution within function"},
                        {"${V::1}", "unable to parse substitution within function"},
                        {"${V#}", "unable to parse substitution within function"},
                        {"${N%%}", "unable to parse substitution within function"},
                        {"${N:1:}", "unable to parse substitution within function"},
                        {"${W/#/x}", "unable to parse substitution within function"},
                        {"${W/%/x}", "unable to parse substitution within function"},
                        {"${V/A}", "bad substitution"},
                        {"${V//A}", "bad substitution"},
                        {"${V//}", "bad substitution"},
                        {"${V/}", "bad substitution"},
                        {"${V^^a}", "bad substitution"},
                        {"${V^^^}", "bad substitution"},
                        {"${#}", "bad substitution"},
                        {"${##}", "bad substitution"},
                        {"${#V:1}", "bad substitution"},
                        {"${V/a/b${N}c}", "bad substitution"}};
  for (const Case& c : cases) {
    const auto expanded = expand_env(c.text, environment());
    ASSERT_FALSE(expanded) << c.text << " -> " << *expanded;
    EXPECT_TRUE(expanded.error().message.ends_with(c.expanded))
        << c.text << ": " << expanded.error().message;
  }
}

TEST(ExpandEnv, a_nul_byte_ends_the_text) {
  EXPECT_EQ(expand_env(std::string_view("a\0b", 3), environment()).value(), "a");
}

TEST(ExpandEnv, an_error_has_its_position) {
  EXPECT_EQ(expand_env("a\nbc ${}", environment()).error().message,
            "2:4: unable to parse variable name");
}

TEST(ExpandEnv, nesting_and_growth_are_limited) {
  std::string deep;
  for (int i = 0; i < 1000; ++i)
    deep += "${U:-";
  EXPECT_TRUE(expand_env(deep, environment()).error().message.ends_with("nested too deep"));
  const EnvLookup large = [](std::string_view) { return std::string(1U << 20U, 'x'); };
  EXPECT_FALSE(expand_env("${A}${A}${A}${A}${A}", large));
  EXPECT_FALSE(expand_env("${A//x/0123456789abcdef}", large));
}

TEST(ExpandEnv, keeps_a_map_of_positions) {
  const std::string text = "a ${V} b $$ \\\\ ${L} z";
  const auto expanded = expand_env_mapped(text, environment());
  ASSERT_TRUE(expanded);
  EXPECT_EQ(expanded->text, "a vAl b $ \\ one\ntwo z");
  const auto original_of = [&](char c) {
    return expanded->original_offset(expanded->text.find(c));
  };
  EXPECT_EQ(original_of('a'), text.find('a'));
  EXPECT_EQ(original_of('A'), text.find("${V}"));
  EXPECT_EQ(original_of('b'), text.find('b'));
  EXPECT_EQ(original_of('\\'), text.find("\\\\") + 1);
  EXPECT_EQ(original_of('w'), text.find("${L}"));
  EXPECT_EQ(original_of('z'), text.find('z'));
}

TEST(ExpandEnv, warns_of_a_substring_that_looks_like_a_default) {
  const auto expanded = expand_env_mapped("x: ${V:localhost} ${V:1} ${V:${N}}", environment());
  ASSERT_TRUE(expanded);
  ASSERT_EQ(expanded->warnings.size(), 1U);
  EXPECT_EQ(expanded->warnings[0].original, 3U);
  EXPECT_NE(expanded->warnings[0].message.find("`:-localhost`"), std::string::npos);
}

TEST(LocationAt, counts_lines_and_bytes) {
  const SourceLocation location = location_at("ab\ncd\n", 4);
  EXPECT_EQ(location.line, 2);
  EXPECT_EQ(location.column, 2);
  EXPECT_EQ(location_at("ab", 0).column, 1);
  EXPECT_EQ(location_at("ab\n", 3).line, 2);
}

}  // namespace
}  // namespace tailrace::config
