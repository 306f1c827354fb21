// Tests of the logfmt scanner.
#include "pipeline/logfmt/scanner.h"

#include <string>

#include <gtest/gtest.h>

namespace tailrace::pipeline::logfmt {
namespace {

std::string pairs(std::string_view text) {
  Arena arena(64);
  Scanner scanner(text, arena);
  std::string result;
  std::string_view key;
  std::string_view value;
  while (true) {
    const Scanner::Outcome outcome = scanner.next(key, value);
    if (outcome == Scanner::Outcome::kEnd) return result;
    if (outcome == Scanner::Outcome::kMalformed) return result + "error";
    result += std::string(key) + "=<" + std::string(value) + "> ";
  }
}

TEST(Scanner, separates_pairs_at_anything_up_to_a_blank) {
  EXPECT_EQ(pairs(" a=1\tb=2\x01"
                  "c=\n\nd e=\"\" "),
            "a=<1> b=<2> c=<> d=<> e=<> ");
  EXPECT_EQ(pairs(""), "");
}

TEST(Scanner, reads_quoted_values) {
  EXPECT_EQ(pairs(R"(a="x y=z"b='q' )"), "a=<x y=z> b=<'q'> ");
  EXPECT_EQ(pairs("a=\"x\ty\""), "a=<x\ty> ");
  EXPECT_EQ(pairs(R"(a="\"\\\/\'\b\f\n\r\t")"), "a=<\"\\/'\b\f\n\r\t> ");
  EXPECT_EQ(pairs(R"(a="\u00e9\ud83d\ude00\ud83dx\udE00")"),
            "a=<\xC3\xA9\xF0\x9F\x98\x80\xEF\xBF\xBDx\xEF\xBF\xBD> ");
  EXPECT_EQ(pairs("a=\"\\n\xFF\""), "a=<\n\xEF\xBF\xBD> ");
  EXPECT_EQ(pairs("a=\"\xFF\""), "a=<\xFF> ");
}

TEST(Scanner, keeps_what_came_before_an_error) {
  for (const char* bad : {"=1", "k\"=1", "b=x=y", "b=x\"y", R"(b="open)", "b=\"two\nlines\"",
                          R"(b="\q")", R"(b="\u12")", R"(b="\u12g4")", "b=\"x\ty\\n\"", R"(b="\)",
                          "\xFF=1", "\xEF\xBF\xBD=1", "b=\"\\\n\""}) {
    EXPECT_EQ(pairs(std::string("a=1 ") + bad + " c=3"), "a=<1> error") << bad;
  }
}

}  // namespace
}  // namespace tailrace::pipeline::logfmt
