// Topics that patterns match, as the Kafka client matches them: by POSIX.
#include <regex.h>

#include <string>

#include <gtest/gtest.h>

#include "config/kafka_config.h"

namespace tailrace::config {
namespace {

bool matches(const std::string& posix, const std::string& topic) {
  regex_t compiled;
  if (regcomp(&compiled, posix.c_str(), REG_EXTENDED | REG_NOSUB) != 0) {
    ADD_FAILURE() << posix;
    return false;
  }
  const bool result = regexec(&compiled, topic.c_str(), 0, nullptr, 0) == 0;
  regfree(&compiled);
  return result;
}

struct PatternCase {
  const char* pattern;
  const char* yes;
  const char* no;
};

TEST(TopicPattern, means_in_posix_what_it_means_in_go) {
  for (const PatternCase& one : {
           PatternCase{"^promtail-.*", "promtail-a", "a-promtail-"},
           {R"(^app\.logs$)", "app.logs", "app-logs"},
           {R"(^a\d{2,3}$)", "a12", "a1"},
           {R"(^a\D)", "ab", "a1"},
           {R"(^\w+$)", "a_B9", "a-b"},
           {R"(^a\W)", "a-", "ab"},
           {R"(^[\w.]+$)", "a.b_c", "a-b"},
           {R"(^[^\d]+$)", "abc", "a1"},
           {R"(^[a\-z]+$)", "a-z", "b"},
           {R"(^[a-f0-9]+-x$)", "c0-x", "g-x"},
           {R"(^[\].]$)", ".", "a"},
           {R"(^[^a^-]+$)", "bc", "b-"},
           {R"(^[[:digit:]]+$)", "12", "a"},
           {"^(?:a|b)c", "bc", "cc"},
           {"^(?P<x>a|b)c", "ac", "cc"},
           {"^a+?b*?c??$", "aab", "b"},
           {"^a{2}?$", "aa", "a"},
           {"^a{x", "a{x", "a"},
           {"^(a|b|)$", "a", "c"},
       }) {
    const std::string posix = posix_topic_pattern(one.pattern);
    EXPECT_TRUE(matches(posix, one.yes)) << one.pattern << " became " << posix;
    EXPECT_FALSE(matches(posix, one.no)) << one.pattern << " became " << posix;
  }
}

TEST(TopicPattern, says_no_to_what_posix_has_no_words_for) {
  for (const char* const pattern : {"^(?i)a", "^a\\b", "^\\pL", "^(a", "^a)", "^[a", "^a\\", "^*a",
                                    "^a**", "^[\\D]", "^[b-a]", "^[]", "^(?=a)", "^\\x41"}) {
    EXPECT_EQ(posix_topic_pattern(pattern), "") << pattern;
  }
}

}  // namespace
}  // namespace tailrace::config
