// Path patterns: the grammar as a table.
#include "tailer/path_glob.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace tailrace::tailer {
namespace {

struct MatchCase {
  const char* pattern;
  const char* path;
  bool matches;
};

const std::vector<MatchCase>& match_cases() {
  static const std::vector<MatchCase> kCases = {
      // Text.
      {"/var/log/a.log", "/var/log/a.log", true},
      {"/var/log/a.log", "/var/log/b.log", false},
      {"/var/log/a.log", "/var/log/a.log/x", false},
      {"/var/log/a.log", "/var/log", false},
      {"/var/log/A.log", "/var/log/a.log", false},
      {"/a.b", "/axb", false},
      {"/a+b(c)|$^", "/a+b(c)|$^", true},
      // One star: within a segment, dots included, also empty.
      {"/l/*.log", "/l/a.log", true},
      {"/l/*.log", "/l/.log", true},
      {"/l/*.log", "/l/.hidden.log", true},
      {"/l/*.log", "/l/d/a.log", false},
      {"/l/*.log", "/l/a.log.1", false},
      {"/l/*", "/l/.bashrc", true},
      {"/l/*", "/l", false},
      {"/l/a*b*c", "/l/abc", true},
      {"/l/a*b*c", "/l/axxbyybzzc", true},
      {"/l/a*b*c", "/l/axxbyyb", false},
      {"/l/*a*a*a*", "/l/aaaaaaaaab", true},
      {"/l/*a*a*a*c", "/l/aaaaaaaaab", false},
      {"/*/*/c", "/a/b/c", true},
      {"/*/c", "/a/b/c", false},
      // One character.
      {"/l/?.log", "/l/a.log", true},
      {"/l/?.log", "/l/ab.log", false},
      {"/l/?.log", "/l/.log", false},
      {"/l/?.log", "/l/\xc3\xbc.log", true},
      {"/l/??.log", "/l/\xc3\xbc.log", false},
      {"/l/?.log", "/l/\xff.log", true},
      {"/l?a", "/l/a", false},
      // Any depth: only a whole segment.
      {"/a/**/x.log", "/a/x.log", true},
      {"/a/**/x.log", "/a/b/x.log", true},
      {"/a/**/x.log", "/a/b/c/d/x.log", true},
      {"/a/**/x.log", "/a/b/c/d/y.log", false},
      {"/a/**/x.log", "/b/x.log", false},
      {"/a/**/x.log", "/a/bx.log", false},
      {"/a/**/b/**/c", "/a/1/b/2/b/3/c", true},
      {"/a/**/b/**/c", "/a/1/2/3/c", false},
      {"/a/**/b/*/c", "/a/b/x/b/y/c", true},
      {"/a/**", "/a/b", true},
      {"/a/**", "/a/b/c/d", true},
      {"/a/**", "/a", true},
      {"/a/**", "/ab", false},
      {"/a/**/**/b", "/a/b", true},
      {"/**", "/a/b", true},
      {"/**/*.log", "/x.log", true},
      {"/l/**.log", "/l/a.log", true},
      {"/l/**.log", "/l/d/a.log", false},
      {"/l/a**", "/l/ab", true},
      {"/l/a**", "/l/a/b", false},
      {"/l/***", "/l/a", true},
      {"/l/***", "/l/a/b", false},
      // Classes.
      {"/l/[abc].log", "/l/b.log", true},
      {"/l/[abc].log", "/l/d.log", false},
      {"/l/[a-c]", "/l/b", true},
      {"/l/[a-c]", "/l/d", false},
      {"/l/[c-a]", "/l/b", false},
      {"/l/[!a-c]", "/l/d", true},
      {"/l/[!a-c]", "/l/b", false},
      {"/l/[^a]", "/l/b", true},
      {"/l/[^a]", "/l/a", false},
      {"/l/[a!]", "/l/!", true},
      {"/l/[-a]", "/l/-", true},
      {"/l/[a-]", "/l/-", true},
      {"/l/[a-]", "/l/b", false},
      {"/l/[\\]x]", "/l/]", true},
      {"/l/[a\\-c]", "/l/b", false},
      {"/l/[a-\\c]", "/l/b", true},
      {"/l/[\xc3\xa4-\xc3\xbc]", "/l/\xc3\xb6", true},
      {"/l[/]a", "/l/a", false},
      {"/l[!x]a", "/l/a", false},
      {"/l/[{]", "/l/{", true},
      {"/l/[0-9][0-9]", "/l/42", true},
      {"/l/[0-9][0-9]", "/l/4", false},
      // Alternatives.
      {"/l/{a,b}.log", "/l/a.log", true},
      {"/l/{a,b}.log", "/l/b.log", true},
      {"/l/{a,b}.log", "/l/c.log", false},
      {"/l/{a,b}.log", "/l/a,b.log", false},
      {"/tmp/{a/x,b/*}.log", "/tmp/a/x.log", true},
      {"/tmp/{a/x,b/*}.log", "/tmp/b/y.log", true},
      {"/tmp/{a/x,b/*}.log", "/tmp/a/y.log", false},
      {"/l/{a,{b,c}d}", "/l/cd", true},
      {"/l/{a,{b,c}d}", "/l/c", false},
      {"/l/a{,.1}", "/l/a", true},
      {"/l/a{,.1}", "/l/a.1", true},
      {"/l/{}x", "/l/x", true},
      {"/l/{one}", "/l/one", true},
      {"/l/{a\\,b,c}", "/l/a,b", true},
      {"/l/{[,],c}", "/l/,", true},
      {"/l/{**,x}/y", "/l/a/b/y", true},
      {"{/a/*.log,/b/*.log}", "/a/1.log", true},
      {"{/a/*.log,/b/*.log}", "/b/2.log", true},
      {"{/a/*.log,/b/*.log}", "/c/2.log", false},
      {"{/a,/b}/{x,y}", "/b/x", true},
      {"/l/a,b", "/l/a,b", true},
      // Escapes.
      {"/l/\\*", "/l/*", true},
      {"/l/\\*", "/l/a", false},
      {"/l/\\a", "/l/a", true},
      {"/l/\\{a,b\\}", "/l/{a,b}", true},
      {"/l/\\\\", "/l/\\", true},
      {"/l\\/a", "/l/a", true},
      // Cleaning.
      {"/l//a.log", "/l/a.log", true},
      {"//l/a.log", "/l/a.log", true},
      {"/l/*/", "/l/a", true},
      {"/l/./a", "/l/a", true},
      {"/l/x/../a", "/l/a", true},
      {"/../a", "/a", true},
      // The pattern's own text.
      {"/l/a[1].log", "/l/a[1].log", true},
      {"/l/a[1].log", "/l/a1.log", true},
      {"/x/../y.log", "/x/../y.log", true},
      // What is not absolute matches nothing.
      {"*.log", "/a.log", false},
      {"*.log", "a.log", false},
      {"/l/a", "", false},
      {"/l/a", "l/a", false},
      {"/l/a", "//l/a", false},
  };
  return kCases;
}

TEST(PathGlob, matches_by_text) {
  for (const MatchCase& one : match_cases()) {
    const Result<PathGlob> glob = PathGlob::parse(one.pattern);
    ASSERT_TRUE(glob) << one.pattern << ": " << glob.error().message;
    EXPECT_EQ(glob->matches(one.path), one.matches) << one.pattern << " on " << one.path;
  }
}

TEST(PathGlob, refuses_malformed_patterns) {
  const std::vector<std::string> patterns = {
      "",        "/l/[",      "/l/[a",   "/l/[]",  "/l/[!]", "/l/[]a]",  "/l/[a\\]",
      "/l/{a",   "/l/{a,{b}", "/l/a}",   "/l/}{",  "/l/a\\", "/l/{a\\}", "/l/{[a,b}",
      "/l/{a}}", "/l/{a,b[}", "/l/{,\\", "/l/[a-", "/l/[\\",
  };
  for (const std::string& pattern : patterns) {
    const Result<PathGlob> glob = PathGlob::parse(pattern);
    ASSERT_FALSE(glob) << pattern;
    EXPECT_EQ(glob.error().code, Error::kInvalid) << pattern;
    EXPECT_NE(glob.error().message.find(pattern), std::string::npos) << glob.error().message;
  }
}

TEST(PathGlob, refuses_patterns_that_would_take_unbounded_memory) {
  std::string product = "/l/";
  for (int i = 0; i < 13; ++i)
    product += "{a,b}";
  EXPECT_FALSE(PathGlob::parse(product));
  EXPECT_TRUE(PathGlob::parse(product.substr(0, product.size() - 5)));  // 4096 alternatives.

  EXPECT_FALSE(PathGlob::parse("/" + std::string(100, '{') + "a" + std::string(100, '}')));
  EXPECT_TRUE(PathGlob::parse("/" + std::string(30, '{') + "a" + std::string(30, '}')));
  EXPECT_FALSE(PathGlob::parse("/" + std::string(70'000, 'a')));
  EXPECT_FALSE(PathGlob::parse("/{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}" + std::string(60'000, 'a')));
}

TEST(PathGlob, takes_relative_patterns_from_the_working_directory) {
  const PathGlob::Options options{.working_directory = "/srv/[x]/../app"};
  const auto glob = PathGlob::parse("logs/*.log", options);
  ASSERT_TRUE(glob);
  EXPECT_TRUE(glob->matches("/srv/app/logs/a.log"));
  EXPECT_FALSE(glob->matches("/logs/a.log"));
  EXPECT_FALSE(glob->matches("logs/a.log"));
  EXPECT_EQ(glob->text(), "logs/*.log");

  const auto up = PathGlob::parse("../{a,/b}/x", options);
  ASSERT_TRUE(up);
  EXPECT_TRUE(up->matches("/srv/a/x"));
  EXPECT_TRUE(PathGlob::parse("{a,/b}/x", options)->matches("/b/x"));
  EXPECT_TRUE(PathGlob::parse("{a,/b}/x", options)->matches("/srv/app/a/x"));
  EXPECT_TRUE(PathGlob::parse("/a/*", options)->matches("/a/x"));
}

}  // namespace
}  // namespace tailrace::tailer
