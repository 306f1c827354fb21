// Regular expressions: what Go accepts and refuses, captures, and both engines against each other.
#include "pipeline/matching/regex_matcher.h"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <re2/re2.h>

#include "base/random.h"

namespace tailrace::pipeline {
namespace {

using Captures = std::vector<std::string>;

std::unique_ptr<RegexMatcher> matcher(std::string_view pattern, std::vector<std::string> wanted) {
  auto result = RegexMatcher::create(pattern, {.wanted_groups = std::move(wanted)});
  EXPECT_TRUE(result.has_value()) << pattern << ": " << (result ? "" : result.error().message);
  return result ? std::move(*result) : nullptr;
}

// The captures, or {"no match"}.
Captures captures_of(RegexMatcher& regex, std::string_view text, std::size_t wanted) {
  std::vector<std::string_view> views(wanted, "untouched");
  if (!regex.search(text, views)) {
    for (const std::string_view view : views)
      EXPECT_EQ(view, "untouched");
    return {"no match"};
  }
  for (const std::string_view view : views) {
    if (view.empty()) continue;
    EXPECT_GE(view.data(), text.data());
    EXPECT_LE(view.data() + view.size(), text.data() + text.size());
  }
  return {views.begin(), views.end()};
}

Captures captures_of(std::string_view pattern, std::vector<std::string> wanted,
                     std::string_view text) {
  const std::size_t count = wanted.size();
  const auto regex = matcher(pattern, std::move(wanted));
  return regex ? captures_of(*regex, text, count) : Captures{"refused"};
}

bool accepted(std::string_view pattern) {
  return RegexMatcher::create(pattern, {}).has_value();
}
bool matches(std::string_view pattern, std::string_view text) {
  const auto regex = matcher(pattern, {});
  return regex && regex->matches(text);
}

constexpr std::string_view kNginx =
    R"re(^(?P<remote>\S+) - (?P<user>\S+) \[(?P<time>[^\]]+)\] "(?P<method>\S+) (?P<path>\S+) \S+" )re"
    R"re((?P<status>\d+) (?P<size>\d+) "[^"]*" "[^"]*" (?P<rt>[\d.]+)$)re";

TEST(RegexMatcher, finds_the_wanted_groups_of_an_access_log) {
  const std::string line =
      R"(10.0.0.1 - bob [10/Oct/2025:13:55:36 +0000] "GET /a?b=c HTTP/1.1" 200 23 "-" "curl/8" 0.123)";
  const auto regex = matcher(kNginx, {"time", "method", "status", "rt"});
  ASSERT_TRUE(regex);
  EXPECT_TRUE(regex->accelerated());
  EXPECT_EQ(captures_of(*regex, line, 4),
            (Captures{"10/Oct/2025:13:55:36 +0000", "GET", "200", "0.123"}));
  EXPECT_EQ(captures_of(*regex, line + " ", 4), Captures{"no match"});
  EXPECT_EQ(regex->group_names(), (std::vector<std::string>{"remote", "user", "time", "method",
                                                            "path", "status", "size", "rt"}));
}

TEST(RegexMatcher, a_text_beyond_ascii_gives_the_same_captures) {
  const auto regex = matcher(kNginx, {"user", "path"});
  ASSERT_TRUE(regex);
  const std::string before = "10.0.0.1 - ";
  const std::string after = R"( [x] "GET /a HTTP/1.1" 200 23 "-" "c" 0.1)";
  EXPECT_EQ(captures_of(*regex, before + "j\xC3\xBCrgen" + after, 2),
            (Captures{"j\xC3\xBCrgen", "/a"}));
  EXPECT_EQ(captures_of(*regex, before + "j\xFFrgen" + after, 2), (Captures{"j\xFFrgen", "/a"}));
  EXPECT_EQ(captures_of(*regex, before + "j\xFF\xC3" + after, 2), (Captures{"j\xFF\xC3", "/a"}));
}

TEST(RegexMatcher, captures_come_in_the_order_wanted) {
  EXPECT_EQ(captures_of("(?P<a>x)(?P<b>y)(?P<c>z)", {"c", "a"}, "xyz"), (Captures{"z", "x"}));
}

TEST(RegexMatcher, a_group_without_part_is_empty) {
  EXPECT_EQ(captures_of("^(?P<a>x+)?(y+)(?P<b>z)?$", {"a", "b"}, "xxyyz"), (Captures{"xx", "z"}));
  EXPECT_EQ(captures_of("^(?P<a>x+)?(y+)(?P<b>z)?$", {"a", "b"}, "y"), (Captures{"", ""}));
  EXPECT_EQ(captures_of("^(?P<a>x+)?(y+)(?P<b>z)?$", {"a", "b"}, "q"), Captures{"no match"});
}

TEST(RegexMatcher, takes_the_leftmost_match_and_there_the_first_alternative) {
  EXPECT_EQ(captures_of("(?P<v>a|ab)(?P<w>c|bcd)(?P<r>d*)", {"v", "w", "r"}, "xxabcdyy"),
            (Captures{"a", "bcd", ""}));
}

TEST(RegexMatcher, accepts_both_ways_to_name_a_group) {
  EXPECT_EQ(captures_of(R"((?<level>\w+) (?P<rest>.*))", {"level", "rest"}, "INFO hi"),
            (Captures{"INFO", "hi"}));
}

TEST(RegexMatcher, of_groups_with_one_name_the_last_counts_even_when_empty) {
  EXPECT_EQ(captures_of("(?P<a>x)|(?P<a>y)", {"a"}, "y"), Captures{"y"});
  EXPECT_EQ(captures_of("(?P<a>x)|(?P<a>y)", {"a"}, "x"), Captures{""});
  EXPECT_EQ(matcher("(?P<a>x)(?P<b>z)|(?P<a>y)", {})->group_names(),
            (std::vector<std::string>{"a", "b"}));
}

TEST(RegexMatcher, a_wanted_name_that_is_no_group_is_an_error) {
  const auto regex = RegexMatcher::create("(?P<a>x)", {.wanted_groups = {"b"}});
  ASSERT_FALSE(regex.has_value());
  EXPECT_EQ(regex.error().code, Error::kInvalid);
}

TEST(RegexMatcher, refuses_what_go_refuses) {
  for (const char* pattern : {"a(?=b)",     "a(?!b)",
                              "(?<=a)b",    "(?<!a)b",
                              R"((a)\1)",   "a++",
                              "(?>a)",      R"(a\Z)",
                              "a{1001}",    "(?:a{500}){500}",
                              "(?P<a-b>x)", "(?P<>x)",
                              "(?P<a",      R"(\C)",
                              R"(a\E)",     "(",
                              ")",          "[a",
                              "a**",        "*a",
                              "a{2,1}",     R"(\x{110000})",
                              "[z-a]",      R"(\h)",
                              R"(\K)",      R"(\8)",
                              "[[:foo:]]",  R"(\p{Nosuch})",
                              "(?P=a)",     "(?#x)",
                              "(?i",        "\xFF",
                              "a\\",        R"([\C])"}) {
    EXPECT_FALSE(accepted(pattern)) << pattern;
  }
}

TEST(RegexMatcher, accepts_what_go_accepts) {
  for (const char* pattern : {"",
                              "a{,2}",
                              "a{1000}",
                              R"(\_)",
                              R"(\-\ \/\#\")",
                              R"([[:^alpha:]])",
                              R"(\pN\p{^Greek}\PL)",
                              "[]a]",
                              "[^]a]",
                              "(?i-s:a)",
                              "(?U)a+?",
                              R"(\x{10FFFF}\x41\07\123)",
                              "a|",
                              "(|a)",
                              "x{0}",
                              R"(\Qa(b\E)",
                              R"(\Qa(b)",
                              "(?s).",
                              "]",
                              "}",
                              "{",
                              R"([\d\-x])"}) {
    EXPECT_TRUE(accepted(pattern)) << pattern;
  }
}

struct RegexVector {
  std::string_view pattern;
  std::string_view text;
  bool expected;
};

TEST(RegexMatcher, gives_escapes_flags_and_classes_gos_meaning) {
  const RegexVector vectors[] = {
      {R"(^\d$)", "\xD9\xA3", false},  // An Arabic digit.
      {R"(^\s$)", "\v", false},
      {R"(^\S$)", "\v", true},
      {R"(^[[:space:]]$)", "\v", true},
      {"^a$", "a\n", false},
      {"(?m)^a$", "b\na\nc", true},
      {"(?m)a\\n^$", "a\n", true},
      {"(?m)^$", "a\n", true},
      {"^.$", "\n", false},
      {"(?s)^.$", "\n", true},
      {"^[^a]$", "\n", true},
      {"(?i)^k$", "\xE2\x84\xAA", true},  // The Kelvin sign.
      {"(?i)^[^k]$", "\xE2\x84\xAA", false},
      {"(?i)^s$", "\xC5\xBF", true},  // The long s.
      {"(?i)^HELLO$", "hellO", true},
      {"a(?i)b", "aB", true},
      {"a(?i)b", "AB", false},
      {"(?:a(?i)b)c", "aBc", true},
      {"(?:a(?i)b)c", "aBC", false},
      {R"(\bfoo\b)", "a foo.", true},
      {R"(\bfoo\b)", "afoo", false},
      {R"(\Boo)", "foo", true},
      {R"(^\Qa.b\E+$)", "a.bbb", true},
      {R"(^\Qa.b\E+$)", "axb", false},
      {R"(^\x41\x{42}\103$)", "ABC", true},
      {"^[a-c-]+$", "a-c", true},
      {"^[]x]+$", "x]", true},
      {R"(^[\]x]+$)", "x]", true},
      {"^a{2}$", "aa", true},
      {"^a{2,}$", "aaaa", true},
      {"^a{2,3}$", "aaaa", false},
      {"^a{,3}$", "a{,3}", true},
      {"^x{$", "x{", true},
      {R"(^(?:\d{1,3}\.){3}\d{1,3}$)", "10.20.30.40", true},
      {R"(^(?:\d{1,3}\.){3}\d{1,3}$)", "10.20.30", false},
      {R"(^\pL+$)", "\xC3\xA9t", true},
      {R"(^\p{Greek}$)", "\xCE\xB1", true},
      {"^.$", "\xFF", true},
      {"^..$", "\xE2\x82", true},      // A character cut short is two bad bytes.
      {"^.$", "\xED\xA0\x80", false},  // So is a surrogate: three.
      {"^\xEF\xBF\xBD$", "\xFF", true},
      {"^[[:upper:]]$", "q", false},
      {"(?i)^[[:upper:]]$", "q", true},
      {"(?i)^[[:^upper:]]$", "q", false},
      {R"(^\a\f\t\n\r\v$)", "\a\f\t\n\r\v", true},
      {"", "", true},
      {"$", "", true},
      {"^a|b", "cb", true},
  };
  for (const RegexVector& vector : vectors) {
    EXPECT_EQ(matches(vector.pattern, vector.text), vector.expected)
        << vector.pattern << " on " << vector.text;
  }
}

TEST(RegexMatcher, flag_U_swaps_greed) {
  EXPECT_EQ(captures_of(R"(\A(?P<q>\Qa.b\E)(?U:(?P<lazy>x+))(?P<rest>x*)\z)", {"q", "lazy", "rest"},
                        "a.bxxx"),
            (Captures{"a.b", "x", "xx"}));
  EXPECT_EQ(captures_of(R"((?U)(?P<a>x+?)(?P<b>x*))", {"a", "b"}, "xxx"), (Captures{"xxx", ""}));
}

TEST(RegexMatcher, an_empty_match_counts) {
  EXPECT_EQ(captures_of("(?P<a>x*)", {"a"}, "yyy"), Captures{""});
}

TEST(RegexMatcher, case_folding_reaches_beyond_ascii) {
  EXPECT_EQ(captures_of("(?i)(?P<k>k)", {"k"}, "x \xE2\x84\xAA"), Captures{"\xE2\x84\xAA"});
  EXPECT_EQ(captures_of("(?i)(?P<k>k)", {"k"}, "x K"), Captures{"K"});
}

TEST(RegexMatcher, leaves_to_re2_what_engines_may_see_differently) {
  EXPECT_FALSE(matcher("(?:(?P<a>a)|b)+", {"a"})->accelerated());
  EXPECT_FALSE(matcher("(?P<a>a){2}", {"a"})->accelerated());
  EXPECT_TRUE(matcher("(?P<a>a)?", {"a"})->accelerated());
  for (const char* pattern : {"(?P<a>a*)*", "(?:a+b*)+", "(a?)*", "(?:a|)+", R"(\pL)", "\xC3\xA9",
                              "(?:a{10}){0}", "(?:(?:a?){300}){3}", "(?:(?:ab|cd){30}x){33}"}) {
    EXPECT_FALSE(matcher(pattern, {})->accelerated()) << pattern;
  }
  for (const char* pattern : {"a.*b.*c", R"(level=(?P<l>\w+))", "(?:ab|cd)+", R"((?:\.\d+)?)",
                              "(?m)^a$", "(?:a?b)*c", "x{3,70}"}) {
    EXPECT_TRUE(matcher(pattern, {})->accelerated()) << pattern;
  }
}

TEST(RegexMatcher, compiles_a_pattern_with_thousands_of_words) {
  std::string pattern = "^(?P<w>";
  for (int i = 0; i < 20'000; ++i)
    pattern += "word" + std::to_string(i * 7919) + ".*x|";
  pattern += "end)$";
  EXPECT_EQ(captures_of(pattern, {"w"}, "end"), Captures{"end"});
}

TEST(RegexMatcher, a_line_made_to_be_slow_is_answered_all_the_same) {
  const auto regex = matcher("^(?P<a>[ax]*)[ay]*[az]*[av]*[aw]*[bc]$", {"a"});
  ASSERT_TRUE(regex);
  ASSERT_TRUE(regex->accelerated());
  const std::string slow(3000, 'a');
  for (int round = 0; round < 20; ++round) {
    EXPECT_EQ(captures_of(*regex, slow, 1), Captures{"no match"});
    EXPECT_EQ(captures_of(*regex, "axaab", 1), Captures{"axaa"});
  }
  EXPECT_EQ(captures_of(*regex, slow + "b", 1), Captures{slow});
}

TEST(RegexMatcher, finds_a_late_match_in_a_long_text) {
  const auto regex = matcher(R"(level=(?P<l>\w+))", {"l"});
  EXPECT_EQ(captures_of(*regex, std::string(5000, 'l') + " level=warn x", 1), Captures{"warn"});
  const auto backtracking = matcher(R"(a=(?P<a>.*) b=(?P<b>\d+))", {"a", "b"});
  EXPECT_EQ(captures_of(*backtracking, "x a=1 2 b=3 b=4 b=", 2), (Captures{"1 2 b=3", "4"}));
  EXPECT_EQ(captures_of(*backtracking, "x a=1 2 c=", 2), Captures{"no match"});
}

TEST(RegexMatcher, an_empty_view_is_an_empty_text) {
  const auto regex = matcher("^(?P<a>x*)$", {"a"});
  EXPECT_EQ(captures_of(*regex, std::string_view(), 1), Captures{""});
}

// Random patterns, random texts, both engines.
class PatternMaker {
 public:
  explicit PatternMaker(Random& random) : random_(random) {}

  std::string make() {
    groups_ = 0;
    std::string result = random_.below(6) == 0 ? "(?i)" : random_.below(8) == 0 ? "(?m)" : "";
    if (random_.below(3) == 0) result += "^";
    result += alternation(3);
    if (random_.below(3) == 0) result += "$";
    return result;
  }
  int groups() const { return groups_; }

 private:
  std::string alternation(int depth) {
    std::string result = concatenation(depth);
    while (random_.below(5) == 0)
      result += "|" + concatenation(depth);
    return result;
  }
  std::string concatenation(int depth) {
    std::string result;
    const std::uint64_t count = random_.below(4);
    for (std::uint64_t i = 0; i <= count; ++i)
      result += repetition(depth);
    return result;
  }
  std::string repetition(int depth) {
    static constexpr const char* kRepeats[] = {"*",   "+",    "?",     "*?",     "+?",   "??",
                                               "{2}", "{1,}", "{0,2}", "{1,3}?", "{3,}?"};
    std::string result = atom(depth);
    if (random_.below(3) == 0) result += kRepeats[random_.below(std::size(kRepeats))];
    return result;
  }
  std::string atom(int depth) {
    static constexpr const char* kAtoms[] = {"a",        "b",      "k",
                                             "-",        " ",      "\\.",
                                             ".",        "[ab]",   "[^a]",
                                             "[^a-c ]",  "\\d",    "\\w",
                                             "\\s",      "\\S",    "\\W",
                                             "\\D",      "\\b",    "\\B",
                                             "$",        "^",      "[[:alpha:]]",
                                             "[\\d.]",   "\\n",    "(?s:.)",
                                             "\xC3\xA9", "(?i:k)", "[[:^digit:]]",
                                             "\\Qa.\\E", "\\x61",  "ab",
                                             "a b"};
    if (depth > 0 && random_.below(4) == 0) {
      if (random_.below(3) == 0) return "(?:" + alternation(depth - 1) + ")";
      const std::string name = "g" + std::to_string(++groups_);
      return "(?P<" + name + ">" + alternation(depth - 1) + ")";
    }
    return kAtoms[random_.below(std::size(kAtoms))];
  }

  Random& random_;
  int groups_ = 0;
};

std::string random_text(Random& random) {
  static constexpr const char* kPieces[] = {"a", "b", "c",    "k",   "K",        " ",
                                            "-", ".", "1",    "\n",  "\xC3\xA9", "a.",
                                            "A", "_", "aaab", "x y", "\v",       "\xE2\x84\xAA"};
  std::string result;
  const bool ascii = random.below(2) == 0;
  const std::uint64_t count = random.below(14);
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::string piece = kPieces[random.below(std::size(kPieces))];
    if (!ascii || static_cast<unsigned char>(piece[0]) < 128) result += piece;
  }
  return result;
}

TEST(RegexMatcher, agrees_with_re2_on_random_patterns) {
  Random random(20'251'121);
  PatternMaker maker(random);
  int accelerated = 0;
  int found = 0;
  for (int round = 0; round < 6000; ++round) {
    const std::string pattern = maker.make();
    re2::RE2::Options options;
    options.set_log_errors(false);
    const re2::RE2 reference(pattern, options);
    std::vector<std::string> wanted;
    for (int i = 1; i <= maker.groups(); ++i)
      wanted.push_back("g" + std::to_string(i));
    auto regex = RegexMatcher::create(pattern, {.wanted_groups = wanted});
    ASSERT_EQ(regex.has_value(), reference.ok()) << pattern;
    if (!regex) continue;
    if ((*regex)->accelerated()) ++accelerated;
    for (int i = 0; i < 8; ++i) {
      const std::string text = random_text(random);
      std::vector<re2::StringPiece> pieces(wanted.size() + 1);
      Captures expected = {"no match"};
      if (reference.Match(text, 0, text.size(), re2::RE2::UNANCHORED, pieces.data(),
                          static_cast<int>(pieces.size()))) {
        expected.clear();
        for (std::size_t g = 1; g < pieces.size(); ++g)
          expected.emplace_back(pieces[g]);
        ++found;
      }
      ASSERT_EQ(captures_of(**regex, text, wanted.size()), expected)
          << "round " << round << ": " << pattern << " on <" << text << ">";
      ASSERT_EQ((*regex)->matches(text), expected != Captures{"no match"}) << pattern;
    }
  }
  EXPECT_GT(accelerated, 2000);
  EXPECT_GT(found, 10'000);
}

}  // namespace
}  // namespace tailrace::pipeline
